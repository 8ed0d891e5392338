"""Room on the disk for what a form brings: a visitor has a share, and makes room in it with their own oldest runs."""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from flask import current_app
from sqlalchemy import select

from hfcourse.runs import looks, pruning
from hfcourse.runs.models import Run, RunFile
from hfcourse.runs.pruning import FINISHED, above_share, kept_bytes, share_bytes
from hfcourse.spaces import forms
from hfcourse.spaces.files import StoredFile
from hfcourse.spaces.forms import Form
from hfcourse.typography import french, size

TOO_LARGE = (
    "Un visiteur peut garder {share} de fichiers ici, et ceux-ci dépassent à eux seuls cette place : "
    "choisissez-en de plus légers."
)
SHARE_IS_FULL = (
    "Un visiteur peut garder {share} de fichiers ici, et vos essais de la dernière heure remplissent cette place : "
    "supprimez-en dans « Mes essais », ou choisissez des fichiers plus légers."
)
DISK_IS_FULL = (
    "Le site n’a plus de place pour ces fichiers : choisissez-en de plus légers, ou recommencez dans une heure."
)


def house(form: Form, visitor: str) -> None:
    """Make room for the files of a form; those that find none leave it, and the form says why."""
    sent = forms.files_of(form)
    ids = [file.id for file in sent]
    if sum(file.size for file in sent) > share_bytes():
        why = TOO_LARGE
    elif make_room(visitor, ids):
        return
    else:
        why = SHARE_IS_FULL if above_share(visitor) > 0 else DISK_IS_FULL
    forms.drop_files(form, french(why.format(share=size(share_bytes()))))
    pruning.discard(ids)


def house_loose(visitor: str) -> None:
    """Make room for the files of a form that has no Space; those that find none go, and are asked for again."""
    if not make_room(visitor):
        pruning.discard(pruning.loose_files(timedelta(), StoredFile.visitor == visitor))


def make_room(visitor: str, sent: Collection[str] = ()) -> bool:
    """Bring the visitor back to their share, and everybody to KEEP_BYTES; did it succeed?

    The visitor's own oldest runs go, but those that a page shows. What was just sent stays; a run of somebody else
    goes for the sake of the whole disk alone.
    """
    kept_by_form = select(RunFile.run_id).where(RunFile.file_id.in_(sent))
    own_runs = Run.visitor == visitor, FINISHED, looks.is_unseen(), Run.id.not_in(kept_by_form)
    excess = partial(above_share, visitor)
    if excess() > 0:
        others = StoredFile.visitor == visitor, StoredFile.id.not_in(sent)
        pruning.discard(pruning.loose_files(pruning.NEW_FILE_AGE, *others))
        pruning.reduce(excess, *own_runs)
    pruning.shrink(current_app.config["KEEP_BYTES"])
    return excess() <= 0 and kept_bytes() <= current_app.config["KEEP_BYTES"]
