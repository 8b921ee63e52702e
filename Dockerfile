# Two images of one checkout: `serve` answers, `train` also works on retraining jobs and runs MLflow.
#   docker build --target serve --tag seicast-serve .
FROM python:3.11-slim-bookworm AS packages
WORKDIR /opt/seicast
COPY requirements.lock ./
RUN python -m pip download --no-cache-dir --require-hashes --dest /wheels \
    --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
# Out of what was checked above, only what runs: no test servers, browsers, linters.
ENV PIP_NO_INDEX=1 \
    PIP_FIND_LINKS=/wheels \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/packages \
    && /opt/packages/bin/python -m pip install hatchling \
    && /opt/packages/bin/python -m pip install --no-build-isolation \
    --editable ".[cluster,otel,postgres,s3]"

FROM python:3.11-slim-bookworm AS base
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=passive \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    MLFLOW_DISABLE_TELEMETRY=true
COPY --from=packages /opt/packages /opt/packages
WORKDIR /opt/seicast
COPY pyproject.toml README.md LICENSE ./
COPY features features
COPY store store
COPY models models
COPY serving serving
COPY training training
COPY seicast seicast
COPY docs/examples docs/examples
# Its home is the one place that may be written: caches of libraries and fetched data sets go there.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin seicast \
    && install --directory --owner=seicast /data /shelf
ENV SEICAST_HOME=/data \
    SEICAST_SHELF=/shelf
VOLUME ["/data", "/shelf"]
USER 10001

FROM base AS serve
EXPOSE 8000
STOPSIGNAL SIGTERM
# Asked by its own name: it answers to no other.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import os, urllib.request as u; \
    name = (os.environ.get('SEICAST_HOSTS') or '127.0.0.1').split(',')[0].strip(); \
    u.urlopen(u.Request('http://127.0.0.1:8000/health/live', headers={'Host': name}), timeout=4)"]
ENTRYPOINT ["seicast"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--no-worker"]

FROM base AS train
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s CMD \
    ["seicast", "jobs", "list", "--json"]
ENTRYPOINT ["seicast"]
CMD ["jobs", "work"]
