"""The lessons: Markdown in `content/`, rendered once, served at /lecons."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Load the lessons and register their pages."""
    from hfcourse.lessons import back_links, library, page_cache, troubleshooting_views, views
    from hfcourse.lessons.exercises import progress_store

    for part in (library, page_cache, back_links, progress_store):
        part.init_app(app)
    for pages in (views, troubleshooting_views):
        app.register_blueprint(pages.bp)
