"""Mini chatbot, programme 5 : prêt à être mis en ligne."""

import json
import os
import secrets

from flask import Flask, Response, redirect, render_template, request

from errors import Refusal, explain_error
from protection import (
    MAX_FORM_BYTES,
    add_headers,
    check_question,
    mask_tokens,
    refuse_other_sites,
)
from space import ask_space, open_client
from visitors import MAX_TURNS, close_client, find_visitor, get_turns

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_hex()
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
app.before_request(refuse_other_sites)
app.after_request(add_headers)


@app.get("/")
def show_page():
    """Montrer la conversation du visiteur."""
    return render_template("page.html", turns=get_turns())


@app.post("/")
def answer_question():
    """Sans JavaScript : attendre toute la réponse, puis renvoyer vers la page."""
    question = request.form.get("question", "").strip()
    for _ in add_turn(find_visitor(), question):
        pass
    return redirect("/", code=303)


@app.post("/flux")
def stream_answer():
    """Avec JavaScript : envoyer une ligne de JSON à chaque étape."""
    question = request.form.get("question", "").strip()
    steps = add_turn(find_visitor(), question)
    lines = (json.dumps(step) + "\n" for step in steps)
    return Response(lines, mimetype="application/x-ndjson")


def add_turn(visitor, question):
    """Ajouter un échange à la conversation, et le livrer à chaque étape."""
    turn = {"question": mask_tokens(question), "answer": "", "error": ""}
    visitor.turns = [*visitor.turns, turn][-MAX_TURNS:]
    try:
        check_question(question)
        for text in answer_one_at_a_time(visitor, question):
            turn["answer"] = mask_tokens(str(text))
            yield turn
    except Exception as failure:
        app.logger.warning("Échec de l’appel : %s", type(failure).__name__)
        turn["error"] = mask_tokens(explain_error(failure))
        if not isinstance(failure, Refusal):
            close_client(visitor)  # la prochaine question ouvrira un client neuf
        yield turn


def answer_one_at_a_time(visitor, question):
    """Appeler le Space, sauf si une réponse à ce visiteur est déjà en cours."""
    if not visitor.busy.acquire(blocking=False):
        raise Refusal("Une réponse est déjà en cours. Attendez qu’elle soit finie.")
    try:
        visitor.client = visitor.client or open_client()
        yield from ask_space(visitor.client, question)
    finally:
        visitor.busy.release()
