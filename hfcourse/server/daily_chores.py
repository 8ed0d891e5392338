"""Registry of the functions that delete expired data once a day, in an application context."""

from collections.abc import Callable

from flask import Flask, current_app

Chore = Callable[[], object]


def add_daily_chore(app: Flask, chore: Chore) -> None:
    """Register a function for the daily maintenance and for `flask prune`."""
    app.extensions.setdefault("daily_chores", []).append(chore)


def get_daily_chores() -> list[Chore]:
    """Return the registered functions, in order."""
    chores: list[Chore] = current_app.extensions.get("daily_chores", [])
    return chores
