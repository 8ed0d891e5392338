"""The instructor's area: login and the pages that require it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Create the login queue and register the instructor's pages."""
    from hfcourse.classroom import login_queue, views

    login_queue.init_app(app)
    app.register_blueprint(views.bp)
