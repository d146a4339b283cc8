#!/usr/bin/env bash
# Guess: the text of a paragraph is one line, in any language; a comment is printed once.
# What happens: an article that is short by trafilatura's count of CHARACTERS goes to its last fallback (baseline), which prints every
# inline element on a line of its own: 按住 / 10 / 秒. The same sentences in English are long enough and stay whole, so
# does the Chinese article when it is longer, and with favor_precision=True. A comment section below such an article is
# printed twice.
# Why it matters: an ordinary Chinese help article says in 60 characters what takes 200 in English. Its numbers, links and
# code words lose their sentences before chunking; neither a phrase query nor an answer finds "按住10秒" again.
# trafilatura 2.3.1, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('trafilatura==2.3.1' lxml_html_clean)
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import trafilatura

print("trafilatura", version("trafilatura"))


def text(inner, **options):
    found = trafilatura.extract(f"<html><head><title>T</title></head><body>{inner}</body></html>", **options)
    print(repr(found))
    return found


chinese = "<p>按住<b>10</b>秒，<a href='/x'>见此</a>，<code>reset</code>。</p>"
more = "<p>网关的保修期为三年，从购买之日起计算。请保留发票。</p>"
english = "<p>Hold the key for <b>10</b> seconds, see <a href='/x'>the guide</a> and <code>reset</code>.</p>"
assert text(f"<article><h1>复位</h1>{chinese}{more}</article>").startswith("复位\n按住\n10\n秒，\n见此\n，\nreset\n。\n")
assert "按住10秒，见此，reset。" in text(f"<article><h1>复位</h1>{chinese}{more * 8}</article>")
assert "按住10秒，见此，reset" in text(f"<article><h1>复位</h1>{chinese}{more}</article>", favor_precision=True)
assert text(f"<article>{english}</article>") == "Hold the key for 10 seconds, see the guide and reset."
comment = "<section class='comments'><p>用户评论：不对，是两年。</p></section>"
assert text(f"<article>{more}</article>{comment}").count("用户评论") == 2
assert text(f"<article>{more * 8}</article>{comment}").count("用户评论") == 1
PY
