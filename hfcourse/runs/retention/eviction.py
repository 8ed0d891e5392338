"""Eviction on a full disk, by quota.

Files are erased before runs are deleted: a run without its files is still readable, and its page
says so. Nothing is evicted that a page still shows, except what newcomers of one address store
above their common quota: viewing does not protect that.
"""

import time
from collections.abc import Callable, Collection
from functools import partial

from flask import current_app
from sqlalchemy import ColumnElement, and_, not_, select

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.retention import disk_usage, pruning, recent_views
from hfcourse.runs.retention.pruning import BATCH_PAUSE_SECONDS, FILES_PER_BATCH, IS_FINISHED, NEW_FILE_AGE
from hfcourse.runs.store import newcomers
from hfcourse.runs.store.models import Run, RunFile

# Fraction of KEEP_BYTES reserved for newcomers: established visitors do not use it.
RESERVE_DIVISOR = 10
# Deleting a run with smaller texts frees too little, unless all texts together use half of the disk.
LARGE_TEXT_BYTES = 10_000

Condition = ColumnElement[bool]
Excess = Callable[[], int]


def prune_all() -> int:
    """Delete expired runs and enforce KEEP_BYTES; return the number of runs deleted."""
    return pruning.delete_expired() + enforce_total_limit(current_app.config["KEEP_BYTES"]) + free_reserve()


def enforce_total_limit(keep_bytes: int) -> int:
    """Evict until all stored data fits; return the number of runs deleted.

    First orphan files: forms that are never submitted must not evict stored runs. Then what
    newcomers of one address store above their common quota, what a visitor stores above theirs, and
    the oldest files of all visitors.
    """

    def excess() -> int:
        return disk_usage.sum_total_bytes() - keep_bytes

    if excess() <= 0:
        return 0
    pruning.delete_orphan_files(pruning.find_orphan_files(NEW_FILE_AGE))
    deleted = enforce_newcomer_limits(excess)
    for visitor in disk_usage.list_visitors_over_quota():
        own_excess = combine_excesses(partial(disk_usage.compute_quota_excess, visitor), excess)
        deleted += evict_until_fits(own_excess, Run.visitor == visitor, IS_FINISHED, recent_views.not_recently_viewed())
    erase_files_until_fits(excess, IS_FINISHED, recent_views.not_recently_viewed())
    return deleted


def enforce_newcomer_limits(excess: Excess) -> int:
    """Evict what newcomers of one address store above their common quota, the newest first."""
    if excess() <= 0:
        return 0
    deleted, level = 0, disk_usage.compute_newcomer_quota()
    for origin in disk_usage.list_newcomer_origins():
        visitors = newcomers.select_newcomers(origin)
        own_excess = combine_excesses(lambda visitors=visitors: disk_usage.sum_visitor_bytes(visitors) - level, excess)  # type: ignore[misc]
        deleted += evict_until_fits(own_excess, Run.visitor.in_(visitors), IS_FINISHED, newest_first=True)
    return deleted


def free_reserve() -> int:
    """Evict the oldest runs of established visitors until the newcomers' reserve is free; return the count.

    What newcomers store is not counted: filling the reserve does not evict more of the others.
    """
    keep_bytes = disk_usage.get_keep_bytes()

    def excess() -> int:
        return (
            disk_usage.sum_total_bytes() - disk_usage.sum_newcomer_bytes() - keep_bytes + keep_bytes // RESERVE_DIVISOR
        )

    return evict_until_fits(
        excess,
        IS_FINISHED,
        recent_views.not_recently_viewed(),
        Run.visitor.not_in(newcomers.select_all_newcomers()),
    )


def combine_excesses(*excesses: Excess) -> Excess:
    """Return a function that computes the smallest of several excesses."""
    return lambda: min(each() for each in excesses)


def evict_until_fits(excess: Excess, *conditions: Condition, newest_first: bool = False) -> int:
    """Erase files, then delete runs that meet the conditions, until there is no excess; return the count."""
    erase_files_until_fits(excess, *conditions, newest_first=newest_first)
    deleted = delete_runs_until_fits(excess, Run.text_bytes >= LARGE_TEXT_BYTES, *conditions, newest_first=newest_first)
    if excess() > 0 and 2 * disk_usage.sum_text_bytes() > current_app.config["KEEP_BYTES"]:
        deleted += delete_runs_until_fits(excess, *conditions, newest_first=newest_first)
    return deleted


def delete_runs_until_fits(excess: Excess, *conditions: Condition, newest_first: bool) -> int:
    """Delete the oldest runs that meet the conditions until there is no excess; return the count."""
    deleted = 0
    while surplus := max(excess(), 0):
        chosen = select_until_covered(list_text_sizes(*conditions, newest_first=newest_first), surplus)
        if not chosen:
            break
        deleted += pruning.delete_runs(chosen, *conditions)
        time.sleep(BATCH_PAUSE_SECONDS)
    return deleted


def erase_files_until_fits(excess: Excess, *conditions: Condition, newest_first: bool = False) -> None:
    """Erase the files of the oldest runs that meet the conditions until there is no excess."""
    failed: set[str] = set()  # files that the storage backend could not delete
    while surplus := max(excess(), 0):
        chosen = select_until_covered(list_file_sizes(*conditions, newest_first=newest_first, but=failed), surplus)
        if not chosen:
            return
        failed |= {*chosen} - {*pruning.erase_file_bytes(chosen)}
        time.sleep(BATCH_PAUSE_SECONDS)


def select_until_covered(sizes: dict[str, int], surplus: int) -> list[str]:
    """Return the first items whose sizes together cover the surplus, or all."""
    chosen = []
    for name, size in sizes.items():
        if surplus <= 0:
            break
        chosen.append(name)
        surplus -= size
    return chosen


def list_file_sizes(*conditions: Condition, newest_first: bool, but: Collection[str]) -> dict[str, int]:
    """Return the sizes of the files of the oldest matching runs, up to one batch.

    Without files that a run which does not match uses too.
    """
    references = select(RunFile.file_id).join(Run, Run.id == RunFile.run_id)
    chosen = (
        select(StoredFile.id, StoredFile.size)
        .join(RunFile, RunFile.file_id == StoredFile.id)
        .join(Run, Run.id == RunFile.run_id)
        .where(*conditions, StoredFile.size > 0, StoredFile.id.not_in(but))
        .order_by(Run.created.desc() if newest_first else Run.created)
        .limit(FILES_PER_BATCH)
    )
    with database.read_session() as session:
        sizes = dict(session.execute(chosen).all())
        shared = session.scalars(references.where(RunFile.file_id.in_(sizes), not_(and_(*conditions)))).all()
    return {file_id: size for file_id, size in sizes.items() if file_id not in shared}


def list_text_sizes(*conditions: Condition, newest_first: bool) -> dict[str, int]:
    """Return the text sizes of the oldest matching runs, up to one batch."""
    order = Run.created.desc() if newest_first else Run.created
    found = select(Run.id, Run.text_bytes).where(*conditions).order_by(order).limit(pruning.RUNS_PER_BATCH)
    with database.read_session() as session:
        return dict(session.execute(found).all())
