"""The page of a Space and the form that makes a run, above `spaces` and `runs`: /espaces."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of the Spaces."""
    from hfcourse.playground import space_page, views
    from hfcourse.runs.retention import recent_views
    from hfcourse.runs.store import run_store

    space_page.init_app(
        app,
        values_of_run=recent_views.load_viewed_values,
        faults_of_run=run_store.find_validation_errors,
        recent_spaces=run_store.list_recent_spaces,
    )
    app.register_blueprint(views.bp)
