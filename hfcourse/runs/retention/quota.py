"""Disk quota of a form submission: a visitor has a quota, and their own oldest runs are evicted first.

For a newcomer nothing of others is evicted. While more than half of the disk is used, newcomers of
one address share one visitor's quota, so that the rest stays free for others.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from hfcourse.errors import FormRejected
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.retention import disk_usage, eviction, pruning, recent_views
from hfcourse.runs.retention.pruning import IS_FINISHED
from hfcourse.runs.store import newcomers
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.runs.store.newcomers import Client
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.text.typography import format_size, typeset_french

FORM_FILES_TOO_LARGE = (
    "Un visiteur peut garder {share} de fichiers ici, et ceux-ci dépassent à eux seuls cette place : "
    "choisissez-en de plus légers."
)
QUOTA_IS_FULL = (
    "Un visiteur peut garder {share} de fichiers ici, et vos essais de la dernière heure remplissent cette place : "
    "supprimez-en dans « Mes essais », ou choisissez des fichiers plus légers."
)
DISK_IS_FULL = (
    "Le site n’a plus de place pour ces fichiers : choisissez-en de plus légers, ou recommencez dans une heure."
)


def enforce_quota(form: Form, client: Client) -> None:
    """Free space for the files of a form; drop those that do not fit from the form, with an error message."""
    sent = forms.list_form_files(form)
    ids = [file.id for file in sent]
    if sum(file.size for file in sent) > disk_usage.compute_quota_bytes():
        message = FORM_FILES_TOO_LARGE
    elif free_space(client, ids):
        return
    else:
        message = QUOTA_IS_FULL if disk_usage.compute_quota_excess(client.visitor) > 0 else DISK_IS_FULL
    forms.drop_form_files(form, typeset_french(message.format(share=format_size(disk_usage.compute_quota_bytes()))))
    pruning.delete_orphan_files(ids)


def enforce_quota_without_form(client: Client) -> None:
    """Free space for the files of a form without a Space; delete those that do not fit."""
    if not free_space(client):
        pruning.delete_orphan_files(pruning.find_orphan_files(timedelta(), StoredFile.visitor == client.visitor))


def check_text_quota(client: Client, sent: Collection[str] = ()) -> None:
    """Check that the texts of one more run fit: its inputs, and its future outputs.

    Raises:
        FormRejected: `not-stored`.
    """
    if disk_usage.is_disk_under_pressure() and not free_space(client, sent):
        raise FormRejected("not-stored")


def free_space(client: Client, sent: Collection[str] = ()) -> bool:
    """Evict down to the visitor's quota and to KEEP_BYTES; return whether it succeeded.

    The visitor's own oldest files and runs are evicted, except those that a page shows and the
    files just sent. What others store is evicted for an established visitor only.
    """
    runs_of_form = select(RunFile.run_id).where(RunFile.file_id.in_(sent))
    own_runs = (
        Run.visitor == client.visitor,
        IS_FINISHED,
        recent_views.not_recently_viewed(),
        Run.id.not_in(runs_of_form),
    )
    excess = partial(disk_usage.compute_quota_excess, client.visitor)
    if excess() > 0:
        others = StoredFile.visitor == client.visitor, StoredFile.id.not_in(sent)
        pruning.delete_orphan_files(pruning.find_orphan_files(pruning.NEW_FILE_AGE, *others))
        eviction.evict_until_fits(excess, *own_runs)
    if excess() > 0:
        return False
    if client.is_newcomer or disk_usage.is_origin_crowded(client.origin):
        return has_newcomer_space(client, sent)
    eviction.enforce_total_limit(disk_usage.get_keep_bytes())
    return disk_usage.sum_total_bytes() <= disk_usage.get_keep_bytes()


def has_newcomer_space(client: Client, sent: Collection[str]) -> bool:
    """Does what the newcomers of this address store fit, once their orphan files are deleted?

    Also limited is what all visitors who arrived from there today store: a hundred cookies that
    have aged use half of the disk at most.
    """
    keep_bytes = disk_usage.get_keep_bytes()
    if 2 * disk_usage.sum_total_bytes() <= keep_bytes:
        return True
    senders = newcomers.select_newcomers(client.origin)
    orphans = StoredFile.visitor.in_(senders), StoredFile.id.not_in(sent)
    pruning.delete_orphan_files(pruning.find_orphan_files(pruning.NEW_FILE_AGE, *orphans))
    is_within = disk_usage.sum_visitor_bytes(
        senders
    ) <= disk_usage.compute_quota_bytes() and not disk_usage.is_origin_crowded(client.origin)
    return is_within and disk_usage.sum_total_bytes() <= keep_bytes
