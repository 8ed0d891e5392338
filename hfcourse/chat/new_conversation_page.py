"""Page of a new conversation: the form of its first message, and the list of those that exist."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from hfcourse import tokens, visitors
from hfcourse.chat import chat_roles, conversation_page, conversations, turn_submission
from hfcourse.chat.conversation_page import PageState
from hfcourse.errors import CourseError, FormRejected
from hfcourse.runs.store import run_store
from hfcourse.runs.store.search_text import MAX_QUERY_CHARACTERS
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import resolver


def render_new_conversation(
    space_id: str, endpoint_name: str, state: PageState, status: int = 200
) -> ResponseReturnValue:
    """Render the form of the first message to a Space, or why there is none."""
    space_id = catalogue.extract_space_id(space_id) or space_id
    endpoints, composer, refusal = [], state.composer, None
    try:
        if not catalogue.is_space_id(space_id) or tokens.contains_token(space_id):
            raise FormRejected("space-not-found")
        endpoints = chat_roles.list_chat_endpoints(resolver.connect_to_space(space_id).description)
    except CourseError as error:
        refusal = error
    if endpoints and composer is None:
        chosen = next((each for each in endpoints if each[0].name == endpoint_name), endpoints[0])
        composer = turn_submission.bind_composer(*chosen, text=conversation_page.read_typed_message())
    words, page = read_search()
    listed, has_older = conversations.list_conversations(visitors.get_visitor(), words, page)
    body = render_template(
        "chat/index.html",
        section="chat",
        space_id=space_id,
        endpoints=endpoints,
        endpoint_name=endpoint_name,
        composer=composer,
        conversations=listed,
        has_older=has_older,
        page=page,
        words=words,
        recent=run_store.list_recent_spaces(visitors.get_visitor()),
        **conversation_page.build_error_context(space_id, state.error or refusal, state),
        **conversation_page.build_composer_context(),
    )
    return body, status if state.error or state.explanation or refusal is None else refusal.explanation.status


def read_search() -> tuple[str, int]:
    """Return the words and the page, from 0, of the list."""
    number = request.args.get("page", "")
    page = min(int(number), 10_000) - 1 if number.isascii() and number.isdecimal() and len(number) < 6 else 0
    return tokens.mask_tokens(request.args.get("q", "")[:MAX_QUERY_CHARACTERS].strip()), max(page, 0)
