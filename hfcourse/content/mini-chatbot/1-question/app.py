"""Mini chatbot, programme 1 : une question, une réponse."""

import os

from flask import Flask, render_template, request
from gradio_client import Client

SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")

app = Flask(__name__)


@app.get("/")
def show_page():
    """Montrer la page vide."""
    return render_template("page.html")


@app.post("/")
def answer_question():
    """Recevoir la question, et montrer la réponse."""
    question = request.form["question"]
    client = Client(SPACE, token=False)
    answer = client.predict(question, api_name=ENDPOINT)
    return render_template("page.html", question=question, answer=answer)
