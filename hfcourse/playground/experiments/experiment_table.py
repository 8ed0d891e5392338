"""The experiments that the course offers, in teaching order. Pure."""

from typing import Any

from hfcourse.playground.experiments.experiment import (
    EVENT_ID_FIELD,
    SILENT_STEP_TIMEOUT_SECONDS,
    STEP_TIMEOUT_SECONDS,
    Experiment,
    Outcome,
    RequestStep,
    make_experiment,
)

API_ROOT = "/gradio_api/call"
# Of clear form: nobody takes it for a token, and no search for secrets finds it.
INVENTED_TOKEN = "hf_INVENTE"  # noqa: S105 (no secret)
INVENTED_TOKEN_HEADER = ("X-HF-Authorization", f"Bearer {INVENTED_TOKEN}")


def make_call_step(
    endpoint: str, body: dict[str, Any], prefix: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> RequestStep:
    """Return the request that makes a call with named values."""
    return RequestStep("POST", f"{prefix}{API_ROOT}/v2/{endpoint}", body, headers)


def make_reading_step(endpoint: str, prefix: str = "", timeout_seconds: float = STEP_TIMEOUT_SECONDS) -> RequestStep:
    """Return the request that reads the result of the call."""
    return RequestStep("GET", f"{prefix}{API_ROOT}/{endpoint}/{EVENT_ID_FIELD}", timeout_seconds=timeout_seconds)


WRONG_ENDPOINT = make_experiment(
    "mauvais-endpoint",
    "Un point d'accès mal écrit",
    situation=(
        "Le Space d'entraînement a un point d'accès `/saluer`. Notre serveur va l'appeler en se trompant d'une "
        "lettre : `/saluez`."
    ),
    question="Que va répondre le Space ?",
    choices=(
        (
            "404 : rien ne se trouve à cette adresse.",
            "Un site ordinaire dirait cela. Ici, l'adresse commence comme il faut, par `/gradio_api/call/v2/` : Gradio "
            "prend la requête, et n'échoue qu'ensuite, en cherchant la fonction.",
        ),
        (
            "500 : le serveur a eu un problème.",
            "Gradio cherche une fonction de ce nom, n'en trouve pas, et laisse l'erreur remonter : 500, sans "
            "explication.",
        ),
        (
            "200, avec un numéro `event_id` ; l'erreur viendra à la lecture.",
            "Un numéro est celui d'un appel entré dans la file. Celui-ci n'y entre pas.",
        ),
    ),
    right=1,
    explanation=(
        "Un code qui commence par 5 veut dire d'habitude « la panne est chez moi ». Ici, la faute est pourtant dans "
        "la requête : devant un 500, relisez d'abord ce que vous envoyez.",
        "Les clients Python et JavaScript vous épargnent ce piège. Ils demandent d'abord la liste des points d'accès, "
        "et refusent un nom inconnu avant que rien ne parte. Avec cURL ou `fetch`, copiez le nom du panneau "
        "« Utiliser via API ».",
    ),
    steps=(make_call_step("saluez", {"prenom": "Awa", "tutoyer": True}), make_reading_step("saluez")),
    outcome=Outcome((500,)),
)

MISSING_PARAMETER = make_experiment(
    "parametre-manquant",
    "Un paramètre oublié",
    situation=(
        "`/saluer` a deux paramètres : `prenom`, et `tutoyer`, qui a une valeur par défaut. Notre serveur va envoyer "
        "`tutoyer` et oublier `prenom`."
    ),
    question="Que va répondre le Space ?",
    choices=(
        (
            "200, puis un bonjour sans prénom.",
            "Gradio n'invente pas de valeur : un paramètre sans valeur par défaut est obligatoire.",
        ),
        (
            "400 ou 422, avec le nom du paramètre qui manque.",
            "Beaucoup d'API ont cette politesse. Gradio, lui, n'écrit le nom que dans le journal du Space, et seul son "
            "propriétaire le lit.",
        ),
        (
            "500, aussitôt, sans dire ce qui manque.",
            "Les noms sont vérifiés à l'entrée : l'appel n'est pas mis dans la file, et il n'y a rien à lire ensuite.",
        ),
    ),
    right=2,
    explanation=(
        "C'est la même réponse que pour un point d'accès mal écrit : un 500 de Gradio, au premier message, ne dit pas "
        "laquelle des deux fautes vous avez faite. Comparez votre JSON avec la liste du panneau, un nom après l'autre.",
        "Sans `tutoyer`, au contraire, l'appel aurait réussi : Gradio aurait pris la valeur par défaut.",
    ),
    steps=(make_call_step("saluer", {"tutoyer": True}), make_reading_step("saluer")),
    outcome=Outcome((500,)),
)

WRONG_TYPE = make_experiment(
    "mauvais-type",
    "Un mot à la place d'un nombre",
    situation=(
        "`/calculer` divise le nombre `a` par le nombre `b`. Notre serveur va lui donner, pour `a`, le mot « douze »."
    ),
    question="Que va-t-il se passer ?",
    choices=(
        (
            "500 dès le premier message, comme pour un paramètre oublié.",
            "À l'entrée, Gradio vérifie les noms. Il ne convertit les valeurs que plus tard, au moment du calcul.",
        ),
        (
            "200 et un numéro `event_id`, puis un événement `error` sans explication.",
            "L'appel entre dans la file, et n'échoue que lorsque vient son tour.",
        ),
        (
            "200 et un numéro `event_id`, puis le résultat, 3.",
            "Pour Gradio, « douze » est un texte comme un autre : il n'en fait pas un nombre.",
        ),
    ),
    right=1,
    explanation=(
        "Le 200 du premier message dit seulement : « l'appel est dans la file ». Si le calcul réussit ou échoue, c'est "
        "le flux qui l'apprend. Un programme qui ne regarde que le premier code croit que tout va bien.",
        '`{"error": null}` : le Space cache ses erreurs imprévues, comme presque tous. '
        "Une erreur prévue par l'auteur, telle qu'une division par zéro, arrive au contraire avec son message.",
    ),
    steps=(
        make_call_step("calculer", {"a": "douze", "operation": "division", "b": 4}),
        make_reading_step("calculer"),
    ),
    outcome=Outcome((200, 200), last_event="error"),
)

INVALID_TOKEN = make_experiment(
    "jeton-invalide",
    "Un jeton qui n'est pas valable",
    situation=(
        "Un Space privé demande un jeton. Notre serveur va en montrer un qui n'existe pas, "
        f"`{INVENTED_TOKEN}`, dans l'en-tête `X-HF-Authorization`."
    ),
    question="Que va répondre le Space privé ?",
    choices=(
        (
            "401 : « je ne sais pas qui vous êtes ».",
            "Le jeton est lu, cherché, et inconnu : celui qui appelle n'a pas prouvé qui il est.",
        ),
        (
            "403 : « je sais qui vous êtes, et c'est non ».",
            "Il faudrait un vrai jeton, à qui manque un droit. Celui-ci n'est le jeton de personne.",
        ),
        (
            "404 : comme si le Space n'existait pas.",
            "C'est ce que reçoit un appel sans aucun jeton : un Space privé ne dit pas qu'il existe.",
        ),
    ),
    right=0,
    explanation=(
        "Ce code et ce message sont ceux du Hub devant un jeton qu'il ne connaît pas. Ils ne disent pas s'il est mal "
        "copié, annulé ou inventé : un voleur n'y apprend rien. S'ils vous arrivent, vérifiez la valeur dans `.env` ; "
        "au besoin, faites un nouveau jeton.",
        "Regardez aussi où voyage un jeton : dans un en-tête de la requête, de notre serveur au Space. Votre "
        "navigateur, lui, n'a envoyé que votre prédiction.",
    ),
    steps=(
        make_call_step("saluer", {"prenom": "Awa", "tutoyer": True}, "/prive", (INVENTED_TOKEN_HEADER,)),
        make_reading_step("saluer", "/prive"),
    ),
    outcome=Outcome((401,)),
    role=(
        "Le Space d'entraînement n'est pas privé : à l'adresse `/prive/`, il joue la porte d'un Space privé de Hugging "
        "Face. Le jeton est inventé ; celui de ce site, s'il en a un, n'est pas envoyé."
    ),
)

SECOND_READING = make_experiment(
    "deuxieme-lecture",
    "Le même numéro, lu deux fois",
    situation=(
        "Notre serveur appelle `/saluer`, et lit le résultat grâce au numéro reçu, `event_id`. Puis il le lit encore."
    ),
    question="Que donne la deuxième lecture ?",
    choices=(
        (
            "Le même résultat que la première.",
            "Le Space ne garde pas ce qu'il a livré : la première lecture a tout emporté.",
        ),
        (
            "Une erreur : ce numéro n'existe plus.",
            "À un numéro qu'il n'a jamais donné, Gradio répond par une erreur. Celui-ci a existé, et il l'accepte.",
        ),
        (
            "200, puis plus rien.",
            "Le Space ouvre le flux, et n'a rien à y écrire.",
        ),
    ),
    right=2,
    explanation=(
        f"Le code 200 est arrivé tout de suite, puis le silence. Notre serveur a cessé d'attendre au bout de "
        f"{SILENT_STEP_TIMEOUT_SECONDS} secondes : c'est la limite qu'il s'était donnée. Sans elle, il attendrait "
        "encore.",
        "Lisez donc chaque numéro une seule fois, et gardez ce que vous avez lu. Et donnez une limite de temps à toute "
        "lecture : `--max-time` pour cURL, `timeout=` en Python.",
    ),
    steps=(
        make_call_step("saluer", {"prenom": "Awa", "tutoyer": True}),
        make_reading_step("saluer"),
        make_reading_step("saluer", timeout_seconds=SILENT_STEP_TIMEOUT_SECONDS),
    ),
    outcome=Outcome((200, 200, 200), error="timeout"),
)

CUT_ANSWER = make_experiment(
    "coupure",
    "Un Space qui s'arrête au milieu de sa réponse",
    situation=("`/compter` envoie les nombres un à un. Cette fois, le Space s'arrête en route."),
    question="Que va recevoir notre serveur ?",
    choices=(
        (
            "Le début, puis un événement `error`.",
            "Pour l'écrire, il faudrait être encore là : une panne ne prévient pas.",
        ),
        (
            "Le début, puis la connexion se ferme, sans `complete`.",
            "Les premiers événements sont là, et la réponse n'a pas de fin.",
        ),
        (
            "Rien : une réponse incomplète n'est pas envoyée.",
            "Un flux part morceau par morceau. Ce qui est déjà parti ne se reprend pas.",
        ),
    ),
    right=1,
    explanation=(
        "Le Space a envoyé deux événements, puis fermé la connexion. Le code était 200, et les morceaux bons. Seul "
        "l'événement `complete` dit qu'une réponse est entière : sans lui, ce que vous tenez est un morceau.",
        "Un bon programme garde ce morceau, dit qu'il est incomplet, et propose de recommencer. Ce site fait ainsi : "
        "l'essai est en échec, et ce qui était arrivé reste sur sa page.",
    ),
    steps=(
        make_call_step("compter", {"jusqua": 5, "pause": 0.3}, "/coupure"),
        make_reading_step("compter", "/coupure"),
    ),
    outcome=Outcome((200, 200), last_event="generating", error="connection-lost"),
    role=(
        "Le Space d'entraînement ne s'arrête pas pour de bon, puisque d'autres s'en servent : à l'adresse `/coupure/`, "
        "il joue un Space que l'on redémarre pendant qu'il répond."
    ),
)

EXPERIMENTS = (WRONG_ENDPOINT, MISSING_PARAMETER, WRONG_TYPE, INVALID_TOKEN, SECOND_READING, CUT_ANSWER)
EXPERIMENTS_BY_SLUG = {experiment.slug: experiment for experiment in EXPERIMENTS}
URL_PATH = "/et-si/"


def list_experiments() -> tuple[Experiment, ...]:
    """Return all experiments, in teaching order."""
    return EXPERIMENTS


def find_next_experiment(experiment: Experiment) -> Experiment | None:
    """Return the experiment after this one, None after the last."""
    following = EXPERIMENTS.index(experiment) + 1
    return EXPERIMENTS[following] if following < len(EXPERIMENTS) else None
