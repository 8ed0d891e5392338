"""Error handlers: render HTTP errors, rejected forms and database failures in French, as page or fragment."""

import logging

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from hfcourse.error_messages import ErrorExplanation, make_explanation
from hfcourse.errors import SpaceUnavailable
from hfcourse.web import template_globals
from hfcourse.web.security_log import log_event, log_status

log = logging.getLogger(__name__)

UPLOAD_TOO_LARGE = make_explanation(
    "Ce que vous envoyez est trop gros.",
    "Le site limite la taille des fichiers qu’il reçoit.",
    "Choisissez un fichier plus léger : le reste du formulaire est encore là.",
    status=413,
    practice=False,
)
FORM_EXPIRED = make_explanation(
    "Cette page n’a pas pu prouver que l’envoi vient de vous.",
    "Le cookie du site qui le prouve manque : il a été effacé, ou votre navigateur le refuse.",
    "Vos valeurs sont encore là : relancez l’essai.",
    "Si cela se répète, autorisez les cookies de ce site dans votre navigateur.",
    status=400,
    practice=False,
)

FORM_EXPIRED_WITHOUT_FILES = make_explanation(
    FORM_EXPIRED.sentence,
    FORM_EXPIRED.reason,
    "Vos textes sont encore là ; aucun fichier n’a été gardé : choisissez-les de nouveau, puis relancez l’essai.",
    FORM_EXPIRED.steps[-1],
    status=400,
    practice=False,
)

FORM_CHANGED = make_explanation(
    "Le formulaire de ce Space a changé depuis cet essai : rien n’a été envoyé.",
    "Son auteur a ajouté, retiré ou renommé des champs. Ceux qui portent encore le même nom ont gardé vos valeurs.",
    "Relisez le formulaire, complétez-le, puis lancez l’essai.",
    status=400,
    practice=False,
)

TOO_MANY_NEW_VISITORS = make_explanation(
    "Trop de nouveaux visiteurs répondent en même temps depuis votre réseau : cette réponse n’a pas été gardée.",
    "Le site limite ce qu’une même adresse peut lui faire garder d’un coup.",
    "Attendez une minute, revenez en arrière, puis répondez de nouveau.",
    "Si cela dure, autorisez les cookies de ce site dans votre navigateur : il vous reconnaîtra.",
    status=429,
    practice=False,
)

FILE_GONE = make_explanation(
    "Ce fichier n’est plus là.",
    "Il a été supprimé de l’endroit où le site range les fichiers.",
    "Relancez l’essai pour l’obtenir de nouveau.",
    status=404,
    practice=False,
)

HTTP_EXPLANATIONS = {
    400: make_explanation(
        "Votre navigateur a envoyé une demande que le site ne comprend pas.",
        "La page d’où elle vient a peut-être changé depuis.",
        "Rechargez la page, puis recommencez.",
    ),
    404: make_explanation(
        "Cette page n’existe pas.",
        "L’adresse est peut-être incomplète, ou la page a changé de place.",
        "Repartez du cours ou de la liste des Spaces.",
    ),
    405: make_explanation(
        "Cette adresse ne s’ouvre pas de cette façon.",
        "Elle attend l’envoi d’un formulaire, ou n’en accepte pas.",
        "Revenez à la page précédente et utilisez son bouton.",
    ),
    413: make_explanation(
        "Ce que vous envoyez est trop gros.",
        "Le site limite la taille d’un envoi et le nombre de ses champs.",
        "Revenez en arrière : votre navigateur a gardé le formulaire.",
        "Choisissez un fichier plus léger, ou moins de lignes.",
    ),
    500: make_explanation(
        "Le site a rencontré une erreur.",
        "Vous n’y êtes pour rien ; elle est notée dans le journal du site.",
        "Revenez en arrière et recommencez.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
    ),
    503: make_explanation(
        "Le site ne parvient pas à lire ou à garder ce que vous demandez.",
        "Sa base de données ne répond pas, ou son disque est plein ; c’est noté dans le journal du site.",
        "Recommencez dans une minute : dès que la cause a disparu, tout reprend, et vos essais sont là.",
        "Si l’erreur dure, prévenez la personne qui anime le cours.",
    ),
}
CSRF_EXPLANATION = make_explanation(
    FORM_EXPIRED.sentence,
    FORM_EXPIRED.reason,
    "Revenez en arrière, rechargez la page, puis renvoyez le formulaire.",
    FORM_EXPIRED.steps[-1],
)


def render_error_page(status: int, explanation: ErrorExplanation) -> tuple[str, int]:
    """Render an error as a page, or as a fragment for a try-it block of a lesson."""
    template = "_error.html" if template_globals.is_in_lesson() else "error.html"
    return render_template(template, status=status, explanation=explanation), status


def init_app(app: Flask) -> None:
    """Register the error handlers."""

    @app.errorhandler(CSRFError)
    def handle_csrf_error(_error: CSRFError) -> tuple[str, int]:
        log_event("csrf_refused")
        return render_error_page(400, CSRF_EXPLANATION)

    @app.errorhandler(HTTPException)
    def handle_http_error(error: HTTPException) -> ResponseReturnValue:  # redirects are HTTPExceptions too
        status = error.code or 500
        if status < 400:
            return error
        log_status(status)
        return render_error_page(status, HTTP_EXPLANATIONS.get(status, HTTP_EXPLANATIONS[400 if status < 500 else 500]))

    @app.errorhandler(OperationalError)
    def handle_database_error(error: OperationalError) -> tuple[str, int]:
        log.error("The database failed: %s", type(error.orig).__name__)
        return render_error_page(503, HTTP_EXPLANATIONS[503])

    # Fallback for a value that passed validation but that the database cannot store: a NUL, a lone surrogate, a number
    # beyond 64 bits. No record can match it.
    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    @app.errorhandler(UnicodeEncodeError)
    def handle_unstorable_value(error: Exception) -> tuple[str, int]:
        log.warning("A value of a request cannot be stored or compared: %s", type(error).__name__)
        return render_error_page(400, HTTP_EXPLANATIONS[400])

    @app.errorhandler(SpaceUnavailable)
    def handle_space_unavailable(error: SpaceUnavailable) -> tuple[str, int]:
        return render_error_page(error.explanation.status, error.explanation)
