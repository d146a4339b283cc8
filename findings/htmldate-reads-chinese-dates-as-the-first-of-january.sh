#!/usr/bin/env bash
# Guess: "发布于2026年3月5日" in a page is dated 2026-03-05; the library finds 2026-03-05 and 2026/3/5 in the same place.
# What happens: of a Chinese date only the year is used, and the month and day are made up: 2026-01-01, from running text,
# <time>, class="date" and article:published_time alike; 2026年12月31日 gives the same day. trafilatura takes its `date`
# from here. A year that is no date at all ("2019年发布的型号") and a firmware number ("v2.10.2023") become dates, too.
# Why it matters: a search that prefers newer pages or answers "as of" a day orders all Chinese pages of a year alike, with
# a full date that looks exact.
# htmldate 1.11.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('htmldate==1.11.0' lxml_html_clean)
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from htmldate import find_date

print("htmldate", version("htmldate"))
places = {
    "text": "<html><body><p>{}</p><p>正文</p></body></html>",
    "time": "<html><body><time>{}</time></body></html>",
    "class": '<html><body><span class="date">{}</span></body></html>',
    "meta": '<html><head><meta property="article:published_time" content="{}"></head><body></body></html>',
}


def found(text):
    result = {name: find_date(page.format(text)) for name, page in places.items()}
    print(text, "->", result)
    return set(result.values())


assert found("2026-03-05") == {"2026-03-05"}
assert found("2026/3/5") == {"2026-03-05"}
assert found("2026年3月5日") == {"2026-01-01"}
assert found("发布时间：2026年12月31日") == {"2026-01-01"}
for text, date in (("2019年发布的型号，保修三年。", "2019-01-01"), ("Firmware v2.10.2023", "2023-10-02")):
    got = find_date(places["text"].format(text))
    print(text, "->", got)
    assert got == date
PY
