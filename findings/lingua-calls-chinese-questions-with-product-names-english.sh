#!/usr/bin/env bash
# Guess: in a choice of Chinese and English a question with Chinese words in it is Chinese, or at least unsure.
# What happens: product names decide. "C2 Pro 价格" and "iPhone 15 Pro Max 怎么连接 Bluetooth" are ENGLISH with confidence
# 1.0, Chinese 0.0; "Windows 11 无法安装" is Chinese with 1.0. With all languages loaded the first is Czech, the second
# German. The confidence never shows that two scripts are mixed.
# Why it matters: the language of the answer, the stemmer and the stop words hang on this in a bilingual service. Support
# questions are a product name and two Chinese words, and a threshold on the confidence catches none of them.
# lingua-language-detector 2.1.1, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('lingua-language-detector==2.1.1')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from lingua import Language, LanguageDetectorBuilder

print("lingua-language-detector", version("lingua-language-detector"))
two = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.CHINESE).build()
every = LanguageDetectorBuilder.from_all_languages().build()
expected = {
    "C2 Pro 价格": ("ENGLISH", "CZECH"),
    "iPhone 15 Pro Max 怎么连接 Bluetooth": ("ENGLISH", "GERMAN"),
    "怎么连接": ("CHINESE", "CHINESE"),
    "Windows 11 无法安装": ("CHINESE", "CHINESE"),
    "VPN 怎么设置": ("CHINESE", "CHINESE"),
}
for question, languages in expected.items():
    best = two.compute_language_confidence_values(question)[0]
    got = best.language.name, every.detect_language_of(question).name
    print(question, "->", got, f"confidence of two: {best.value:.2f}")
    assert got == languages and best.value > 0.99
PY
