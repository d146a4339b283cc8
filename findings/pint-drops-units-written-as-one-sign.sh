#!/usr/bin/env bash
# Guess: `ureg("10 ℃")` is a temperature, or raises UndefinedUnitError as `ureg("10 千克")` does.
# What happens: signs that are no identifiers for Python (℃ ℉ ㎡ ㎥ ㎏ € ′) are dropped without a word: the result is 10, dimensionless.
# `ureg.Quantity("10 ℃")` too. "10 °C", "10 m²", "5 ‰", "10 Å" are understood. And "5 Mb" is an area: megabarn.
# Why it matters: ℃ ㎡ ㎥ ㎏ are how Chinese and Japanese data sheets write units. A check that compares an answer's
# quantity with its source finds "10 ℃", "10 ㎡" and "10 €" equal, all of them plain 10, and notices no missing unit.
# pint 0.25.3, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('pint==0.25.3')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import pint

print("pint", version("pint"))
ureg = pint.UnitRegistry()
for text in ("10 ℃", "10℉", "10 ㎡", "10 ㎥", "10 ㎏", "10 €", "10 ′"):
    both = ureg(text), ureg.Quantity(text)
    print(text, "->", *[repr(one) for one in both])
    assert all(ureg.Quantity(one).dimensionless and ureg.Quantity(one).magnitude == 10 for one in both)
assert ureg("10 ℃") == ureg("10 ㎡") == ureg("10 €")
for text in ("10 m²", "5 ‰", "10 Å"):
    print(text, "->", ureg(text))
assert str(ureg("10 m²").units) == "meter ** 2" and str(ureg("5 ‰").units) == "permille"
assert str(ureg("5 Mb").units) == "megabarn"
try:
    ureg("10 千克")
except pint.UndefinedUnitError as error:
    print("10 千克 ->", error)
else:
    raise SystemExit("千克 is known now")
PY
