"""What can go wrong, and how it is told: one code, one French sentence, one way out.

The exceptions that carry a code:

    CourseError            something that is explained to the student, never a traceback
    ├── Refused            before anything leaves the server: the form comes back with all that was typed
    ├── Unavailable        a Space, or the Hub, that cannot be asked or described
    │   ├── GatewayFailed  … because the proxy in front of the Space answers in its place
    │   └── HubFailed      … because the Hub, asked about Spaces, gave no good answer
    │       └── NotAsked   … because this site does not ask it now: nobody else need be told the same
    └── CallFailed         a call that was made and did not succeed
        ├── NotTaken       … because the Space did not even queue it: what we know of it may be out of date
        ├── NotValid       … because the Space's own validator refuses some of the values
        └── Stopped        … because the visitor stopped it; a status, not an error

Which code an exception gets is decided where it is raised; what a code says is decided here alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from hfcourse.text.typography import french
from hfcourse.web import template_globals
from hfcourse.web.security_log import log_event, log_status

SAID_CHARACTERS = 500

log = logging.getLogger(__name__)


class CourseError(Exception):
    """Base of all: `code` is one of EXPLANATIONS, `said` an author's own words (text, never HTML)."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said[:SAID_CHARACTERS].replace("\0", "")  # PostgreSQL keeps no text with a NUL

    @property
    def explanation(self) -> "Explanation":
        return EXPLANATIONS[self.code]


class Refused(CourseError):
    """A form that is refused; `fields` says what is wrong with which parameter."""

    def __init__(self, code: str, said: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code, said)
        self.fields = dict(fields or {})


class Unavailable(CourseError):
    """The Space cannot be reached or described now."""


class GatewayFailed(Unavailable):
    """The proxy in front of a Space answers in its place: the Space starts, is down or is overloaded."""

    @property
    def explanation(self) -> "Explanation":
        return GATEWAY_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class HubFailed(Unavailable):
    """The Hub was asked about Spaces and gave no good answer: what its codes say is then of the Hub."""

    @property
    def explanation(self) -> "Explanation":
        return HUB_EXPLANATIONS.get(self.code) or EXPLANATIONS[self.code]


class NotAsked(HubFailed):
    """The Hub was not asked: it is silent, asked us to wait, or was asked too often. Not remembered as an answer."""


class CallFailed(CourseError):
    """The call went out and no good answer came back."""


class NotTaken(CallFailed):
    """The Space did not queue the call: Gradio answers so (500) when it no longer has the endpoint's function."""


class NotValid(CallFailed):
    """The Space's validator refuses values: `fields` has its words by parameter name, '' where it says nothing."""

    def __init__(self, said: str, fields: Mapping[str, str]) -> None:
        super().__init__("invalid-input", said)
        self.fields = {name: words[:SAID_CHARACTERS].replace("\0", "") for name, words in fields.items()}


class Stopped(CallFailed):
    """The visitor stopped the call."""

    def __init__(self) -> None:
        super().__init__("stopped")


@dataclass(frozen=True)
class Explanation:
    """What a code says: a whole sentence, why, what to do next, and the status of a refused form."""

    sentence: str
    reason: str
    steps: tuple[str, ...]
    status: int = 200
    practice: bool = True  # is the practice Space a way out?


def explain(sentence: str, reason: str, *steps: str, status: int = 200, practice: bool = True) -> Explanation:
    return Explanation(french(sentence), french(reason), tuple(map(french, steps)), status, practice)


WAIT = "Patientez une minute, puis rouvrez la page du Space."
AGAIN = "Recommencez dans un instant : rien de ce que vous avez saisi n’est perdu."
OWNER = "Écrivez à son auteur dans l’onglet Community du Space, sur le Hub."
OTHER = "Choisissez un autre Space pour la même tâche."

EXPLANATIONS = {
    "space-not-found": explain(
        "Ce Space n’existe pas, ou il n’est pas visible d’ici.",
        "Son nom est peut-être mal écrit, le Space peut être privé, ou ce site n’ouvre que les Spaces de sa liste.",
        "Vérifiez l’orthographe : le nom s’écrit propriétaire/nom, comme dans l’adresse de sa page.",
        "Cherchez-en un autre sur la page des Spaces.",
        status=404,
    ),
    "space-private": explain(
        "Ce Space est privé.",
        "Seuls son propriétaire et les personnes invitées peuvent l’appeler.",
        OTHER,
    ),
    "space-sleeping": explain(
        "Ce Space dormait : il se réveille.",
        "Un Space que personne n’utilise s’endort pour libérer sa machine. Votre visite le réveille.",
        WAIT,
    ),
    "space-building": explain(
        "Ce Space est en construction.",
        "Le Hub installe l’application ; elle démarrera ensuite.",
        WAIT,
        OTHER,
    ),
    "space-paused": explain(
        "Ce Space est en pause.",
        "Son propriétaire l’a arrêté, et lui seul peut le relancer.",
        OWNER,
        OTHER,
    ),
    "space-broken": explain(
        "Ce Space est en panne.",
        "Son programme s’est arrêté sur une erreur ; rien de ce que vous avez saisi n’est en cause.",
        OWNER,
        OTHER,
    ),
    "space-login": explain(
        "Ce Space demande un mot de passe.",
        "Son auteur l’a protégé ; ce site ne saisit jamais de mot de passe à votre place.",
        "Si vous avez ce mot de passe, ouvrez le Space sur le Hub.",
        OTHER,
    ),
    "space-too-old": explain(
        "Ce Space utilise une version trop ancienne de Gradio.",
        "Il date de Gradio 3, ou des tout premiers Gradio 4 : il communique d’une façon que l’on n’emploie plus.",
        "Ouvrez-le sur le Hub pour l’essayer dans sa propre page.",
        OTHER,
    ),
    "no-api": explain(
        "Ce Space n’offre pas d’API.",
        "Seuls les Spaces Gradio dont l’auteur laisse l’API ouverte peuvent être appelés par un programme.",
        "Ouvrez-le sur le Hub pour l’essayer dans sa propre page.",
        OTHER,
    ),
    "endpoint-gone": explain(
        "Ce point d’accès n’existe pas dans ce Space.",
        "Son auteur l’a peut-être renommé ou retiré depuis que vous avez ouvert la page.",
        "Choisissez l’un des points d’accès de la liste, sur la page du Space.",
        status=404,
    ),
    "invalid-input": explain(
        "Une valeur ne convient pas.",
        "Le Space n’a donc rien calculé.",
        "Corrigez ce qui est signalé, puis relancez l’essai.",
        status=400,
        practice=False,
    ),
    "not-stored": explain(
        "Le site n’a pas pu garder ce que vous envoyez : rien n’est parti.",
        "Son disque est plein, ou ce qui garde ses données ne répond pas.",
        "Vos valeurs sont encore là : attendez une minute, choisissez de nouveau vos fichiers, puis relancez l’essai.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
        status=503,
        practice=False,
    ),
    "file-unreachable": explain(
        "Le site n’a pas pu lire un fichier qu’il garde.",
        "L’endroit où il range les fichiers ne répond pas, ou ce fichier n’y est plus.",
        "Attendez une minute, puis recommencez.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
        status=503,
        practice=False,
    ),
    "secret-in-input": explain(
        "Ce que vous avez saisi contient ce qui ressemble à un jeton : rien n’a été envoyé.",
        "Un jeton est un mot de passe. Il n’a rien à faire dans un formulaire, et ce site ne l’a pas conservé.",
        "S’il s’agit d’un vrai jeton, supprimez-le sur la page Access Tokens de Hugging Face.",
        "Effacez-le du champ, puis relancez l’essai.",
        status=400,
        practice=False,
    ),
    "space-error": explain(
        "Le Space a refusé ces valeurs, et son auteur dit pourquoi.",
        "Votre appel est bien arrivé : c’est le programme du Space qui répond par une erreur prévue.",
        "Lisez son message, changez les valeurs, puis relancez l’essai.",
        practice=False,
    ),
    "space-exception": explain(
        "Le programme du Space s’est arrêté sur une erreur qu’il ne montre pas.",
        "La plupart des Spaces cachent le détail de leurs erreurs. Une valeur inattendue en est souvent la cause.",
        "Essayez d’autres valeurs, par exemple celles que le formulaire propose au départ.",
        OWNER,
    ),
    "quota-exceeded": explain(
        "Le quota de calcul est épuisé pour le moment.",
        "Ce Space calcule sur des cartes graphiques partagées (ZeroGPU). Hugging Face en compte l’usage par jour, "
        "et toute la salle partage le même quota. Votre formulaire n’est pas en cause.",
        "Relancez l’essai demain : le quota revient vingt-quatre heures après son premier usage, et vos valeurs seront "
        "encore là.",
        "Choisissez en attendant un Space qui calcule sans carte graphique.",
    ),
    "too-many-requests": explain(
        "Trop d’appels sont partis d’ici en peu de temps.",
        "Hugging Face limite le nombre d’appels par adresse, et toute la salle partage la même.",
        "Attendez cinq minutes, puis recommencez : la limite se compte par tranches de cinq minutes.",
    ),
    "queue-full": explain(
        "La file d’attente du Space est pleine.",
        "Trop de personnes l’utilisent en ce moment.",
        "Patientez une minute, puis relancez l’essai.",
        OTHER,
    ),
    "timeout": explain(
        "Le Space n’a pas répondu à temps.",
        "Il est peut-être surchargé, ou le calcul demandé dure plus longtemps que ce site n’attend.",
        "Essayez des valeurs plus simples (un texte plus court, une image plus petite).",
        AGAIN,
    ),
    "connection-lost": explain(
        "La connexion avec le Space s’est coupée avant la fin.",
        "Il s’est arrêté, il redémarre, ou le réseau a fait défaut. Ce qui était déjà arrivé est gardé.",
        AGAIN,
    ),
    "hub-unreachable": explain(
        "Hugging Face est injoignable depuis ce serveur.",
        "Le réseau de l’établissement est peut-être coupé, ou bloque cette adresse.",
        "Prévenez la personne qui anime le cours.",
    ),
    "answer-too-large": explain(
        "L’échange avec le Space est trop volumineux.",
        "Ce que vous envoyez, ou ce que le Space répond, dépasse une limite. Ce qui était arrivé entier est gardé.",
        "Réduisez la demande : une image plus petite, une liste plus courte.",
    ),
    "bad-answer": explain(
        "Le Space a répondu quelque chose que ce site ne comprend pas.",
        "Sa réponse n’a pas la forme attendue ; rien de ce que vous avez saisi n’est en cause.",
        AGAIN,
        OTHER,
    ),
    "token-rejected": explain(
        "Hugging Face refuse le jeton de ce site.",
        "Il a expiré, ou il a été révoqué.",
        "Prévenez la personne qui anime le cours : elle seule peut le changer.",
    ),
    "limit-reached": explain(
        "Trop d’essais attendent déjà leur tour : le vôtre n’a pas été lancé.",
        "La file d’attente du site est pleine pour le moment, ou vos essais y tiennent toute votre part.",
        "Attendez une minute, puis relancez l’essai : vos valeurs sont encore dans le formulaire.",
        status=429,
        practice=False,
    ),
    "server-busy": explain(
        "Ce site reçoit trop de réponses à la fois : il n’a plus eu de mémoire pour celle de ce Space.",
        "D’autres essais, aux réponses volumineuses, étaient en cours. Le Space n’est pas en cause.",
        AGAIN,
        "Si cela se répète, demandez moins à la fois : une image plus petite, un texte plus court.",
        status=503,
    ),
    "calls-paused": explain(
        "Les appels sont en pause pour toute la classe.",
        "La personne qui anime le cours les a suspendus.",
        "Attendez qu’elle les rouvre.",
        practice=False,
    ),
    "practice-unavailable": explain(
        "Le Space d’entraînement n’a pas pu démarrer.",
        "Le programme qui le fait tourner s’est arrêté. Le journal du site en donne la cause.",
        "Prévenez la personne qui anime le cours, puis rechargez la page.",
        practice=False,
    ),
}

# The same codes where the proxy in front of a Space answers for it.
LATER = "Attendez une minute, puis recommencez : rien de ce que vous avez saisi n’est perdu."
GATEWAY_EXPLANATIONS = {
    "connection-lost": explain(
        "Ce Space ne répond pas : le serveur placé devant lui ne parvient pas à le joindre.",
        "Il démarre ou redémarre, ou bien il s’est arrêté.",
        LATER,
        OTHER,
    ),
    "timeout": explain(
        "Ce Space n’a pas répondu à temps au serveur placé devant lui.",
        "Trop de personnes l’utilisent en ce moment, il démarre, ou le calcul demandé est trop long.",
        LATER,
        "Essayez des valeurs plus simples (un texte plus court, une image plus petite).",
        OTHER,
    ),
    "space-sleeping": explain(
        "Ce Space n’est pas encore prêt à répondre : il démarre.",
        "Le serveur placé devant lui répond à sa place, comme il le fait aussi quand trop de personnes l’utilisent.",
        LATER,
        OTHER,
    ),
}

# The same codes where it is the Hub that gave no good answer.
HUB_EXPLANATIONS = {
    "too-many-requests": explain(
        "Trop d’appels sont partis d’ici en peu de temps.",
        "Hugging Face limite le nombre de demandes par adresse, et toute la salle partage la même.",
        "Attendez quelques minutes, puis recommencez.",
        "Ouvrez en attendant un Space de la liste : ceux que le site connaît déjà s’ouvrent encore.",
    ),
    "timeout": explain(
        "Hugging Face n’a pas répondu à temps.",
        "Le Hub est surchargé, ou le réseau de l’établissement est lent.",
        "Recommencez dans un instant.",
    ),
    "bad-answer": explain(
        "Hugging Face a répondu quelque chose que ce site ne comprend pas.",
        "Le réseau de l’établissement répond peut-être à sa place, ou le Hub a changé.",
        "Recommencez dans un instant ; si cela se répète, prévenez la personne qui anime le cours.",
    ),
    "answer-too-large": explain(
        "La réponse de Hugging Face est trop volumineuse.",
        "Elle dépasse ce que ce site accepte de lire.",
        "Cherchez des mots plus précis, ou ouvrez un autre Space.",
    ),
}

UPLOAD_TOO_LARGE = explain(
    "Ce que vous envoyez est trop gros.",
    "Le site limite la taille des fichiers qu’il reçoit.",
    "Choisissez un fichier plus léger : le reste du formulaire est encore là.",
    status=413,
    practice=False,
)
FORM_EXPIRED = explain(
    "Cette page n’a pas pu prouver que l’envoi vient de vous.",
    "Le cookie du site qui le prouve manque : il a été effacé, ou votre navigateur le refuse.",
    "Vos valeurs sont encore là : relancez l’essai.",
    "Si cela se répète, autorisez les cookies de ce site dans votre navigateur.",
    status=400,
    practice=False,
)

FORM_EXPIRED_WITHOUT_FILES = explain(
    FORM_EXPIRED.sentence,
    FORM_EXPIRED.reason,
    "Vos textes sont encore là ; aucun fichier n’a été gardé : choisissez-les de nouveau, puis relancez l’essai.",
    FORM_EXPIRED.steps[-1],
    status=400,
    practice=False,
)

FORM_CHANGED = explain(
    "Le formulaire de ce Space a changé depuis cet essai : rien n’a été envoyé.",
    "Son auteur a ajouté, retiré ou renommé des champs. Ceux qui portent encore le même nom ont gardé vos valeurs.",
    "Relisez le formulaire, complétez-le, puis lancez l’essai.",
    status=400,
    practice=False,
)

TOO_MANY_NEW_VISITORS = explain(
    "Trop de nouveaux visiteurs répondent en même temps depuis votre réseau : cette réponse n’a pas été gardée.",
    "Le site limite ce qu’une même adresse peut lui faire garder d’un coup.",
    "Attendez une minute, revenez en arrière, puis répondez de nouveau.",
    "Si cela dure, autorisez les cookies de ce site dans votre navigateur : il vous reconnaîtra.",
    status=429,
    practice=False,
)

FILE_GONE = explain(
    "Ce fichier n’est plus là.",
    "Il a été supprimé de l’endroit où le site range les fichiers.",
    "Relancez l’essai pour l’obtenir de nouveau.",
    status=404,
    practice=False,
)

HTTP_EXPLANATIONS = {
    400: explain(
        "Votre navigateur a envoyé une demande que le site ne comprend pas.",
        "La page d’où elle vient a peut-être changé depuis.",
        "Rechargez la page, puis recommencez.",
    ),
    404: explain(
        "Cette page n’existe pas.",
        "L’adresse est peut-être incomplète, ou la page a changé de place.",
        "Repartez du cours ou de la liste des Spaces.",
    ),
    405: explain(
        "Cette adresse ne s’ouvre pas de cette façon.",
        "Elle attend l’envoi d’un formulaire, ou n’en accepte pas.",
        "Revenez à la page précédente et utilisez son bouton.",
    ),
    413: explain(
        "Ce que vous envoyez est trop gros.",
        "Le site limite la taille d’un envoi et le nombre de ses champs.",
        "Revenez en arrière : votre navigateur a gardé le formulaire.",
        "Choisissez un fichier plus léger, ou moins de lignes.",
    ),
    500: explain(
        "Le site a rencontré une erreur.",
        "Vous n’y êtes pour rien ; elle est notée dans le journal du site.",
        "Revenez en arrière et recommencez.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
    ),
    503: explain(
        "Le site ne parvient pas à lire ou à garder ce que vous demandez.",
        "Sa base de données ne répond pas, ou son disque est plein ; c’est noté dans le journal du site.",
        "Recommencez dans une minute : dès que la cause a disparu, tout reprend, et vos essais sont là.",
        "Si l’erreur dure, prévenez la personne qui anime le cours.",
    ),
}
CSRF_EXPLANATION = explain(
    FORM_EXPIRED.sentence,
    FORM_EXPIRED.reason,
    "Revenez en arrière, rechargez la page, puis renvoyez le formulaire.",
    FORM_EXPIRED.steps[-1],
)


def is_fragment() -> bool:
    """Does a script of the page ask for a part of it?"""
    return request.headers.get("HX-Request") == "true" or template_globals.is_in_lesson()


def error_page(status: int, explanation: Explanation) -> tuple[str, int]:
    """The page of an error, or its fragment where a script of ours asked."""
    template = "_error.html" if is_fragment() else "error.html"
    return render_template(template, status=status, explanation=explanation), status


def init_app(app: Flask) -> None:
    """Answer every HTTP error in French; a CSRF failure says what happened."""

    @app.errorhandler(CSRFError)
    def refuse_forged(_error: CSRFError) -> tuple[str, int]:
        log_event("csrf_refused")
        return error_page(400, CSRF_EXPLANATION)

    @app.errorhandler(HTTPException)
    def tell(error: HTTPException):  # redirects pass through here too
        status = error.code or 500
        if status < 400:
            return error
        log_status(status)
        return error_page(status, HTTP_EXPLANATIONS.get(status, HTTP_EXPLANATIONS[400 if status < 500 else 500]))

    @app.errorhandler(OperationalError)
    def without_database(error: OperationalError) -> tuple[str, int]:
        log.error("The database failed: %s", type(error.orig).__name__)
        return error_page(503, HTTP_EXPLANATIONS[503])

    # The last resort for a value that no check has refused and that a database cannot take: a NUL, a lone surrogate,
    # a number beyond 64 bits. What was asked for by such a value does not exist.
    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    @app.errorhandler(UnicodeEncodeError)
    def refuse_value(error: Exception) -> tuple[str, int]:
        log.warning("A value of a request cannot be stored or compared: %s", type(error).__name__)
        return error_page(400, HTTP_EXPLANATIONS[400])

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> tuple[str, int]:
        return error_page(error.explanation.status, error.explanation)
