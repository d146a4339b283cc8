#!/usr/bin/env bash
# Guess: given bytes, icalendar joins folded lines first and decodes then; RFC 5545 (3.1) asks for it, since lines may be
# folded between the octets of one UTF-8 character.
# What happens: it decodes first and unfolds later: a Chinese character that was cut by the 75-octet fold becomes two or
# three U+FFFD, without an error and with an empty `errors` list. Folds between characters are right, so it shows once in
# a while, in long lines alone.
# Why it matters: exporters that fold by bytes (the simple loop of many calendars and ticket systems) damage one character
# of every long Chinese SUMMARY or DESCRIPTION, and the word it stood in is not found any more. Unfold the bytes yourself:
# raw.replace(b"\r\n ", b"") before from_ical heals it.
# icalendar 7.3.2, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('icalendar==7.3.2')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from icalendar import Calendar

print("icalendar", version("icalendar"))
title = "网关保修期培训" * 5
line = f"SUMMARY:{title}".encode()


def event(cut):
    folded = line[:cut] + b"\r\n " + line[cut:]
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n" + folded + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def summary(raw):
    found = Calendar.from_ical(raw).walk("VEVENT")[0]
    assert not found.errors
    return str(found["SUMMARY"])


for cut in (74, 73, 72):
    got = summary(event(cut))
    print(cut, got)
    assert (got == title) is (cut == 74) and ("\ufffd" in got) is (cut != 74)
assert summary(event(73).replace(b"\r\n ", b"")) == title
PY
