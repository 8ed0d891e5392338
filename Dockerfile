# Image of the campus deployment, shared by web processes, workers and the practice Space: see compose.yaml.
# To pin the base image by digest (docs/security.md): `docker build --build-arg PYTHON_IMAGE=…`.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
FROM ${PYTHON_IMAGE}

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/hfcourse

COPY requirements-campus.txt ./
RUN pip install --require-hashes --only-binary :all: -r requirements-campus.txt

COPY . .
# Not root: code execution caused by an untrusted Space has no privileges. Bytecode is compiled at build time, because
# the container's file system is read-only.
RUN python -m compileall -q hfcourse \
    && useradd --system --no-create-home --home-dir /tmp --uid 10001 hfcourse \
    && mkdir -p instance /srv/files \
    && chown hfcourse: instance /srv/files
USER hfcourse

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/sante', timeout=8)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "hfcourse:create_app()"]
