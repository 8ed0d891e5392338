"""Telling those who follow a run in this process that something happened to it, at the moment it is stored.

What happened is in the database, where the processes that are not told find it too: see following.py.
"""

from collections.abc import Callable

from flask import Flask, current_app

Heard = Callable[[str], None]


def tell(run_id: str) -> None:
    """Something of this run has changed."""
    for heard in current_app.extensions.get("news", ()):
        heard(run_id)


def listen(app: Flask, heard: Heard) -> None:
    """Call `heard` with the id of each run that changes here; it must return at once."""
    app.extensions.setdefault("news", []).append(heard)
