"""Mini chatbot, programme 3 : chaque visiteur a sa conversation."""

import os
import secrets

from flask import Flask, redirect, render_template, request, session
from gradio_client import Client

from errors import explain_error

SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")
MAX_CHARACTERS = 2000
MAX_SECONDS = 60

app = Flask(__name__)
app.secret_key = secrets.token_hex()
visitors = {}


def find_visitor():
    """Retrouver le visiteur d’après son cookie, ou en inscrire un nouveau."""
    if session.get("visitor") not in visitors:
        session["visitor"] = secrets.token_hex()
        visitors[session["visitor"]] = {"client": None, "turns": []}
    return visitors[session["visitor"]]


@app.get("/")
def show_page():
    """Montrer la conversation du visiteur."""
    return render_template("page.html", turns=find_visitor()["turns"])


@app.post("/")
def answer_question():
    """Recevoir la question, y répondre, puis renvoyer vers la page."""
    question = request.form.get("question", "").strip()
    add_turn(find_visitor(), question)
    return redirect("/", code=303)


def add_turn(visitor, question):
    """Ajouter un échange à la conversation."""
    turn = {"question": question, "answer": "", "error": ""}
    visitor["turns"].append(turn)
    if not question or len(question) > MAX_CHARACTERS:
        turn["error"] = f"Écrivez de 1 à {MAX_CHARACTERS} caractères."
        return
    try:
        turn["answer"] = ask_space(visitor, question)
    except Exception as failure:
        print("Échec de l’appel :", repr(failure))
        turn["error"] = explain_error(failure)
        visitor["client"] = None  # la prochaine question ouvrira un client neuf


def ask_space(visitor, question):
    """Appeler le Space, sans l’attendre plus de MAX_SECONDS."""
    if visitor["client"] is None:
        visitor["client"] = Client(SPACE, token=False, httpx_kwargs={"timeout": 20})
    job = visitor["client"].submit(question, api_name=ENDPOINT)
    try:
        return job.result(timeout=MAX_SECONDS)
    except TimeoutError:
        job.cancel()  # laisser sa place dans la file du Space
        raise
