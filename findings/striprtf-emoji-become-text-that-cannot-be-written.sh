#!/usr/bin/env bash
# Guess: an emoji in RTF (Word writes it as two \u numbers) becomes that emoji; at worst a question mark.
# What happens: the two halves stay apart, as lone surrogates: the text LOOKS whole in some terminals and has the right
# words, but len() counts two and every .encode("utf-8"), file write, JSON body or database insert raises
# UnicodeEncodeError. And text in {\upr …}, which Word writes beside Unicode for old readers, and footnotes vanish.
# Why it matters: the failure comes far from the reader, when the passage is stored or embedded, and takes the whole batch
# with it. text.encode("utf-16", "surrogatepass").decode("utf-16") heals it.
# striprtf 0.0.35, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('striprtf==0.0.35')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from striprtf.striprtf import rtf_to_text

print("striprtf", version("striprtf"))
text = rtf_to_text(r"{\rtf1\ansi\uc1 Done \u-10179?\u-8704? ok\par}")
print(ascii(text), "length", len(text))
assert text.strip() == "Done \ud83d\ude00 ok"
try:
    text.encode("utf-8")
except UnicodeEncodeError as error:
    print("encode:", error)
else:
    raise SystemExit("the emoji can be encoded now")
healed = text.encode("utf-16", "surrogatepass").decode("utf-16")
assert healed.strip() == "Done \U0001f600 ok"
lost = rtf_to_text(r"{\rtf1\ansi Term {\upr{ab}{\*\ud{\u20445?}}} ends{\footnote Except batteries.} here\par}")
print(repr(lost))
assert "ab" not in lost and "保" not in lost and "batteries" not in lost
PY
