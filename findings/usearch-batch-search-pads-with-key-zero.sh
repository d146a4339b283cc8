#!/usr/bin/env bash
# Guess: when fewer than k vectors are there, a batch search marks the empty places by an impossible key, as FAISS does
# with -1, or gives shorter rows as the search of one vector does.
# What happens: the rows are filled up with key 0, a valid key and mostly the first document, at distance NaN. Only
# `counts` tells how many places are real. The search of one vector is cut to the real hits. Besides, the default numbers
# are bfloat16 where the machine has them, not float32: pass dtype="f32" for exact distances.
# Why it matters: a small collection, or one after deletions, returns document 0 again and again; NaN passes comparisons
# like `distance > limit` (False) and sorts anywhere, so the false hits are not filtered out.
# usearch 2.26.6, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('usearch==2.26.6')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import numpy as np
from usearch.index import Index

print("usearch", version("usearch"))
index = Index(ndim=4, metric="cos", dtype="f32")
index.add(np.array([10, 20, 30]), np.eye(3, 4, dtype="float32"))
queries = np.eye(2, 4, dtype="float32")
one = index.search(queries[0], 5)
both = index.search(queries, 5)
print("one query  :", one.keys.tolist())
print("two queries:", both.keys.tolist(), both.distances.round(3).tolist(), "counts", both.counts.tolist())
assert sorted(one.keys.tolist()) == [10, 20, 30] and 0 not in index
assert both.keys[:, 3:].tolist() == [[0, 0], [0, 0]] and np.isnan(both.distances[:, 3:]).all()
assert both.counts.tolist() == [3, 3]
PY
