"""Mini chatbot : ce qui ne doit ni entrer, ni sortir."""

import re
from urllib.parse import urlsplit

from flask import abort, request

from errors import Refusal

MAX_CHARACTERS = 2000
MAX_FORM_BYTES = 100_000
TOKEN_PATTERN = re.compile(r"hf_\w{20,}")


def refuse_other_sites():
    """Refuser un formulaire posé sur un autre site (CSRF)."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403, "Ce formulaire vient d’un autre site.")


def add_headers(response):
    """N’autoriser dans la page que ce qui vient de notre serveur."""
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


# >>> masque
def mask_tokens(text):
    """Cacher ce qui ressemble à un jeton."""
    return TOKEN_PATTERN.sub("hf_••••", text)


# <<< masque


def check_question(question):
    """Refuser, avant tout appel, ce qui ne doit pas partir vers le Space."""
    if not question or len(question) > MAX_CHARACTERS:
        raise Refusal(f"Écrivez de 1 à {MAX_CHARACTERS} caractères.")
    if TOKEN_PATTERN.search(question):
        raise Refusal("Cette question contient un jeton : elle n’est pas partie.")
