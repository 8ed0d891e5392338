"""French labels and icons of the statuses of a run, for pages, lists, filters and reports. Pure."""

from typing import NamedTuple


class StatusLabel(NamedTuple):
    """Label of one status: `short` for a badge, a filter or a step; `heading` for a title or a report.

    `icon` is its shape in the sprite, and `badge_kind` its colour as a badge, '' for none.
    """

    short: str
    heading: str
    icon: str
    badge_kind: str = ""


STATUS_LABELS = {
    "queued": StatusLabel("En file", "Essai en file d’attente", "queue", "pending"),
    "running": StatusLabel("En cours", "Essai en cours", "play", "active"),
    "succeeded": StatusLabel("Réussi", "Essai réussi", "done", "success"),
    "failed": StatusLabel("Échec", "L’essai a échoué", "failed", "error"),
    "stopped": StatusLabel("Arrêté", "Essai arrêté", "stop"),
    "interrupted": StatusLabel("Interrompu", "Essai interrompu", "again", "pending"),
}
SUBMITTED_STEP, DONE_STEP = "Envoyé", "Terminé"


def get_last_step_label(status: str) -> str:
    """Return the label of the last step of a run: how it ended, « Terminé » if it succeeded or has not ended."""
    return STATUS_LABELS[status].short if status in ("failed", "stopped", "interrupted") else DONE_STEP
