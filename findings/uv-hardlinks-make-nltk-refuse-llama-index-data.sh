#!/usr/bin/env bash
# Guess: packages installed by uv behave as those installed by pip; LlamaIndex brings its NLTK data along, so
# SentenceSplitter and SentenceWindowNodeParser work offline.
# What happens: uv's default on Linux is to hard-link files from its cache. NLTK 3.10 refuses to open data files with more
# than one link ("refusing multiply-linked file", CWE-59), so llama-index-core's bundled stop words cannot be read and the
# first split raises PermissionError. With --link-mode copy, or by pip, the same versions work.
# Why it matters: `uv pip install` and `uv sync` are the usual way to install such a service; tests in an image built by
# pip pass, the machine of the user fails at the first document. UV_LINK_MODE=copy is the cure.
# llama-index-core 0.14.25 with nltk 3.10.4, uv 0.13.9, Linux, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if command -v uv >/dev/null && [ "$(uv --version | cut -d' ' -f2)" = 0.13.9 ]; then
  uv=uv
else
  python3 -m venv "$tmp/tool"
  "$tmp/tool/bin/pip" install --quiet --no-compile --disable-pip-version-check 'uv==0.13.9'
  uv=$tmp/tool/bin/uv
fi
export UV_CACHE_DIR="$tmp/cache" # on the same file system as the environment, as a home folder is
unset UV_LINK_MODE
split() {
  "$tmp/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

from llama_index.core.node_parser import SentenceSplitter

print("llama-index-core", version("llama-index-core"), "nltk", version("nltk"))
try:
    pieces = SentenceSplitter(chunk_size=200, chunk_overlap=0).split_text("First sentence here. " * 200)
except PermissionError as error:
    message = str(error)
    print("PermissionError:", message[: message.index("'")], "…", message[message.index("(st_nlink") :])
    raise SystemExit(7)
print("split into", len(pieces))
PY
}
"$uv" venv --quiet --python "$(command -v python3)" "$tmp/venv"
for mode in hardlink copy; do
  "$uv" pip install --quiet --python "$tmp/venv/bin/python" --reinstall-package llama-index-core --link-mode "$mode" \
    'llama-index-core==0.14.25' 'nltk==3.10.4'
  code=0
  echo "link mode $mode:"
  split || code=$?
  if [ "$mode" = hardlink ]; then [ "$code" -eq 7 ]; else [ "$code" -eq 0 ]; fi
done
