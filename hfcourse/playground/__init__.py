"""The page of a Space and the form that creates a run, above `spaces` and `runs`: /espaces, POST /essais."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of the Spaces, and the creation of runs on the blueprint of the runs."""
    from hfcourse.playground import run_submission, space_page, views

    space_page.init_app(app)
    for pages in (views, run_submission):
        app.register_blueprint(pages.bp)
