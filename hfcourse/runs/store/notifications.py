"""In-process publish/subscribe: notify the listeners of a run when something of it is stored.

The change itself is in the database, which other processes poll: see `run_watcher`.
"""

from collections.abc import Callable, Collection

from flask import Flask, current_app

ChangeListener = Callable[[str], None]
PositionListener = Callable[[Collection[str]], None]


def notify_changed(run_id: str) -> None:
    """Publish that this run has changed."""
    for heard in current_app.extensions.get("news", ()):
        heard(run_id)


def notify_position(run_ids: Collection[str]) -> None:
    """Publish that these runs have moved in the queue of this process, which the database does not record."""
    for heard in current_app.extensions.get("moves", ()):
        heard(run_ids)


def subscribe(app: Flask, heard: ChangeListener, heard_moved: PositionListener) -> None:
    """Register callbacks: `heard` for the id of each changed run, `heard_moved` for the moved ones; both fast."""
    app.extensions.setdefault("news", []).append(heard)
    app.extensions.setdefault("moves", []).append(heard_moved)
