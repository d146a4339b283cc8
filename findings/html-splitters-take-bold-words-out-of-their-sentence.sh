#!/usr/bin/env bash
# Guess: a splitter for HTML keeps a paragraph's text in reading order; <b> and <code> are only inline marks.
# What happens: both frameworks take the text of inline elements out of the sentence they stand in. LlamaIndex's
# HTMLNodeParser (default tags) gives "Hold the key for / seconds" as one node and "10 / 3" as another node (tag "b");
# LangChain's HTMLHeaderTextSplitter gives the sentence without the number, then the number on a line of its own; its
# HTMLSemanticPreservingSplitter puts the number BEFORE the sentence. HTMLSectionSplitter keeps the order.
# Why it matters: manuals set exactly the decisive values in bold. The passage that is found no longer holds "10 seconds",
# and with two bold numbers in a paragraph nobody can tell which belongs where.
# llama-index-core 0.14.25, langchain-text-splitters 1.1.3, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('llama-index-core==0.14.25' 'langchain-text-splitters==1.1.3' beautifulsoup4 lxml)
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from langchain_text_splitters import HTMLHeaderTextSplitter, HTMLSectionSplitter, HTMLSemanticPreservingSplitter
from llama_index.core import Document
from llama_index.core.node_parser import HTMLNodeParser

print("llama-index-core", version("llama-index-core"), "langchain-text-splitters", version("langchain-text-splitters"))
page = "<html><body><h1>Reset</h1><p>Hold the key for <b>10</b> seconds, wait <b>3</b> minutes.</p></body></html>"
wanted = "Hold the key for 10 seconds, wait 3 minutes."
heads = [("h1", "h1")]

nodes = [(node.metadata["tag"], node.text) for node in HTMLNodeParser().get_nodes_from_documents([Document(text=page)])]
header = [one.page_content for one in HTMLHeaderTextSplitter(heads).split_text(page)]
kept = [one.page_content for one in HTMLSemanticPreservingSplitter(heads, max_chunk_size=200).split_text(page)]
section = [one.page_content for one in HTMLSectionSplitter(heads).split_text(page)]
for name, found in (("HTMLNodeParser", nodes), ("HTMLHeaderTextSplitter", header),
                    ("HTMLSemanticPreservingSplitter", kept), ("HTMLSectionSplitter", section)):
    print(f"{name}: {found}")


def flat(text):
    return " ".join(text.split())


assert ("b", "10\n3") in nodes and [flat(text) for tag, text in nodes if tag == "p"] == ["Hold the key for seconds, wait minutes."]
assert flat(header[1]) == "Hold the key for seconds, wait minutes. 10 3"
assert flat(kept[0]).startswith("10 3 Hold the key for")
assert wanted in flat(section[0])
PY
