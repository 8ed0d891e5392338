"""Renderers of a run in progress for the pages of other features, which embed it: by the `dans` of their requests."""

from collections.abc import Callable

from flask import Flask, current_app

from hfcourse.runs.store.models import Run

FragmentRenderer = Callable[[Run], str]


def register_renderer(app: Flask, name: str, render: FragmentRenderer) -> None:
    """Render runs with this function where `dans` is this name."""
    app.extensions.setdefault("run_fragments", {})[name] = render


def get_renderer(name: str) -> FragmentRenderer | None:
    """Return the renderer of this name, None for any other."""
    renderers: dict[str, FragmentRenderer] = current_app.extensions.get("run_fragments", {})
    return renderers.get(name)
