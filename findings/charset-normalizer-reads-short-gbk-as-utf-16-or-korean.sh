#!/usr/bin/env bash
# Guess: a whole Chinese sentence of 20 to 30 bytes in GBK is enough for charset-normalizer; where it fails it says so by
# None or a high chaos.
# What happens: 客服热线：400-123-4567 and 型号GX-7的保修期为三年 are "utf_16_be" (text of rare Korean and Chinese signs),
# 网关保修期三年，请联系客服 is "cp949" (Korean), each as `best()`, with chaos 0.0; gb18030 stands second or third. Other
# sentences of the same length are right. chardet 7 says GB18030 for all of them.
# Why it matters: requests' apparent_encoding and many readers take the best guess as it is. A one-line FAQ answer, a CSV cell or
# a mail subject in GBK is filed as Korean, and no score tells.
# charset-normalizer 3.5.3 beside chardet 7.7.0, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('charset-normalizer==3.5.3' 'chardet==7.7.0')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

import chardet
from charset_normalizer import from_bytes

print("charset-normalizer", version("charset-normalizer"), "chardet", version("chardet"))
expected = {
    "客服热线：400-123-4567": "utf_16_be",
    "型号GX-7的保修期为三年": "utf_16_be",
    "网关保修期三年，请联系客服": "cp949",
    "如何重置密码？请打开设置页面。": "gb18030",
}
for text, encoding in expected.items():
    raw = text.encode("gbk")
    best = from_bytes(raw).best()
    other = chardet.detect(raw)["encoding"]
    print(f"{text} ({len(raw)} bytes): {best.encoding} chaos {best.chaos} -> {best}; chardet: {other}")
    assert best.encoding == encoding and best.chaos == 0.0 and other == "GB18030"
PY
