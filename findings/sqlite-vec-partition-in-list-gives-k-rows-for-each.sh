#!/usr/bin/env bash
# Guess: `k = 3 AND tenant IN ('b', 'c')` gives the three nearest rows of both tenants, nearest first.
# What happens: SQLite runs the virtual table once for each value of the list. With a partition key that is three rows for
# each tenant, six in all, one tenant after the other, so the list is not even sorted by distance; OR does the same.
# A metadata column (no partition key) with the same IN gives three rows. LIMIT cannot be added: "Only LIMIT or 'k =?' can
# be provided, not both"; it takes an outer query with ORDER BY and LIMIT.
# Why it matters: partition keys are the documented way to separate tenants or collections. A search over several of them
# that trusts k and the order cuts its list in the wrong place: here the second best hit comes fourth.
# sqlite-vec 0.1.9, SQLite 3.54.1, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('sqlite-vec==0.1.9' 'apsw==3.54.1.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import json
from importlib.metadata import version

import apsw
import sqlite_vec

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sqlite_vec.loadable_path())
print("sqlite-vec", version("sqlite-vec"), "SQLite", apsw.sqlite_lib_version())
db.execute("create virtual table p using vec0(id integer primary key, tenant text partition key, e float[2], shelf text)")
for i in range(100):
    tenant = "abc"[i % 3]
    db.execute("insert into p values (?, ?, ?, ?)", (i, tenant, json.dumps([float(i), 0.0]), tenant))


def hits(where):
    sql = f"select id, distance from p where e match '[0, 0]' and k = 3 and {where}"
    found = list(db.execute(sql))
    print(f"{where:40}", found)
    return [row[0] for row in found]


assert hits("tenant = 'b'") == [1, 4, 7]
assert hits("tenant in ('b', 'c')") == [1, 4, 7, 2, 5, 8]
assert hits("(tenant = 'b' or tenant = 'c')") == [1, 4, 7, 2, 5, 8]
assert hits("shelf in ('b', 'c')") == [1, 2, 4]
try:
    hits("tenant in ('b', 'c') order by distance limit 3")
except apsw.SQLError as error:
    print("with LIMIT:", error)
else:
    raise SystemExit("LIMIT beside k is taken now")
PY
