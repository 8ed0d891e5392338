"""Baseline of bench/call.py: the simplest implementation, a Flask view that creates a Client for each request.

SPACE=http://127.0.0.1:7860 flask --app bench/naive_view.py run
"""

import os

from flask import Flask, request
from gradio_client import Client

app = Flask(__name__)


@app.post("/<endpoint>")
def call(endpoint: str) -> str:
    client = Client(os.environ["SPACE"], token=False, download_files=False, verbose=False)
    return client.predict(request.form["name"], api_name=f"/{endpoint}")
