"""Conversations with Spaces, above `playground`: /discussion. A turn of a conversation is a run."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, and what the pages of Spaces and the streams of runs need of them."""
    from hfcourse.chat import chat_roles, conversation_views, conversations, turn_fragment, views
    from hfcourse.runs.live import fragments

    fragments.register_renderer(app, turn_fragment.EMBED_CHAT, turn_fragment.render_turn_of_run)
    app.jinja_env.globals["find_chat_endpoint"] = chat_roles.find_chat_endpoint
    app.jinja_env.globals["make_turn_id"] = conversations.make_id
    for pages in (views, conversation_views):
        app.register_blueprint(pages.bp)
