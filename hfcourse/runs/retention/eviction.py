"""Making room on a full disk, by share.

Files go before runs: a run without its files can still be read, and says so. Nothing goes that a page still shows,
but for what newcomers of one address keep above their common share: looking at it does not protect that.
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
from hfcourse.runs.store import newcomer_status
from hfcourse.runs.store.models import Run, RunFile

# One part in so many of KEEP_BYTES is kept free of what those with standing keep, for newcomers to find room in.
RESERVE_DIVISOR = 10
# Deleting a run whose texts are smaller makes no room worth it, unless the texts of all take half of the disk.
LARGE_TEXT_BYTES = 10_000

Condition = ColumnElement[bool]
Excess = Callable[[], int]


def prune_all() -> int:
    """Delete what is past KEEP_DAYS or over KEEP_BYTES; return how many runs went."""
    return pruning.delete_expired() + enforce_total_limit(current_app.config["KEEP_BYTES"]) + free_reserve()


def enforce_total_limit(keep_bytes: int) -> int:
    """Delete until all that is kept fits; return how many runs went.

    First files of no run: forms that are never sent must not push out what somebody keeps. Then what newcomers of one
    address keep above their common share, what a visitor keeps above theirs, and the oldest files of everybody.
    """

    def excess() -> int:
        return disk_usage.sum_total_bytes() - keep_bytes

    if excess() <= 0:
        return 0
    pruning.delete_orphan_files(pruning.find_orphan_files(NEW_FILE_AGE))
    gone = enforce_newcomer_limits(excess)
    for visitor in disk_usage.list_visitors_over_quota():
        above = combine_excesses(partial(disk_usage.compute_quota_excess, visitor), excess)
        gone += evict_until_fits(above, Run.visitor == visitor, IS_FINISHED, recent_views.not_recently_viewed())
    erase_files_until_fits(excess, IS_FINISHED, recent_views.not_recently_viewed())
    return gone


def enforce_newcomer_limits(excess: Excess) -> int:
    """Delete what newcomers of one address keep above their common share, the newest first, while there is excess."""
    if excess() <= 0:
        return 0
    gone, level = 0, disk_usage.compute_newcomer_quota()
    for origin in disk_usage.list_newcomer_origins():
        visitors = newcomer_status.select_newcomers(origin)
        above = combine_excesses(lambda visitors=visitors: disk_usage.sum_visitor_bytes(visitors) - level, excess)  # type: ignore[misc]
        gone += evict_until_fits(above, Run.visitor.in_(visitors), IS_FINISHED, newest_first=True)
    return gone


def free_reserve() -> int:
    """Delete the oldest of those with standing until the reserve for newcomers is free; return how many runs went.

    What newcomers keep is not counted: filling the reserve does not make others lose more.
    """
    keep_bytes = current_app.config["KEEP_BYTES"]

    def excess() -> int:
        return (
            disk_usage.sum_total_bytes() - disk_usage.sum_newcomer_bytes() - keep_bytes + keep_bytes // RESERVE_DIVISOR
        )

    return evict_until_fits(
        excess,
        IS_FINISHED,
        recent_views.not_recently_viewed(),
        Run.visitor.not_in(newcomer_status.select_all_newcomers()),
    )


def combine_excesses(*excesses: Excess) -> Excess:
    """The smallest of several excesses."""
    return lambda: min(each() for each in excesses)


def evict_until_fits(excess: Excess, *conditions: Condition, newest_first: bool = False) -> int:
    """Erase files, then delete runs, that meet the conditions until nothing is in excess; return how many runs went."""
    erase_files_until_fits(excess, *conditions, newest_first=newest_first)
    gone = delete_runs_until_fits(excess, Run.text_bytes >= LARGE_TEXT_BYTES, *conditions, newest_first=newest_first)
    if excess() > 0 and 2 * disk_usage.sum_text_bytes() > current_app.config["KEEP_BYTES"]:
        gone += delete_runs_until_fits(excess, *conditions, newest_first=newest_first)
    return gone


def delete_runs_until_fits(excess: Excess, *conditions: Condition, newest_first: bool) -> int:
    """Delete the oldest runs that meet the conditions until nothing is in excess; return how many went."""
    gone = 0
    while surplus := max(excess(), 0):
        chosen = select_until_covered(list_text_sizes(*conditions, newest_first=newest_first), surplus)
        if not chosen:
            break
        gone += pruning.delete_runs(chosen, *conditions)
        time.sleep(BATCH_PAUSE_SECONDS)
    return gone


def erase_files_until_fits(excess: Excess, *conditions: Condition, newest_first: bool = False) -> None:
    """Erase the files of the oldest runs that meet the conditions until nothing is in excess."""
    left: set[str] = set()  # what the store would not remove
    while surplus := max(excess(), 0):
        chosen = select_until_covered(list_file_sizes(*conditions, newest_first=newest_first, but=left), surplus)
        if not chosen:
            return
        left |= {*chosen} - {*pruning.erase_file_bytes(chosen)}
        time.sleep(BATCH_PAUSE_SECONDS)


def select_until_covered(sizes: dict[str, int], surplus: int) -> list[str]:
    """The first that together have so many bytes, or all."""
    chosen = []
    for name, size in sizes.items():
        if surplus <= 0:
            break
        chosen.append(name)
        surplus -= size
    return chosen


def list_file_sizes(*conditions: Condition, newest_first: bool, but: Collection[str]) -> dict[str, int]:
    """Sizes of the files of the oldest runs that meet the conditions, as many as are deleted at once.

    Not those that a run which does not meet them has too.
    """
    used = select(RunFile.file_id).join(Run, Run.id == RunFile.run_id)
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
        needed = session.scalars(used.where(RunFile.file_id.in_(sizes), not_(and_(*conditions)))).all()
    return {file_id: size for file_id, size in sizes.items() if file_id not in needed}


def list_text_sizes(*conditions: Condition, newest_first: bool) -> dict[str, int]:
    """Sizes of the texts of the oldest runs that meet the conditions, as many as are deleted at once."""
    order = Run.created.desc() if newest_first else Run.created
    found = select(Run.id, Run.text_bytes).where(*conditions).order_by(order).limit(pruning.RUNS_PER_BATCH)
    with database.read_session() as session:
        return dict(session.execute(found).all())
