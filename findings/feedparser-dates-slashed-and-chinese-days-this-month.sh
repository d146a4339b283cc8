#!/usr/bin/env bash
# Guess: a pubDate that is not understood gives no `published_parsed`; 2026/03/05 is understood.
# What happens: "2026年3月5日" and "2026/03/05" both give the FIRST day of the month in which the program runs, in the year
# 2026 (run in November: 1 November 2026). No `bozo`, no warning. 2026-3-5, 2026-03-05 and RFC 822 dates are right,
# 05.03.2026 and 3月5日 are None as one would guess.
# Why it matters: a connector that follows feeds compares this date with the last visit: every entry of such a feed is
# "new" on the first of each month, may lie in the future, and all entries of a year have one date.
# feedparser 6.0.14, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('feedparser==6.0.14')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import time
from importlib.metadata import version

import feedparser

print("feedparser", version("feedparser"))


def date(text):
    item = f"<item><title>x</title><pubDate>{text}</pubDate></item>"
    feed = feedparser.parse(f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>')
    parsed = feed.entries[0].get("published_parsed")
    print(f"{text:34} bozo={bool(feed.bozo)} ->", parsed and tuple(parsed)[:5])
    return parsed and tuple(parsed)[:3]


before = time.gmtime().tm_mon
results = [date("2020年3月5日"), date("2020/03/05"), date("2020年12月31日")]
months = {before, time.gmtime().tm_mon}
assert len(set(results)) == 1 and results[0] in {(2020, month, 1) for month in months}, results
assert date("2020-3-5") == date("Thu, 05 Mar 2020 10:00:00 GMT") == (2020, 3, 5)
assert date("05.03.2020") is None and date("3月5日") is None
PY
