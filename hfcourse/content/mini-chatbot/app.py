"""Un mini chatbot : le navigateur parle à ce serveur, qui appelle le Space."""

# >>> imports
import json
import os
import re
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock, Thread
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    redirect,
    render_template,
    request,
    session,
)
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError
from huggingface_hub import get_space_runtime

# <<< imports

# >>> reglages
SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")
# False : aucun jeton ne part, même si HF_TOKEN existe.
TOKEN = os.environ["HF_TOKEN"] if os.environ.get("WITH_TOKEN") == "yes" else False
# <<< reglages

# >>> limites
MOST_CHARACTERS = 2000
MOST_SECONDS = 60
MOST_VISITORS = 100
IDLE_SECONDS = 30 * 60
KEPT_TURNS = 50
LOOKS_LIKE_A_TOKEN = re.compile(r"hf_\w{20,}")
# <<< limites

# >>> application
app = Flask(__name__)
app.secret_key = secrets.token_hex()  # signe les cookies
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


@app.before_request
def refuse_other_sites():
    """Refuser un formulaire posé sur un autre site."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403)


# <<< application


# >>> phrases
class Trouble(Exception):
    """Ce qui empêche de répondre, dit en français."""


BROKEN = "Le Space est en panne. Essayez-en un autre."
STATES = {
    "SLEEPING": "Le Space dort. Ouvrez sa page sur le Hub, puis réessayez.",
    "BUILDING": "Le Space est en construction. Réessayez dans quelques minutes.",
    "APP_STARTING": "Le Space démarre. Réessayez dans une minute.",
    "PAUSED": "Le Space est en pause. Essayez-en un autre.",
}
SLOW = "Le Space n’a pas répondu à temps. Essayez un message plus court."
CROWDED = "Trop de monde attend devant ce Space. Réessayez dans une minute."
QUOTA = "Le quota de calcul est épuisé. Attendez, ou changez de Space."
HIDDEN = "Le Space s’est arrêté sur une erreur qu’il cache. Changez le message."
REFUSAL = "Le Space refuse ce message et dit pourquoi. {}"
NOT_FOUND = "Ce Space ou son point d’accès est introuvable. Vérifiez leurs noms."
UNREACHABLE = "Le Space est injoignable. Vérifiez son adresse et le réseau."
FAILURES = (
    (TimeoutError, "", SLOW),
    (QueueError, "", CROWDED),
    (AppError, "quota", QUOTA),
    (AppError, "verbose error reporting", HIDDEN),
    (AppError, "", REFUSAL),
    (ValueError, "", NOT_FOUND),
    (Exception, "", UNREACHABLE),
)


def sentence_for(error):
    """La phrase qui dit ce qui s’est passé, puis quoi faire."""
    said = str(error)
    if isinstance(error, Trouble):
        return said
    for kind, words, sentence in FAILURES:  # la première ligne qui convient
        if isinstance(error, kind) and words in said:
            return sentence.format(said)


# <<< phrases


# >>> visiteurs
@dataclass
class Visitor:
    """Un visiteur : sa session avec le Space, ses échanges, sa dernière visite."""

    client: Client | None = None
    turns: list = field(default_factory=list)
    seen: float = 0
    busy: Lock = field(default_factory=Lock)


visitors: dict[str, Visitor] = {}


def this_visitor():
    """Le visiteur que désigne le cookie, ou un nouveau."""
    forget_the_idle()
    name = session.setdefault("visitor", secrets.token_urlsafe())
    if name not in visitors and len(visitors) >= MOST_VISITORS:
        abort(503, "Trop de monde discute en ce moment. Réessayez plus tard.")
    visitor = visitors.setdefault(name, Visitor())
    visitor.seen = time.monotonic()
    return visitor


def forget_the_idle():
    """Oublier qui n’a rien écrit depuis une demi-heure."""
    for name, visitor in list(visitors.items()):
        if time.monotonic() - visitor.seen > IDLE_SECONDS:
            del visitors[name]
            leave(visitor)


def leave(visitor):
    """Fermer sa session avec le Space, sans faire attendre les autres."""
    if visitor.client:
        Thread(target=visitor.client.close).start()
        visitor.client = None


# <<< visiteurs


# >>> connexion
def connect():
    """Un client, donc une session avec le Space."""
    if not SPACE.startswith("http"):  # un Space du Hub : dans quel état est-il ?
        stage = get_space_runtime(SPACE, token=TOKEN).stage
        if not stage.startswith("RUNNING"):
            raise Trouble(STATES.get(stage, BROKEN))
    patience = {"timeout": 20}  # secondes de silence ; 5 par défaut, c’est peu
    return Client(
        SPACE,
        token=TOKEN,
        verbose=False,
        download_files=False,
        httpx_kwargs=patience,
    )


# <<< connexion


# >>> reponse
def check(message):
    """Refuser, avant tout appel, ce qui ne doit pas partir."""
    if not message or len(message) > MOST_CHARACTERS:
        raise Trouble(
            f"Écrivez un message de {MOST_CHARACTERS} caractères au plus."
        )
    if LOOKS_LIKE_A_TOKEN.search(message):
        raise Trouble(
            "Ce message ressemble à un jeton. Il n’est pas parti vers le Space."
        )


def answers(visitor, message):
    """La réponse qui grandit : chaque valeur est le texte entier jusque-là."""
    visitor.client = visitor.client or connect()
    job = visitor.client.submit(message, api_name=ENDPOINT)
    deadline = time.monotonic() + MOST_SECONDS
    try:
        while not job.done():
            if time.monotonic() > deadline:
                raise TimeoutError
            yield from map(str, job.outputs()[-1:])
            time.sleep(0.05)
        yield str(job.result())
    finally:
        if not job.done():
            job.cancel()


# <<< reponse


# >>> tour
def turn_by_turn(visitor, message):
    """Les états d’un tour de parole ; s’il échoue, le dernier est une phrase."""
    shown = LOOKS_LIKE_A_TOKEN.sub("hf_••••", message)
    turn = {"question": shown, "answer": "", "failed": False}
    visitor.turns = [*visitor.turns, turn][-KEPT_TURNS:]  # gardé, même interrompu
    try:
        check(message)
        if not visitor.busy.acquire(blocking=False):
            raise Trouble(
                "Une réponse est déjà en cours. Attendez qu’elle soit finie."
            )
        try:
            for text in answers(visitor, message):
                if text != turn["answer"]:
                    turn["answer"] = text
                    yield turn
        finally:
            visitor.busy.release()
    except Exception as error:
        app.logger.warning("Échec de l’appel : %s", type(error).__name__)
        if not isinstance(error, Trouble | AppError):
            leave(visitor)  # le prochain message ouvrira une session neuve
        turn |= {"answer": sentence_for(error), "failed": True}
        yield turn


# <<< tour


# >>> vues
@app.get("/")
def page():
    """La page, avec ce qui s’est déjà dit."""
    visitor = visitors.get(session.get("visitor", ""))
    return render_template("page.html", turns=visitor.turns if visitor else [])


@app.post("/")
def ask():
    """Sans JavaScript : la réponse entière, puis la page de nouveau."""
    for _ in turn_by_turn(this_visitor(), request.form.get("message", "").strip()):
        pass
    return redirect("/", 303)


# <<< vues


# >>> flux
@app.post("/flux")
def stream():
    """Avec JavaScript : chaque état de la réponse, dès qu’il arrive."""
    turns = turn_by_turn(this_visitor(), request.form.get("message", "").strip())
    events = (f"data: {json.dumps(turn)}\n\n" for turn in turns)
    return Response(events, mimetype="text/event-stream")


# <<< flux
