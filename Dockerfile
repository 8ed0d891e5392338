# The site for a campus: web processes, workers and the practice Space are the same image, see compose.yaml.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/hfcourse

COPY requirements.txt requirements-campus.txt ./
RUN pip install -r requirements-campus.txt

COPY . .
# Not root: what a stranger's Space might make a process do, it does without rights.
RUN useradd --system --create-home --uid 10001 hfcourse \
    && mkdir -p instance /srv/files \
    && chown hfcourse: instance /srv/files
USER hfcourse

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/sante', timeout=8)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "hfcourse:create_app()"]
