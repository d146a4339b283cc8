#!/usr/bin/env bash
# Guess: collection.delete() reports how many records it removed; filters on numbers are strict about int and float.
# What happens: `deleted` is the number of ids that were ASKED for, whether they exist or not: two unknown ids are
# {"deleted": 2} and count() is unchanged; deleting the same id again says 1 again. By `where` it counts what was there.
# And an int filter matches floats (1 and 1.0), but not True and not "1", while {"$in": [1, 1.0]} is refused as a mix.
# Why it matters: the number is what an erasure job logs ("3 passages of this person removed"). With ids of another
# collection, or in another spelling, it reports success for nothing.
# chromadb 1.5.9, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('chromadb==1.5.9')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import sys
from importlib.metadata import version

import chromadb
from chromadb.config import Settings

print("chromadb", version("chromadb"))
client = chromadb.PersistentClient(sys.argv[1] + "/chroma", settings=Settings(anonymized_telemetry=False))
docs = client.create_collection("docs", embedding_function=None)
values = [1, 1.0, True, "1"]
docs.add(ids=list("abcd"), embeddings=[[float(i), 1.0] for i in range(4)], metadatas=[{"x": value} for value in values])
for ids in (["nobody", "nothing"], ["d"], ["d"]):
    report = docs.delete(ids=ids)
    print("delete", ids, "->", report, "left", docs.count())
    assert report["deleted"] == len(ids)
assert docs.count() == 3
assert docs.delete(where={"x": 77})["deleted"] == 0
print("where x == 1:", docs.get(where={"x": 1})["ids"])
assert docs.get(where={"x": 1})["ids"] == ["a", "b"]
try:
    docs.get(where={"x": {"$in": [1, 1.0]}})
except ValueError as error:
    print("$in [1, 1.0]:", error)
else:
    raise SystemExit("a mixed list is taken now")
PY
