#!/usr/bin/env bash
# Guess: s2twp and tw2sp are each other's inverse for everyday computer words; where tw2sp rewrites a word it is IT jargon.
# What happens: three of the commonest words of Chinese help pages come back as others: 复制 → 複製 → 拷贝, 默认 → 預設 →
# 预设, 接口 (interface of a program) → 介面 → 界面 (screen); the other words tried return unchanged. In the other
# direction tw2sp treats office words as jargon: 人事檔案 (personnel file) → 人事文件, 檔案室 → 文件室, 影片 → 视频, and
# s2twp writes 法律程式 (a computer program) for 法律程序 (legal procedure).
# Why it matters: normalising an index to one script with the phrase tables changes words: a query of the original text
# (复制, 默认, 接口) no longer matches its own document, and quotes differ from their source. s2t/t2s do not do this.
# OpenCC 1.4.2, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('opencc==1.4.2')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from opencc import OpenCC

print("opencc", version("opencc"))
there, back, plain_there, plain_back = (OpenCC(name) for name in ("s2twp", "tw2sp", "s2t", "t2s"))
expected = {"复制": "拷贝", "默认": "预设", "接口": "界面", "设置": "设置", "打印": "打印", "服务器": "服务器", "缓存": "缓存"}
for word, returned in expected.items():
    middle = there.convert(word)
    print(word, "->", middle, "->", back.convert(middle))
    assert back.convert(middle) == returned
    assert plain_back.convert(plain_there.convert(word)) == word
for word, result in {"人事檔案": "人事文件", "檔案室": "文件室", "影片": "视频"}.items():
    print("tw2sp", word, "->", back.convert(word))
    assert back.convert(word) == result
print("s2twp 法律程序 ->", there.convert("法律程序"))
assert there.convert("法律程序") == "法律程式"
PY
