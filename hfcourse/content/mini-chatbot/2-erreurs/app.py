"""Mini chatbot, programme 2 : des erreurs dites, une attente bornée."""

import os

from flask import Flask, render_template, request
from gradio_client import Client

from errors import explain_error

SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")
MAX_CHARACTERS = 2000
MAX_SECONDS = 60

app = Flask(__name__)


@app.get("/")
def show_page():
    """Montrer la page vide."""
    return render_template("page.html")


@app.post("/")
def answer_question():
    """Recevoir la question, et montrer la réponse."""
    question = request.form.get("question", "").strip()
    if not question or len(question) > MAX_CHARACTERS:
        error = f"Écrivez de 1 à {MAX_CHARACTERS} caractères."
        return render_template("page.html", question=question, error=error)
    try:
        answer = ask_space(question)
    except Exception as failure:
        print("Échec de l’appel :", repr(failure))
        error = explain_error(failure)
        return render_template("page.html", question=question, error=error)
    return render_template("page.html", question=question, answer=answer)


def ask_space(question):
    """Appeler le Space, sans l’attendre plus de MAX_SECONDS."""
    client = Client(SPACE, token=False, httpx_kwargs={"timeout": 20})
    job = client.submit(question, api_name=ENDPOINT)
    try:
        return job.result(timeout=MAX_SECONDS)
    except TimeoutError:
        job.cancel()  # laisser sa place dans la file du Space
        raise
