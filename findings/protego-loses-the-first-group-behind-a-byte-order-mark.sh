#!/usr/bin/env bash
# Guess: a robots.txt that begins with a byte order mark (Windows Notepad, many CMS) is read as one without; Google's
# parser skips the mark.
# What happens: given text decoded as "utf-8" Protego takes "\ufeffUser-agent" for an unknown field. The lines of that
# group then belong to nobody: everything is allowed, no error. Small typos, on the contrary, are forgiven
# ("User agent:", "Dissallow:", "Disallow /b" without a colon all count). Old Mac line ends (\r) are read.
# Why it matters: a crawler that means to be polite fetches exactly what the first group, mostly "*", forbids. Decode as
# "utf-8-sig" before parsing.
# protego 0.7.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('protego==0.7.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

from protego import Protego

print("protego", version("protego"))
raw = b"\xef\xbb\xbfUser-agent: *\nDisallow: /drafts\n"
rows = {
    "without a mark": (raw[3:].decode("utf-8"), False),
    "with, decoded as utf-8": (raw.decode("utf-8"), True),
    "with, as utf-8-sig": (raw.decode("utf-8-sig"), False),
    "typos": ("User agent: *\nDissallow: /drafts\n", False),
    "no colon": ("User-agent: *\nDisallow /drafts\n", False),
    "\\r alone": ("User-agent: *\rDisallow: /drafts\r", False),
}
for name, (text, allowed) in rows.items():
    got = Protego.parse(text).can_fetch("https://a.example.com/drafts/1", "bot")
    print(f"{name:24} may fetch /drafts/1: {got}")
    assert got is allowed
PY
