#!/usr/bin/env bash
# Guess: the datetime that a document gives back finds that document by `term_query`, and deletes it by
# `delete_documents_by_term`; two moments a quarter of a second apart are two terms.
# What happens: the document store keeps microseconds, the index only whole seconds, and the query side is not cut: the
# stored value (12:00:01.25) finds nothing and deletes nothing, without an error, while 12:00:01 finds both documents and
# deletes both. A range from the value to itself, on the fast field, is the same: 0 for .25, 2 for the whole second.
# Why it matters: "delete what was indexed at this moment" and "give me the version of this time" are written with the
# value read from a hit. datetime.now() nearly always has microseconds, so the deletion is a silent no-op.
# tantivy (Python) 0.27.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('tantivy==0.27.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import datetime as dt
from importlib.metadata import version

import tantivy

print("tantivy", version("tantivy"))
builder = tantivy.SchemaBuilder()
builder.add_date_field("seen", stored=True, indexed=True, fast=True)
schema = builder.build()
index = tantivy.Index(schema)
writer = index.writer(15_000_000, 1)
quarter = dt.datetime(2026, 1, 1, 12, 0, 1, 250_000, tzinfo=dt.timezone.utc)
whole = quarter.replace(microsecond=0)
for moment in (quarter, whole):
    writer.add_document(tantivy.Document(seen=moment))
writer.commit()
index.reload()
searcher = index.searcher()
stored = sorted(searcher.doc(place)["seen"][0] for _, place in searcher.search(tantivy.Query.all_query(), 5).hits)
print("stored:", *stored)
assert stored == [whole, quarter]


def count(query):
    return len(searcher.search(query, 5).hits)


for moment, expected in ((quarter, 0), (whole, 2)):
    term = count(tantivy.Query.term_query(schema, "seen", moment))
    span = count(tantivy.Query.range_query(schema, "seen", tantivy.FieldType.Date, moment, moment))
    print(moment.time(), "term_query:", term, "range [x, x]:", span)
    assert term == span == expected
for moment, left in ((quarter, 2), (whole, 0)):
    writer.delete_documents_by_term("seen", moment)
    writer.commit()
    index.reload()
    print("after deleting", moment.time(), "documents left:", index.searcher().num_docs)
    assert index.searcher().num_docs == left
PY
