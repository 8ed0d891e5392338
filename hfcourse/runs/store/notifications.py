"""Telling those who follow a run in this process that something happened to it, at the moment it is stored.

What happened is in the database, where the processes that are not told find it too: see following.py.
"""

from collections.abc import Callable, Collection

from flask import Flask, current_app

ChangeListener = Callable[[str], None]
PositionListener = Callable[[Collection[str]], None]


def notify_changed(run_id: str) -> None:
    """Something of this run has changed."""
    for heard in current_app.extensions.get("news", ()):
        heard(run_id)


def notify_position(run_ids: Collection[str]) -> None:
    """These runs have another place in the line of this process, of which the database knows nothing."""
    for heard in current_app.extensions.get("moves", ()):
        heard(run_ids)


def subscribe(app: Flask, heard: ChangeListener, heard_moved: PositionListener) -> None:
    """Call `heard` with the id of each run that changes here, `heard_moved` with those that move; both quickly."""
    app.extensions.setdefault("news", []).append(heard)
    app.extensions.setdefault("moves", []).append(heard_moved)
