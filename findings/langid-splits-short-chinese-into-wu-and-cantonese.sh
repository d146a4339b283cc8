#!/usr/bin/env bash
# Guess: Mandarin words come out as "zh"; an empty text or a plain English word as "en", langid's old habit.
# What happens: 0.4 knows Wu and Cantonese beside Chinese, and everyday Mandarin falls to them: 你好 and 會員 are "yue",
# 电话 is "wuu", 手机 "zh". English help words are spread over the world: refund "sw" (Swahili), warranty "om" (Oromo),
# FAQ "sq"; the empty text, "WiFi" and "Reset" are "af" with the lowest float there is as score.
# Why it matters: `if lang == "zh"` sends a greeting of two characters to the English path; one needs a set of codes
# (zh, yue, wuu) and own rules for short text. py3langid 0.3.0 said zh, zh and, for the empty text and refund, en.
# py3langid 0.4.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('py3langid==0.4.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import py3langid

print("py3langid", version("py3langid"))
expected = {"你好": "yue", "會員": "yue", "电话": "wuu", "手机": "zh", "怎么重置密码": "zh", "refund": "sw",
            "warranty": "om", "FAQ": "sq", "Reset": "af", "WiFi": "af", "": "af", "How do I reset it?": "en"}
for text, language in expected.items():
    code, score = py3langid.classify(text)
    print(f"{text!r:24} {code:4} {score:.4g}")
    assert code == language
PY
