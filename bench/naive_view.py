"""The peer of bench/call.py: what one writes first, a Flask view that makes a Client for each request.

SPACE_NAME_PATTERN=http://127.0.0.1:7860 flask --app bench/naive_view.py run
"""

import os

from flask import Flask, request
from gradio_client import Client

app = Flask(__name__)


@app.post("/<endpoint>")
def call(endpoint: str) -> str:
    client = Client(os.environ["SPACE"], token=False, download_files=False, verbose=False)
    return client.predict(request.form["name"], api_name=f"/{endpoint}")
