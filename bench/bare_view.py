"""Baseline of bench/load.py: a Flask view that only returns bytes.

BODY=page.html ENCODING=br gunicorn --threads 16 bare_view:app
"""

import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
BODY = Path(os.environ["BODY"]).read_bytes()
HEADERS = {"Content-Encoding": os.environ["ENCODING"]} if os.environ["ENCODING"] else {}


@app.get("/lecons/<slug>")
def show(slug: str) -> Response:
    return Response(BODY, headers=HEADERS, mimetype="text/html")
