#!/usr/bin/env bash
# Guess: `rowid IN (…)` beside a KNN MATCH is applied before the search, as sqlite-vec documents, for lists of any length.
# What happens: SQLite itself turns an IN list of ONE value into `=`, and sqlite-vec does not take `=` on the key: the k
# nearest of the whole table are found first and the filter is applied to those. A list of two ids works, a list of one
# returns nothing unless that row is among the k nearest. `IN (SELECT …)` and `IN (SELECT value FROM json_each(?))` work
# for any length. The same goes for NOT IN, !=, BETWEEN and for a bare boolean (`AND ok` filters late, `AND ok = 1` early).
# Why it matters: an allow list is how permissions and "ask this document" are built. The user who may see exactly one
# document gets no hits, while every test with two documents passes.
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
db.execute("create virtual table passage using vec0(id integer primary key, e float[2], ok boolean)")
for i in range(100):
    db.execute("insert into passage values (?, ?, ?)", (i, json.dumps([float(i), 0.0]), i % 2))


def ids(where, *values):
    sql = f"select id from passage where e match '[0, 0]' and k = 3 and {where}"
    found = [row[0] for row in db.execute(sql, values)]
    print(f"{where:48}", found)
    return found


assert ids("id in (90, 91)") == [90, 91]
assert ids("id in (?)", 90) == []
assert ids("id = 90") == []
assert ids("id in (select 90)") == [90]
assert ids("id in (select value from json_each(?))", "[90]") == [90]
assert ids("id not in (0, 1)") == [2]
assert ids("ok = 1") == [1, 3, 5]
assert ids("ok") == [1]
PY
