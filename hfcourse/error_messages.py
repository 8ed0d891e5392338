"""French explanations of the error codes: a sentence, the reason, the next steps. Pure."""

from dataclasses import dataclass

from hfcourse.text.typography import typeset_french


@dataclass(frozen=True)
class ErrorExplanation:
    """French explanation of an error code.

    `status` is that of a page about the error, 200 if it is the page of a Space that cannot be called now.
    """

    sentence: str
    reason: str
    steps: tuple[str, ...]
    status: int = 200
    suggests_practice: bool = True  # can the practice Space be used instead?

    @property
    def rejection_status(self) -> int:
        """HTTP status of a page that renders a rejected form: 503 where only the Space is at fault."""
        return self.status if self.status != 200 else 503


def make_explanation(
    sentence: str, reason: str, *steps: str, status: int = 200, practice: bool = True
) -> ErrorExplanation:
    """Build an explanation from its French texts, typeset; see `ErrorExplanation`."""
    return ErrorExplanation(
        typeset_french(sentence), typeset_french(reason), tuple(map(typeset_french, steps)), status, practice
    )


WAIT_STEP = "Patientez une minute, puis rouvrez la page du Space."
RETRY_STEP = "Recommencez dans un instant : rien de ce que vous avez saisi n’est perdu."
CONTACT_OWNER_STEP = "Écrivez à son auteur dans l’onglet Community du Space, sur le Hub."
OTHER_SPACE_STEP = "Choisissez un autre Space pour la même tâche."

EXPLANATIONS = {
    "space-not-found": make_explanation(
        "Ce Space n’existe pas, ou il n’est pas visible d’ici.",
        "Son nom est peut-être mal écrit, le Space peut être privé, ou ce site n’ouvre que les Spaces de sa liste.",
        "Vérifiez l’orthographe : le nom s’écrit propriétaire/nom, comme dans l’adresse de sa page.",
        "Cherchez-en un autre sur la page des Spaces.",
        status=404,
    ),
    "space-private": make_explanation(
        "Ce Space est privé.",
        "Seuls son propriétaire et les personnes invitées peuvent l’appeler.",
        OTHER_SPACE_STEP,
    ),
    "space-sleeping": make_explanation(
        "Ce Space dormait : il se réveille.",
        "Un Space que personne n’utilise s’endort pour libérer sa machine. Votre visite le réveille.",
        WAIT_STEP,
    ),
    "space-building": make_explanation(
        "Ce Space est en construction.",
        "Le Hub installe l’application ; elle démarrera ensuite.",
        WAIT_STEP,
        OTHER_SPACE_STEP,
    ),
    "space-paused": make_explanation(
        "Ce Space est en pause.",
        "Son propriétaire l’a arrêté, et lui seul peut le relancer.",
        CONTACT_OWNER_STEP,
        OTHER_SPACE_STEP,
    ),
    "space-broken": make_explanation(
        "Ce Space est en panne.",
        "Son programme s’est arrêté sur une erreur ; rien de ce que vous avez saisi n’est en cause.",
        CONTACT_OWNER_STEP,
        OTHER_SPACE_STEP,
    ),
    "space-login": make_explanation(
        "Ce Space demande un mot de passe.",
        "Son auteur l’a protégé ; ce site ne saisit jamais de mot de passe à votre place.",
        "Si vous avez ce mot de passe, ouvrez le Space sur le Hub.",
        OTHER_SPACE_STEP,
    ),
    "space-too-old": make_explanation(
        "Ce Space utilise une version trop ancienne de Gradio.",
        "Il date de Gradio 3, ou des tout premiers Gradio 4 : il communique d’une façon que l’on n’emploie plus.",
        "Ouvrez-le sur le Hub pour l’essayer dans sa propre page.",
        OTHER_SPACE_STEP,
    ),
    "no-api": make_explanation(
        "Ce Space n’offre pas d’API.",
        "Seuls les Spaces Gradio dont l’auteur laisse l’API ouverte peuvent être appelés par un programme.",
        "Ouvrez-le sur le Hub pour l’essayer dans sa propre page.",
        OTHER_SPACE_STEP,
    ),
    "endpoint-gone": make_explanation(
        "Ce point d’accès n’existe pas dans ce Space.",
        "Son auteur l’a peut-être renommé ou retiré depuis que vous avez ouvert la page.",
        "Choisissez l’un des points d’accès de la liste, sur la page du Space.",
        status=404,
    ),
    "invalid-input": make_explanation(
        "Une valeur ne convient pas.",
        "Le Space n’a donc rien calculé.",
        "Corrigez ce qui est signalé, puis relancez l’essai.",
        status=400,
        practice=False,
    ),
    "not-stored": make_explanation(
        "Le site n’a pas pu garder ce que vous envoyez : rien n’est parti.",
        "Son disque est plein, ou ce qui garde ses données ne répond pas.",
        "Vos valeurs sont encore là : attendez une minute, choisissez de nouveau vos fichiers, puis relancez l’essai.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
        status=503,
        practice=False,
    ),
    "file-unreachable": make_explanation(
        "Le site n’a pas pu lire un fichier qu’il garde.",
        "L’endroit où il range les fichiers ne répond pas, ou ce fichier n’y est plus.",
        "Attendez une minute, puis recommencez.",
        "Si l’erreur revient, prévenez la personne qui anime le cours.",
        status=503,
        practice=False,
    ),
    "secret-in-input": make_explanation(
        "Ce que vous avez saisi contient ce qui ressemble à un jeton : rien n’a été envoyé.",
        "Un jeton est un mot de passe. Il n’a rien à faire dans un formulaire, et ce site ne l’a pas conservé.",
        "S’il s’agit d’un vrai jeton, supprimez-le sur la page Access Tokens de Hugging Face.",
        "Effacez-le du champ, puis relancez l’essai.",
        status=400,
        practice=False,
    ),
    "space-error": make_explanation(
        "Le Space a refusé ces valeurs, et son auteur dit pourquoi.",
        "Votre appel est bien arrivé : c’est le programme du Space qui répond par une erreur prévue.",
        "Lisez son message, changez les valeurs, puis relancez l’essai.",
        practice=False,
    ),
    "space-exception": make_explanation(
        "Le programme du Space s’est arrêté sur une erreur qu’il ne montre pas.",
        "La plupart des Spaces cachent le détail de leurs erreurs. Une valeur inattendue en est souvent la cause.",
        "Essayez d’autres valeurs, par exemple celles que le formulaire propose au départ.",
        CONTACT_OWNER_STEP,
    ),
    "quota-exceeded": make_explanation(
        "Le quota de calcul est épuisé pour le moment.",
        "Ce Space calcule sur des cartes graphiques partagées (ZeroGPU). Hugging Face en compte l’usage par jour, "
        "et toute la salle partage le même quota. Votre formulaire n’est pas en cause.",
        "Relancez l’essai demain : le quota revient vingt-quatre heures après son premier usage, et vos valeurs seront "
        "encore là.",
        "Choisissez en attendant un Space qui calcule sans carte graphique.",
    ),
    "too-many-requests": make_explanation(
        "Trop d’appels sont partis d’ici en peu de temps.",
        "Hugging Face limite le nombre d’appels par adresse, et toute la salle partage la même.",
        "Attendez cinq minutes, puis recommencez : la limite se compte par tranches de cinq minutes.",
    ),
    "queue-full": make_explanation(
        "La file d’attente du Space est pleine.",
        "Trop de personnes l’utilisent en ce moment.",
        "Patientez une minute, puis relancez l’essai.",
        OTHER_SPACE_STEP,
    ),
    "timeout": make_explanation(
        "Le Space n’a pas répondu à temps.",
        "Il est peut-être surchargé, ou le calcul demandé dure plus longtemps que ce site n’attend.",
        "Essayez des valeurs plus simples (un texte plus court, une image plus petite).",
        RETRY_STEP,
    ),
    "connection-lost": make_explanation(
        "La connexion avec le Space s’est coupée avant la fin.",
        "Il s’est arrêté, il redémarre, ou le réseau a fait défaut. Ce qui était déjà arrivé est gardé.",
        RETRY_STEP,
    ),
    "hub-unreachable": make_explanation(
        "Hugging Face est injoignable depuis ce serveur.",
        "Le réseau de l’établissement est peut-être coupé, ou bloque cette adresse.",
        "Prévenez la personne qui anime le cours.",
    ),
    "answer-too-large": make_explanation(
        "L’échange avec le Space est trop volumineux.",
        "Ce que vous envoyez, ou ce que le Space répond, dépasse une limite. Ce qui était arrivé entier est gardé.",
        "Réduisez la demande : une image plus petite, une liste plus courte.",
    ),
    "bad-answer": make_explanation(
        "Le Space a répondu quelque chose que ce site ne comprend pas.",
        "Sa réponse n’a pas la forme attendue ; rien de ce que vous avez saisi n’est en cause.",
        RETRY_STEP,
        OTHER_SPACE_STEP,
    ),
    "token-rejected": make_explanation(
        "Hugging Face refuse le jeton de ce site.",
        "Il a expiré, ou il a été révoqué.",
        "Prévenez la personne qui anime le cours : elle seule peut le changer.",
    ),
    "limit-reached": make_explanation(
        "Trop d’essais attendent déjà leur tour : le vôtre n’a pas été lancé.",
        "La file d’attente du site est pleine pour le moment, ou vos essais y tiennent toute votre part.",
        "Attendez une minute, puis relancez l’essai : vos valeurs sont encore dans le formulaire.",
        status=429,
        practice=False,
    ),
    "server-busy": make_explanation(
        "Ce site reçoit trop de réponses à la fois : il n’a plus eu de mémoire pour celle de ce Space.",
        "D’autres essais, aux réponses volumineuses, étaient en cours. Le Space n’est pas en cause.",
        RETRY_STEP,
        "Si cela se répète, demandez moins à la fois : une image plus petite, un texte plus court.",
        status=503,
    ),
    "calls-paused": make_explanation(
        "Les appels sont en pause pour toute la classe.",
        "La personne qui anime le cours les a suspendus.",
        "Attendez qu’elle les rouvre.",
        practice=False,
    ),
    "practice-unavailable": make_explanation(
        "Le Space d’entraînement n’a pas pu démarrer.",
        "Le programme qui le fait tourner s’est arrêté. Le journal du site en donne la cause.",
        "Prévenez la personne qui anime le cours, puis rechargez la page.",
        practice=False,
    ),
}

# The same codes for a response of the proxy in front of a Space.
RETRY_LATER_STEP = "Attendez une minute, puis recommencez : rien de ce que vous avez saisi n’est perdu."
GATEWAY_EXPLANATIONS = {
    "connection-lost": make_explanation(
        "Ce Space ne répond pas : le serveur placé devant lui ne parvient pas à le joindre.",
        "Il démarre ou redémarre, ou bien il s’est arrêté.",
        RETRY_LATER_STEP,
        OTHER_SPACE_STEP,
    ),
    "timeout": make_explanation(
        "Ce Space n’a pas répondu à temps au serveur placé devant lui.",
        "Trop de personnes l’utilisent en ce moment, il démarre, ou le calcul demandé est trop long.",
        RETRY_LATER_STEP,
        "Essayez des valeurs plus simples (un texte plus court, une image plus petite).",
        OTHER_SPACE_STEP,
    ),
    "space-sleeping": make_explanation(
        "Ce Space n’est pas encore prêt à répondre : il démarre.",
        "Le serveur placé devant lui répond à sa place, comme il le fait aussi quand trop de personnes l’utilisent.",
        RETRY_LATER_STEP,
        OTHER_SPACE_STEP,
    ),
}

# The same codes for a failed request to the Hub.
HUB_EXPLANATIONS = {
    "too-many-requests": make_explanation(
        "Trop d’appels sont partis d’ici en peu de temps.",
        "Hugging Face limite le nombre de demandes par adresse, et toute la salle partage la même.",
        "Attendez quelques minutes, puis recommencez.",
        "Ouvrez en attendant un Space de la liste : ceux que le site connaît déjà s’ouvrent encore.",
    ),
    "timeout": make_explanation(
        "Hugging Face n’a pas répondu à temps.",
        "Le Hub est surchargé, ou le réseau de l’établissement est lent.",
        "Recommencez dans un instant.",
    ),
    "bad-answer": make_explanation(
        "Hugging Face a répondu quelque chose que ce site ne comprend pas.",
        "Le réseau de l’établissement répond peut-être à sa place, ou le Hub a changé.",
        "Recommencez dans un instant ; si cela se répète, prévenez la personne qui anime le cours.",
    ),
    "answer-too-large": make_explanation(
        "La réponse de Hugging Face est trop volumineuse.",
        "Elle dépasse ce que ce site accepte de lire.",
        "Cherchez des mots plus précis, ou ouvrez un autre Space.",
    ),
}
