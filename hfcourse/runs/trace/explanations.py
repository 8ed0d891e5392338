"""One French sentence for a beginner on each kind of message. Pure."""

import re

from hfcourse.text.typography import typeset_french

# The route of a request at its actor, then what the request is for and what a successful response brings.
ROUTES = (
    (
        "hub",
        r"/api/whoami",
        "Le serveur demande au Hub à qui appartient le jeton.",
        "Le Hub répond par le nom du compte.",
    ),
    (
        "hub",
        r"/api/spaces/",
        "Le serveur demande au Hub où se trouve ce Space, et s'il est réveillé.",
        "Le Hub donne l'adresse du Space et son état.",
    ),
    (
        "space",
        r"/config$",
        "Le serveur demande au Space de se décrire : ses composants, et ce qui les relie.",
        "Le Space envoie la description de sa page.",
    ),
    (
        "space",
        r"/info$",
        "Le serveur demande la liste des endpoints, avec leurs paramètres : de quoi dessiner le formulaire.",
        "Le Space envoie la liste de ses endpoints.",
    ),
    (
        "space",
        r"/upload$",
        "Un fichier part vers le Space avant l'appel, qui n'en citera que le chemin.",
        "Le Space a rangé le fichier, et répond par le chemin qu'il lui a donné chez lui.",
    ),
    (
        "space",
        r"/queue/join$",
        "L'appel lui-même : vos valeurs partent, dans l'ordre des paramètres, vers la file du Space.",
        "Le Space accepte l'appel et lui donne un numéro, event_id. Le résultat viendra par un autre message.",
    ),
    (
        "space",
        r"/queue/data$",
        "Le serveur ouvre un flux : le Space y écrira chaque événement dès qu'il se produit.",
        "Le Space envoie ses événements l'un après l'autre, sur cette seule réponse.",
    ),
    (
        "space",
        r"/call/(v2/)?[^/]+$",
        "L'appel lui-même : les valeurs partent vers un point d'accès du Space, nommé à la fin de l'adresse.",
        "Le Space accepte l'appel et lui donne un numéro, event_id. Le résultat se lira par une autre requête.",
    ),
    (
        "space",
        r"/call/[^/]+/[^/]+$",
        "Le serveur vient lire le résultat : l'adresse finit par le numéro reçu, event_id.",
        "Le Space ouvre un flux, et y écrit ses événements l'un après l'autre.",
    ),
    (
        "space",
        r"/cancel$",
        "Le serveur prévient le Space que plus personne n'attend cet appel.",
        "Le Space a reçu la demande d'arrêt.",
    ),
    (
        "space",
        r"/(file|stream)[=/]",
        "Le résultat cite un fichier : le serveur va le chercher pour vous, car votre navigateur ne parle qu'à lui.",
        "Le Space envoie le fichier ; le serveur le vérifie avant de le garder.",
    ),
    ("space", r"^/?$", "Le serveur rend visite au Space pour le réveiller.", "Le Space a répondu à la visite."),
)
OTHER_REQUEST = "Le serveur envoie une requête."
OTHER_RESPONSE = "La réponse est arrivée."
STATUS_SENTENCES = {
    401: "Refus 401 : il faut un jeton, ou celui qui est venu n'est pas valable.",
    403: "Refus 403 : l'accès est interdit, avec ou sans jeton.",
    404: "Réponse 404 : rien ne se trouve à cette adresse.",
    413: "Refus 413 : le message est trop gros.",
    422: "Refus 422 : les valeurs ne conviennent pas à ce que le Space attend.",
    429: "Refus 429 : trop de requêtes en peu de temps.",
}
# Where a private Space hides itself (https://huggingface.co/docs/hub/spaces-overview).
HIDDEN_PATH = re.compile(r"/(config|info|queue/join)$|^/?$")
HIDDEN_PRIVATE = " Un Space privé répond aussi cela à qui ne montre pas de jeton valable."
SERVER_FAILURE = "Réponse {status} : le serveur d'en face n'a pas su répondre."
CLIENT_FAILURE = "Réponse {status} : la demande est refusée."
REDIRECTION = "Réponse {status} : l'adresse a changé. Notre serveur ne suit pas ce renvoi sans vérifier."
EVENTS = {
    "estimation": "L'appel attend dans la file du Space, qui estime sa place.",
    "process_starts": "Le Space commence le calcul.",
    "progress": "Le Space dit où il en est.",
    "log": "L'auteur du Space envoie un message d'information.",
    "heartbeat": "Rien de nouveau : le Space montre seulement que la connexion vit.",
    "process_generating": "Un morceau du résultat, sans attendre la fin.",
    "process_completed": "Le calcul est fini : voici le résultat, ou l'erreur.",
    "close_stream": "Le Space ferme le flux : il n'y aura plus d'événement.",
    "unexpected_error": "Le Space a rencontré une erreur qu'il n'attendait pas.",
    "generating": "Un morceau du résultat, sans attendre la fin.",
    "complete": "Le calcul est fini : voici le résultat.",
    "error": "Le calcul a échoué : c'est le dernier événement.",
}
OTHER_EVENT = "Un événement que le protocole de Gradio ne décrit pas."
ERRORS = {
    "timeout": "Aucune réponse dans le temps accordé : le serveur a cessé d'attendre.",
    "connection-lost": "La connexion a été refusée, ou coupée avant la fin.",
    "stopped": "L'essai a été arrêté pendant ce message : le serveur a fermé la connexion.",
    "answer-too-large": "La réponse dépassait la taille permise : le serveur a cessé de la lire.",
    "bad-answer": "La réponse n'avait pas la forme attendue : le serveur l'a refusée.",
    "closed": "Le serveur a fermé la connexion sans lire la suite.",
    "space-error": "L'auteur du Space annonce une erreur dans ses événements : elle met fin à l'essai.",
    "space-exception": "Le Space annonce une erreur dans ses événements, sans la détailler : elle met fin à l'essai.",
    "server-busy": "La mémoire de notre serveur était prise par d'autres appels : il a refusé de lire la suite.",
}
INTERRUPTIONS = {
    "timeout": "La réponse a commencé, puis n'a pas continué : le temps accordé est écoulé, le serveur a raccroché.",
    "connection-lost": "La réponse a commencé, puis la connexion s'est fermée avant la fin.",
}
OTHER_ERROR = "Ce qui est arrivé met fin à l'essai ({code}) : le serveur n'a pas lu la suite."
SUBJECTS = {"description": "la description du Space", "hub": "l'état du Space sur le Hub"}
NOTES = {
    "cached": "Déjà connu, rien demandé : {subject} était en mémoire depuis moins de dix minutes.",
    "shared": "Rien demandé ici : un autre essai demandait au même moment {subject}, et sa réponse a servi aux deux.",
    "refused": "Rien n'est parti pour demander {subject} : {rule}.",
}
RULES = {
    "bulkhead": "trop de demandes attendaient déjà dans notre serveur",
    "hub-limits": "notre serveur limite ses requêtes au Hub, qui n'en accepte qu'un certain nombre",
    "timeout": "le temps accordé était écoulé",
    "space-not-found": "ce site n'ouvre pas ce Space",
}
OTHER_RULE = "une règle de notre serveur l'a refusé ({code})"
CACHED_FAILURE = (
    "Rien demandé : la même demande venait d'échouer ({code}), et notre serveur attend avant de la refaire."
)


def explain_request(actor: str, path: str) -> str:
    """Return what a request to this path of an actor is for."""
    return typeset_french(find_route(actor, path)[0])


def explain_response(actor: str, path: str, status: int | None, error: str = "") -> str:
    """Return what a response with this status brings; of an exchange that was given up, why."""
    if status is not None and status >= 400:  # first: the error code only says what this status made of the run
        failure = SERVER_FAILURE if status >= 500 else CLIENT_FAILURE
        hidden = HIDDEN_PRIVATE if status == 404 and actor == "space" and HIDDEN_PATH.search(path) else ""
        return typeset_french((STATUS_SENTENCES.get(status) or failure.format(status=status)) + hidden)
    if error:
        interruption = INTERRUPTIONS.get(error) if status is not None and status < 300 else None
        return typeset_french(interruption or ERRORS.get(error) or OTHER_ERROR.format(code=error))
    if status is not None and status >= 300:
        return typeset_french(REDIRECTION.format(status=status))
    return typeset_french(find_route(actor, path)[1])


def find_route(actor: str, path: str) -> tuple[str, str]:
    """Return the sentences on the request and on the response of a route."""
    for each, pattern, asked, answered in ROUTES:
        if each == actor and re.search(pattern, path):
            return asked, answered
    return OTHER_REQUEST, OTHER_RESPONSE


def explain_event(message: str) -> str:
    """Return what an event of this kind (`msg`) says."""
    return typeset_french(EVENTS.get(message, OTHER_EVENT))


def explain_note(kind: str, subject: str, code: str) -> str:
    """Return why no message was needed, or which rule refused it."""
    if kind == "cached" and code:
        return typeset_french(CACHED_FAILURE.format(code=code))
    rule = RULES.get(code) or OTHER_RULE.format(code=code)
    return typeset_french(NOTES[kind].format(subject=SUBJECTS.get(subject, subject), rule=rule))
