"""Mini chatbot, programme 4 : la réponse s’écrit à mesure."""

import json
import os
import secrets
import time

from flask import Flask, Response, redirect, render_template, request, session
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
    for _ in add_turn(find_visitor(), question):
        pass
    return redirect("/", code=303)


@app.post("/flux")
def stream_answer():
    """Envoyer au script une ligne de JSON à chaque étape."""
    question = request.form.get("question", "").strip()
    steps = add_turn(find_visitor(), question)
    lines = (json.dumps(step) + "\n" for step in steps)
    return Response(lines, mimetype="application/x-ndjson")


def add_turn(visitor, question):
    """Ajouter un échange à la conversation."""
    turn = {"question": question, "answer": "", "error": ""}
    visitor["turns"].append(turn)
    if not question or len(question) > MAX_CHARACTERS:
        turn["error"] = f"Écrivez de 1 à {MAX_CHARACTERS} caractères."
        yield turn
        return
    try:
        for text in ask_space(visitor, question):
            turn["answer"] = text
            yield turn
    except Exception as failure:
        print("Échec de l’appel :", repr(failure))
        turn["error"] = explain_error(failure)
        visitor["client"] = None  # la prochaine question ouvrira un client neuf
        yield turn


def ask_space(visitor, question):
    """Appeler le Space, sans l’attendre plus de MAX_SECONDS."""
    if visitor["client"] is None:
        visitor["client"] = Client(SPACE, token=False, httpx_kwargs={"timeout": 20})
    job = visitor["client"].submit(question, api_name=ENDPOINT)
    deadline = time.monotonic() + MAX_SECONDS
    sent = 0
    try:
        while not job.done():
            if time.monotonic() > deadline:
                raise TimeoutError
            if len(job.outputs()) > sent:
                sent = len(job.outputs())
                yield job.outputs()[-1]
            time.sleep(0.05)
        yield job.result()
    finally:
        if not job.done():
            job.cancel()  # laisser sa place dans la file du Space
