"""The instructor's place: who may enter it, and what only they see."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Start the login queue, and register the pages of the instructor."""
    from hfcourse.classroom import login_queue, views

    login_queue.init_app(app)
    app.register_blueprint(views.bp)
