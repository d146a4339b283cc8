#!/usr/bin/env bash
# Guess: EmailReplyParser(languages=["zh"]) cuts the quoted mail below a Chinese reply, as it does for English.
# What happens: its rules for Chinese know one form alone: 发件人: with a HALF-width colon and nothing before it. The same
# block with a full-width 发件人：, the lines 在 … 写道： and … 于 … 写道：, and "2026-03-05，"客服" <…> 写道：" stay whole,
# quote and all. English in the same call is cut.
# Why it matters: a mailbox that becomes a knowledge base or a ticket thread files the old answer again under the
# customer's name, once for each reply, and nothing reports that the language has (almost) no rules.
# mail-parser-reply 1.36, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('mail-parser-reply==1.36')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
from importlib.metadata import version

from mailparser_reply import EmailReplyParser

print("mail-parser-reply", version("mail-parser-reply"))
reader = EmailReplyParser(languages=["en", "zh"])
reply, quote = "问题已解决。", "请按住复位键10秒。"
heads = {
    "half-width": ("发件人: 客服 <a@example.com>\n发送时间: 2026年3月5日 10:00\n收件人: 张三\n主题: 网关\n\n", False),
    "full-width": ("发件人：客服 <a@example.com>\n发送时间：2026年3月5日 10:00\n收件人：张三\n主题：网关\n\n", True),
    "在…写道": ("在 2026年3月5日 10:00，客服 <a@example.com> 写道：\n\n> ", True),
    "于…写道": ("客服 <a@example.com> 于2026年3月5日周四 10:00写道：\n\n> ", True),
    "date first": ("2026-03-05 10:00:00，\"客服\" <a@example.com> 写道：\n", True),
    "English": ("On Thu, Mar 5, 2026 at 10:00 AM Support <a@example.com> wrote:\n> ", False),
}
for name, (head, kept) in heads.items():
    left = reader.parse_reply(text=f"{reply}\n\n{head}{quote}")
    print(f"{name}: {left!r}")
    assert (quote in left) is kept
PY
