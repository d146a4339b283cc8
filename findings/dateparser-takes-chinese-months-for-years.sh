#!/usr/bin/env bash
# Guess: 12月25日 is 25 December, more surely with languages=["zh"].
# What happens: with languages=["zh"] a date without a year (3月5日, 12月25日) is None. Without a language dateparser takes
# its Japanese rules and reads 12月25日 as 25 July 2012 (the base month is July) and 03月05日 as 15 May 2003: the month
# becomes a year, the rest is filled from today. 3月5日 and 2026年3月5日 come out right, so a test with those passes.
# An ISO week is a month: 2026-W10 is 15 October.
# Why it matters: "valid until 12月25日" filed as 2012 is an expired document; guessing the language, the default, is what
# every index of mixed Chinese and English text would do.
# dateparser 1.5.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('dateparser==1.5.0')
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

import dateparser

print("dateparser", version("dateparser"))
settings = {"RELATIVE_BASE": dt.datetime(2026, 7, 15, 12)}


def read(text, **languages):
    found = dateparser.parse(text, settings=settings, **languages)
    print(f"{text:12} {languages or ''} -> {found}")
    return found and found.date().isoformat()


assert read("2026年3月5日") == read("2026年3月5日", languages=["zh"]) == "2026-03-05"
assert read("3月5日") == "2026-03-05"
assert read("12月25日") == "2012-07-25"
assert read("03月05日") == "2003-05-15"
assert read("3月5日", languages=["zh"]) is None
assert read("12月25日", languages=["zh"]) is None
assert read("2026-W10") == "2026-10-15"
PY
