#!/usr/bin/env bash
# Guess: a word that is divided at a line end comes out as "main-", a line break, "tenance", as other readers give it.
# What happens: pdfium joins the lines and puts a sign in the place of the hyphen: U+0002 by `get_text_bounded()`, U+FFFE
# (no character at all) by `get_text_range()`, for the same page. Hyphens that belong there are treated alike: "well-" /
# "known" has no hyphen any more, and no line break tells where it was.
# Why it matters: both signs go through JSON and SQLite, are invisible on screen, and split the word for every tokenizer;
# XML writers refuse them. Code that strips control characters makes "wellknown" of "well-known". Cleaning made for one of
# the two methods does nothing for the other.
# pypdfium2 5.15.2, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('pypdfium2==5.15.2' 'pikepdf==10.18.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import io
from importlib.metadata import version

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf

print("pypdfium2", version("pypdfium2"))
made = Pdf.new()
font = made.make_indirect(
    Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
)
content = b"""BT /F1 12 Tf 50 300 Td (The gateway needs main-) Tj 0 -14 Td (tenance and is well-) Tj
0 -14 Td (known in plants.) Tj ET"""
page = Dictionary(
    Type=Name.Page,
    MediaBox=Array([0, 0, 400, 400]),
    Resources=Dictionary(Font=Dictionary(F1=font)),
    Contents=made.make_stream(content),
)
made.pages.append(pikepdf.Page(made.make_indirect(page)))
out = io.BytesIO()
made.save(out)
text = pypdfium2.PdfDocument(out.getvalue())[0].get_textpage()
bounded, ranged = text.get_text_bounded(), text.get_text_range()
print("get_text_bounded:", ascii(bounded))
print("get_text_range  :", ascii(ranged))
assert bounded == "The gateway needs main\x02tenance and is well\x02known in plants."
assert ranged == bounded.replace("\x02", "\ufffe")
PY
