"""Room on the disk for what a form brings: a visitor has a share, and makes room in it with their own oldest runs.

For the sake of a newcomer nothing of others is deleted. While more than half of the disk is taken, newcomers of one
address have one visitor's share together, so that what is left of it stays free for others.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from flask import current_app
from sqlalchemy import select

from hfcourse.errors import Refused
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.retention import disk_usage, eviction, pruning, recent_views
from hfcourse.runs.retention.pruning import FINISHED
from hfcourse.runs.store import newcomer_status
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.runs.store.newcomer_status import Client
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.text.typography import french, size

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


def house(form: Form, client: Client) -> None:
    """Make room for the files of a form; those that find none leave it, and the form says why."""
    sent = forms.files_of(form)
    ids = [file.id for file in sent]
    if sum(file.size for file in sent) > disk_usage.share_bytes():
        why = TOO_LARGE
    elif make_room(client, ids):
        return
    else:
        why = SHARE_IS_FULL if disk_usage.above_share(client.visitor) > 0 else DISK_IS_FULL
    forms.drop_files(form, french(why.format(share=size(disk_usage.share_bytes()))))
    pruning.discard(ids)


def house_loose(client: Client) -> None:
    """Make room for the files of a form that has no Space; those that find none go, and are asked for again."""
    if not make_room(client):
        pruning.discard(pruning.loose_files(timedelta(), StoredFile.visitor == client.visitor))


def check_texts(client: Client, sent: Collection[str] = ()) -> None:
    """Check that the texts of one more run find room: those that are sent, and those that will come back.

    Raises:
        Refused: `not-stored`.
    """
    if disk_usage.is_under_pressure() and not make_room(client, sent):
        raise Refused("not-stored")


def make_room(client: Client, sent: Collection[str] = ()) -> bool:
    """Bring the visitor back to their share, and everybody to KEEP_BYTES; did it succeed?

    The visitor's own oldest files and runs go, but those that a page shows. What was just sent stays. What others keep
    is touched for the sake of somebody with standing alone.
    """
    kept_by_form = select(RunFile.run_id).where(RunFile.file_id.in_(sent))
    own_runs = Run.visitor == client.visitor, FINISHED, recent_views.is_unseen(), Run.id.not_in(kept_by_form)
    excess = partial(disk_usage.above_share, client.visitor)
    if excess() > 0:
        others = StoredFile.visitor == client.visitor, StoredFile.id.not_in(sent)
        pruning.discard(pruning.loose_files(pruning.NEW_FILE_AGE, *others))
        eviction.reduce(excess, *own_runs)
    if excess() > 0:
        return False
    if client.is_newcomer or disk_usage.is_crowded(client.origin):
        return fits_among_newcomers(client, sent)
    eviction.shrink(current_app.config["KEEP_BYTES"])
    return disk_usage.total_bytes() <= current_app.config["KEEP_BYTES"]


def fits_among_newcomers(client: Client, sent: Collection[str]) -> bool:
    """Does what the newcomers of this address keep fit, once their files of no run are gone?

    So must what all keep who came from there today: a hundred cookies that have aged take half of the disk at most.
    """
    keep_bytes = current_app.config["KEEP_BYTES"]
    if 2 * disk_usage.total_bytes() <= keep_bytes:
        return True
    newcomers = newcomer_status.newcomers_of(client.origin)
    loose = StoredFile.visitor.in_(newcomers), StoredFile.id.not_in(sent)
    pruning.discard(pruning.loose_files(pruning.NEW_FILE_AGE, *loose))
    is_within = disk_usage.bytes_of(newcomers) <= disk_usage.share_bytes() and not disk_usage.is_crowded(client.origin)
    return is_within and disk_usage.total_bytes() <= keep_bytes
