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
from hfcourse.runs.retention.pruning import FILES_AT_ONCE, FINISHED, NEW_FILE_AGE, PAUSE_SECONDS
from hfcourse.runs.store import newcomer_status
from hfcourse.runs.store.models import Run, RunFile

# One part in so many of KEEP_BYTES is kept free of what those with standing keep, for newcomers to find room in.
RESERVE_PARTS = 10
# Deleting a run whose texts are smaller makes no room worth it, unless the texts of all take half of the disk.
LARGE_TEXT_BYTES = 10_000

Condition = ColumnElement[bool]
Excess = Callable[[], int]


def prune() -> int:
    """Delete what is past KEEP_DAYS or over KEEP_BYTES; return how many runs went."""
    return pruning.delete_expired() + shrink(current_app.config["KEEP_BYTES"]) + free_reserve()


def shrink(keep_bytes: int) -> int:
    """Delete until all that is kept fits; return how many runs went.

    First files of no run: forms that are never sent must not push out what somebody keeps. Then what newcomers of one
    address keep above their common share, what a visitor keeps above theirs, and the oldest files of everybody.
    """

    def excess() -> int:
        return disk_usage.total_bytes() - keep_bytes

    if excess() <= 0:
        return 0
    pruning.discard(pruning.loose_files(NEW_FILE_AGE))
    gone = shrink_newcomers(excess)
    for visitor in disk_usage.heavy_visitors():
        above = smallest(partial(disk_usage.above_share, visitor), excess)
        gone += reduce(above, Run.visitor == visitor, FINISHED, recent_views.is_unseen())
    erase_files(excess, FINISHED, recent_views.is_unseen())
    return gone


def shrink_newcomers(excess: Excess) -> int:
    """Delete what newcomers of one address keep above their common share, the newest first, while there is excess."""
    if excess() <= 0:
        return 0
    gone, level = 0, disk_usage.newcomer_level()
    for origin in disk_usage.newcomer_origins():
        visitors = newcomer_status.newcomers_of(origin)
        above = smallest(lambda visitors=visitors: disk_usage.bytes_of(visitors) - level, excess)  # type: ignore[misc]
        gone += reduce(above, Run.visitor.in_(visitors), FINISHED, newest_first=True)
    return gone


def free_reserve() -> int:
    """Delete the oldest of those with standing until the reserve for newcomers is free; return how many runs went.

    What newcomers keep is not counted: filling the reserve does not make others lose more.
    """
    keep_bytes = current_app.config["KEEP_BYTES"]

    def excess() -> int:
        return disk_usage.total_bytes() - disk_usage.newcomer_bytes() - keep_bytes + keep_bytes // RESERVE_PARTS

    return reduce(excess, FINISHED, recent_views.is_unseen(), Run.visitor.not_in(newcomer_status.all_newcomers()))


def smallest(*excesses: Excess) -> Excess:
    """The smallest of several excesses."""
    return lambda: min(each() for each in excesses)


def reduce(excess: Excess, *conditions: Condition, newest_first: bool = False) -> int:
    """Erase files, then delete runs, that meet the conditions until nothing is in excess; return how many runs went."""
    erase_files(excess, *conditions, newest_first=newest_first)
    gone = remove_runs(excess, Run.text_bytes >= LARGE_TEXT_BYTES, *conditions, newest_first=newest_first)
    if excess() > 0 and 2 * disk_usage.text_bytes() > current_app.config["KEEP_BYTES"]:
        gone += remove_runs(excess, *conditions, newest_first=newest_first)
    return gone


def remove_runs(excess: Excess, *conditions: Condition, newest_first: bool) -> int:
    """Delete the oldest runs that meet the conditions until nothing is in excess; return how many went."""
    gone = 0
    while surplus := max(excess(), 0):
        chosen = first_of(texts_of_runs(*conditions, newest_first=newest_first), surplus)
        if not chosen:
            break
        gone += pruning.remove(chosen, *conditions)
        time.sleep(PAUSE_SECONDS)
    return gone


def erase_files(excess: Excess, *conditions: Condition, newest_first: bool = False) -> None:
    """Erase the files of the oldest runs that meet the conditions until nothing is in excess."""
    left: set[str] = set()  # what the store would not remove
    while surplus := max(excess(), 0):
        chosen = first_of(files_of_runs(*conditions, newest_first=newest_first, but=left), surplus)
        if not chosen:
            return
        left |= {*chosen} - {*pruning.erase(chosen)}
        time.sleep(PAUSE_SECONDS)


def first_of(sizes: dict[str, int], surplus: int) -> list[str]:
    """The first that together have so many bytes, or all."""
    chosen = []
    for name, size in sizes.items():
        if surplus <= 0:
            break
        chosen.append(name)
        surplus -= size
    return chosen


def files_of_runs(*conditions: Condition, newest_first: bool, but: Collection[str]) -> dict[str, int]:
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
        .limit(FILES_AT_ONCE)
    )
    with database.reading() as session:
        sizes = dict(session.execute(chosen).all())
        needed = session.scalars(used.where(RunFile.file_id.in_(sizes), not_(and_(*conditions)))).all()
    return {file_id: size for file_id, size in sizes.items() if file_id not in needed}


def texts_of_runs(*conditions: Condition, newest_first: bool) -> dict[str, int]:
    """Sizes of the texts of the oldest runs that meet the conditions, as many as are deleted at once."""
    order = Run.created.desc() if newest_first else Run.created
    found = select(Run.id, Run.text_bytes).where(*conditions).order_by(order).limit(pruning.RUNS_AT_ONCE)
    with database.reading() as session:
        return dict(session.execute(found).all())
