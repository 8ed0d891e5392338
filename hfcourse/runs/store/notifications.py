"""In-process publish/subscribe: notify the listeners of a run when something of it is stored.

The change itself is in the database, which other processes poll: see `run_watcher`.
"""

from collections.abc import Callable, Collection

from flask import Flask, current_app

ChangeListener = Callable[[str], None]
PositionListener = Callable[[Collection[str]], None]


def notify_changed(run_id: str) -> None:
    """Publish that this run has changed."""
    for callback in current_app.extensions.get("news", ()):
        callback(run_id)


def notify_position(run_ids: Collection[str]) -> None:
    """Publish that these runs have moved in the queue of this process, which the database does not record."""
    for callback in current_app.extensions.get("moves", ()):
        callback(run_ids)


def subscribe(app: Flask, on_changed: ChangeListener, on_moved: PositionListener) -> None:
    """Register callbacks: `on_changed` for the id of each changed run, `on_moved` for the moved ones; both fast."""
    app.extensions.setdefault("news", []).append(on_changed)
    app.extensions.setdefault("moves", []).append(on_moved)
