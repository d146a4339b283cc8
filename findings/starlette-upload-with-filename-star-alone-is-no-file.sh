#!/usr/bin/env bash
# Guess: `filename*=UTF-8''…` (RFC 5987) in a multipart part is decoded, and goes before a plain `filename` beside it.
# What happens: it is not read at all. A part that has only filename* is no upload but a TEXT field: the file's content
# arrives as a str in the form. With both, as .NET's MultipartFormDataContent sends them for a non-ASCII name
# (filename="=?utf-8?B?…?="; filename*=utf-8''…), the name is the raw "=?utf-8?B?572RLnR4dA==?=", whose ending is no ".txt".
# RFC 7578 forbids filename* in forms, which is why; clients send it all the same.
# Why it matters: an upload API on FastAPI/Starlette answers such a client "no file in the form", or files the document
# under a name that says nothing and has no known ending. Decode =?…?= names with email.header yourself.
# starlette 1.10.0, python-multipart 0.0.34, found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('starlette==1.10.0' 'python-multipart==0.0.34')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import asyncio
from importlib.metadata import version

from starlette.requests import Request

print("starlette", version("starlette"), "python-multipart", version("python-multipart"))


async def form(disposition):
    part = f"--B\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n"

    async def receive():
        return {"type": "http.request", "body": part.encode(), "more_body": False}

    headers = [(b"content-type", b"multipart/form-data; boundary=B")]
    got = (await Request({"type": "http", "method": "POST", "headers": headers}, receive).form())["file"]
    result = got if isinstance(got, str) else ("UploadFile", got.filename)
    print(disposition, "->", result)
    return result


both = "name=file; filename=\"=?utf-8?B?572RLnR4dA==?=\"; filename*=utf-8''%E7%BD%91.txt"
assert asyncio.run(form("name=\"file\"; filename=\"网.txt\"")) == ("UploadFile", "网.txt")
assert asyncio.run(form("name=\"file\"; filename*=UTF-8''%E7%BD%91.txt")) == "hello"
assert asyncio.run(form(both)) == ("UploadFile", "=?utf-8?B?572RLnR4dA==?=")
PY
