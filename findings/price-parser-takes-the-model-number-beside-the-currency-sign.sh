#!/usr/bin/env bash
# Guess: an amount that touches a currency sign (¥2999, $20) goes before any other number of the text; 万 and 元 are known.
# What happens: the currency and the amount are searched for apart, and the FIRST number wins: "128GB ¥2999" is 128 ¥,
# "GX-7 ¥89" is 7 ¥, "3台 ¥99" is 3 ¥, "2 for $5" is 2 $, "up to 30% off $20" is 20 $ by a rule for per cent alone. 元 is
# no currency (None), "1.5万元" is 1.5, "99块5" is 99.
# Why it matters: in shop pages and support answers the model or the number of pieces stands before the price, mostly in
# Chinese. The result carries the right currency beside the wrong number, so a check for "has a currency" does not help.
# price-parser 0.5.1, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('price-parser==0.5.1')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from price_parser import Price

print("price-parser", version("price-parser"))
expected = {
    "¥2999": ("2999", "¥"),
    "128GB ¥2999": ("128", "¥"),
    "GX-7 ¥89": ("7", "¥"),
    "3台 ¥99": ("3", "¥"),
    "2 for $5": ("2", "$"),
    "up to 30% off $20": ("20", "$"),
    "iPhone 15 售价5999元": ("15", None),
    "1.5万元": ("1.5", None),
}
for text, (amount, currency) in expected.items():
    price = Price.fromstring(text)
    print(f"{text:24} -> {price.amount} {price.currency}")
    assert (str(price.amount), price.currency) == (amount, currency)
PY
