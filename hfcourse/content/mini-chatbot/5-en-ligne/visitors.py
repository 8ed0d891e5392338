"""Mini chatbot : les visiteurs, en nombre limité, oubliés quand ils s’en vont."""

import secrets
import time
from dataclasses import dataclass, field
from threading import Lock, Thread

from flask import abort, session
from gradio_client import Client

MAX_VISITORS = 100
MAX_TURNS = 50
MAX_IDLE_SECONDS = 30 * 60
visitors = {}


@dataclass
class Visitor:
    """Un visiteur : son client, ses échanges, l’heure de sa dernière question."""

    client: Client | None = None
    turns: list = field(default_factory=list)
    last_seen: float = 0
    busy: Lock = field(default_factory=Lock)


def get_turns():
    """Lire la conversation que désigne le cookie, sans inscrire personne."""
    visitor = visitors.get(session.get("visitor"))
    return visitor.turns if visitor else []


def find_visitor():
    """Retrouver le visiteur d’après son cookie, ou l’inscrire s’il y a place."""
    forget_idle_visitors()
    if session.get("visitor") not in visitors:
        if len(visitors) >= MAX_VISITORS:
            abort(503, "Trop de monde discute en ce moment. Réessayez plus tard.")
        session["visitor"] = secrets.token_hex()
        visitors[session["visitor"]] = Visitor()
    visitor = visitors[session["visitor"]]
    visitor.last_seen = time.monotonic()
    return visitor


def forget_idle_visitors():
    """Oublier les visiteurs qui n’ont rien demandé depuis une demi-heure."""
    for name, visitor in list(visitors.items()):
        if time.monotonic() - visitor.last_seen > MAX_IDLE_SECONDS:
            visitors.pop(name, None)
            close_client(visitor)


def close_client(visitor):
    """Fermer la session avec le Space, sans faire attendre personne."""
    if visitor.client:
        Thread(target=visitor.client.close).start()
        visitor.client = None
