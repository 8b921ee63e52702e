# Two images of one checkout: `serve` answers, `train` also works on retraining jobs and runs MLflow.
#   docker build --target serve --tag seicast-serve .
FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=passive \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1
WORKDIR /opt/seicast
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY features features
COPY store store
COPY models models
COPY serving serving
COPY training training
COPY seicast seicast
COPY benchmarks benchmarks
COPY docs/examples docs/examples
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && useradd --system --uid 10001 --no-create-home seicast \
    && install --directory --owner=seicast /data /shelf
ENV SEICAST_HOME=/data \
    SEICAST_SHELF=/shelf
VOLUME ["/data", "/shelf"]
USER 10001

FROM base AS serve
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["seicast"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--no-worker"]

FROM base AS train
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s CMD \
    ["seicast", "jobs", "list", "--json"]
ENTRYPOINT ["seicast"]
CMD ["jobs", "work"]
