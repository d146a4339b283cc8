#!/usr/bin/env bash
# Guess: a question without any known word gives no hits, or the first k documents with score 0.
# What happens: bm25s gives the LAST k documents of the corpus, newest first, with score 0.0, and fills up every short
# result the same way; LlamaIndex's BM25Retriever hands them on as hits. A question of stop words only ("what is it") is
# such a question there.
# Why it matters: the documents indexed last turn up for every unanswerable question, and in a hybrid search reciprocal
# rank fusion, which looks at ranks alone, gives them full points. Drop scores of 0 before fusing.
# bm25s 0.3.16, llama-index-retrievers-bm25 0.8.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('bm25s==0.3.16' 'llama-index-retrievers-bm25==0.8.0' 'llama-index-core==0.14.25' 'nltk==3.10.4')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import bm25s
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever

print("bm25s", version("bm25s"), "llama-index-retrievers-bm25", version("llama-index-retrievers-bm25"))
texts = ["gateway warranty three years", "router password label", "refund within thirty days", "cable colours", "fan speed"]
index = bm25s.BM25()
index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
found = index.retrieve(bm25s.tokenize("zebra", show_progress=False), k=3, show_progress=False)
print("bm25s, zebra:", found.documents.tolist(), found.scores.tolist())
assert found.documents.tolist() == [[4, 3, 2]] and not found.scores.any()
nodes = [TextNode(text=text, id_=str(n)) for n, text in enumerate(texts)]
retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=3)
for question, ids in (("zebra", ["4", "3", "2"]), ("what is it", ["4", "3", "2"]), ("warranty", ["0", "4", "3"])):
    hits = [(hit.node_id, round(hit.score, 2)) for hit in retriever.retrieve(question)]
    print(f"LlamaIndex, {question}: {hits}")
    assert [name for name, _ in hits] == ids
PY
