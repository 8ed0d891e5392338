"""Explanation of a failed run from its code and the Space's message: time to wait, limit reached. Pure.

A run stores a code and a Space's message; errors.py explains the code alone. The messages matched here are those of
Gradio and Hugging Face, after spaces/client/call_failures.py has derived the code from the error's title.
"""

import re
from dataclasses import replace

from hfcourse.error_messages import (
    CONTACT_OWNER_STEP,
    EXPLANATIONS,
    GATEWAY_EXPLANATIONS,
    OTHER_SPACE_STEP,
    ErrorExplanation,
    make_explanation,
)
from hfcourse.text.typography import typeset_french

RETRY_AFTER_HEADER = "Retry-After"
DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS = 86_400, 3_600, 60
MAX_WAIT_SECONDS = 31 * DAY_SECONDS
CODES_WITH_WAIT = {"quota-exceeded", "queue-full", "too-many-requests", *GATEWAY_EXPLANATIONS}
# As Python formats a timedelta (« 1 day, 3:21:00 »), and as people write it.
CLOCK_WAIT = re.compile(
    r"(?:try|retry)(?: again)? in (?:(\d{1,4}) days?, )?(\d{1,2}):(\d{2}):(\d{2})(?![\d:])", re.IGNORECASE
)
UNIT_WAIT = re.compile(
    r"(?:try|retry)(?: again)? in (?:about )?(\d{1,6})\s?(s|sec|seconds?|m|min|minutes?|h|hours?)\b", re.IGNORECASE
)
HEADER_WAIT = re.compile(rf"{RETRY_AFTER_HEADER}: (\d{{1,7}})\b")
UNIT_SECONDS = {"s": 1, "m": MINUTE_SECONDS, "h": HOUR_SECONDS}

SPACE_WITHOUT_GPU_STEP = "Choisissez un Space qui calcule sans carte graphique."
NO_FREE_GPU = make_explanation(
    "Aucune carte graphique n’était libre pour ce Space.",
    "Il calcule sur des cartes partagées (ZeroGPU), qui étaient toutes prises quand son tour est venu. "
    "Votre formulaire n’est pas en cause, et le quota non plus.",
    "Patientez une minute, puis relancez l’essai : vos valeurs sont encore là.",
    SPACE_WITHOUT_GPU_STEP,
)
GPU_TIME_EXCEEDED = make_explanation(
    "Ce Space demande plus de temps de carte graphique qu’un appel ne peut en obtenir d’ici.",
    "Son auteur réserve pour chaque appel une durée qui dépasse le maximum permis. Attendre n’y change rien.",
    "Essayez des valeurs plus simples (moins d’étapes, une image plus petite) : certains Spaces demandent alors moins.",
    SPACE_WITHOUT_GPU_STEP,
)
# The format in which spaces/client/http_status.py reports a gateway's status.
GATEWAY_STATUS = re.compile(r"HTTP \d{3}\b")
# By code, in order: a pattern of the message, and the explanation that replaces the code's own.
EXPLANATIONS_BY_DETAIL: dict[str, tuple[tuple[re.Pattern[str], ErrorExplanation], ...]] = {
    **{code: ((GATEWAY_STATUS, explanation),) for code, explanation in GATEWAY_EXPLANATIONS.items()},
    "quota-exceeded": ((re.compile(r"larger than the maximum allowed"), GPU_TIME_EXCEEDED),),
    "queue-full": (
        (re.compile(r"\bNo GPU (?:was|is)\b"), NO_FREE_GPU),
        (
            re.compile(r"too many ZeroGPU credits"),
            make_explanation(
                "Trop de calculs sont déjà en cours sur le même quota.",
                "Chacun réserve du temps de carte graphique, qui est rendu quand il finit.",
                "Attendez que les essais en cours soient terminés, puis relancez le vôtre.",
                SPACE_WITHOUT_GPU_STEP,
            ),
        ),
        (
            re.compile(r"Expired ZeroGPU proxy token"),
            make_explanation(
                "L’appel a attendu trop longtemps son tour dans la file du Space.",
                "Le droit d’utiliser une carte graphique partagée (ZeroGPU) expire au bout d’un moment.",
                "Relancez l’essai : il en recevra un nouveau, et vos valeurs sont encore là.",
                OTHER_SPACE_STEP,
            ),
        ),
    ),
    "space-exception": (
        (
            re.compile(r"GPU task aborted"),
            make_explanation(
                "Le calcul du Space a été interrompu avant la fin.",
                "Sur les cartes graphiques partagées (ZeroGPU), un calcul qui dépasse le temps réservé est arrêté.",
                "Essayez des valeurs plus simples (un texte plus court, une image plus petite, moins d’étapes).",
                CONTACT_OWNER_STEP,
            ),
        ),
        (
            re.compile(r"."),
            make_explanation(
                "Le programme du Space s’est arrêté sur une erreur.",
                "Ce qu’il en dit s’adresse à son auteur. Une valeur inattendue en est souvent la cause.",
                "Essayez d’autres valeurs, par exemple celles que le formulaire propose au départ.",
                CONTACT_OWNER_STEP,
            ),
        ),
    ),
}


def explain_failure(code: str, said: str = "") -> ErrorExplanation:
    """Return the explanation of a failed run.

    Args:
        code: a key of EXPLANATIONS.
        said: the Space's message; '' for none.
    """
    matching = (explanation for pattern, explanation in EXPLANATIONS_BY_DETAIL.get(code, ()) if pattern.search(said))
    explanation = next(matching, EXPLANATIONS[code])
    seconds = parse_wait_seconds(said) if code in CODES_WITH_WAIT else 0
    if not seconds:
        return explanation
    step = typeset_french(
        f"Attendez {format_wait(seconds)} à partir de cet essai, puis relancez-le : vos valeurs seront là."
    )
    return replace(explanation, steps=(step, *explanation.steps[1:]))


def parse_wait_seconds(said: str) -> int:
    """Parse the time to wait from a message; 0 if it has none, or an implausible one."""
    seconds = 0
    if clock := CLOCK_WAIT.search(said):
        days, hours, minutes, rest = (int(part or 0) for part in clock.groups())
        seconds = days * DAY_SECONDS + hours * HOUR_SECONDS + minutes * MINUTE_SECONDS + rest
    elif unit := UNIT_WAIT.search(said):
        seconds = int(unit[1]) * UNIT_SECONDS[unit[2][0].lower()]
    elif header := HEADER_WAIT.search(said):
        seconds = int(header[1])
    return seconds if seconds <= MAX_WAIT_SECONDS else 0


def format_wait(seconds: int) -> str:
    """Format a time to wait in French, in its two largest units, rounded up: it must not end too soon."""
    if seconds < MINUTE_SECONDS:
        return f"{seconds} s"
    minutes = -(-seconds // MINUTE_SECONDS)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours + bool(minutes), 24)
    written = f"{days} jour{'s' if days > 1 else ''}"
    return f"{written} et {hours} h" if hours else written
