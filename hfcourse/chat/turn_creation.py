"""Creation of a turn: the run of a message, its row, and the conversation that it may begin."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import request

from hfcourse import visitors
from hfcourse.chat import conversation_history, conversations
from hfcourse.chat.chat_roles import ChatRoles
from hfcourse.chat.conversation_history import History
from hfcourse.chat.turn_submission import OWN_MESSAGE, Composer
from hfcourse.errors import FormRejected
from hfcourse.files.file_store import FileHandle
from hfcourse.playground import run_submission
from hfcourse.runs.store import search_text
from hfcourse.runs.store.conversation_models import Conversation
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.values.file_refs import FileNumberer
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

TURN_FIELD, TURN_ID_PATTERN = "tour", re.compile(r"[\w-]{16,24}", re.ASCII)  # id of the turn that a form creates


@dataclass(frozen=True)
class NewTurn:
    """Place of a new turn: its conversation, whose first turn it may be, and the branch that it continues."""

    conversation: Conversation
    branch: Sequence[TurnLink]
    is_new: bool


def make_conversation(space: str, endpoint: Endpoint, roles: ChatRoles, title: str) -> Conversation:
    """Return a conversation that is not stored yet."""
    return Conversation(
        id=conversations.make_id(),
        visitor=visitors.get_or_create_visitor(),
        space=space,
        endpoint=endpoint.name,
        title=title,
        message_name=roles.message.name if roles.message else None,
        history_name=roles.history.name if roles.history else None,
        answer_index=roles.answer_index,
        returns_history=roles.returns_history,
    )


class SentTurn(NamedTuple):
    """Ids of a turn that was stored, of its run and of its conversation; `is_repeated` if it was there already."""

    turn_id: str
    run_id: str
    conversation_id: str
    is_repeated: bool = False


def send_turn(composer: Composer, place: NewTurn) -> SentTurn:
    """Create the run of a message, and its turn; a form that is posted twice, by a double click, creates one.

    Raises:
        FormRejected: as `run_submission.create_and_enqueue_run`, and for an invalid field.
        SQLAlchemyError: the database failed.
    """
    values, text, turn_id = forms.validate_form(composer.form), make_storable(composer.message.text), read_proposed_id()
    # Only one query tells whether the form was sent before: between two of them its turn may be stored.
    if turn_id and conversations.has_turn(turn_id):
        if repeated := find_repeated_turn(turn_id, text):
            return repeated
        turn_id = ""  # of another message of this form, or of another visitor
    try:
        return create_turn(composer, place, values, text, turn_id or conversations.make_id())
    except FormRejected:
        repeated = find_repeated_turn(turn_id, text)  # the same form, whose turn was stored meanwhile
        if repeated is None:
            raise
        return repeated


def find_repeated_turn(turn_id: str, text: str) -> SentTurn | None:
    """Return the turn of the visitor with this id and this message, None if there is none."""
    found = conversations.find_own_turn(turn_id)
    if found is None or found.text != text:
        return None
    return SentTurn(found.id, found.run_id, found.conversation_id, is_repeated=True)


def read_proposed_id() -> str:
    """Return the id that the form proposes for its turn, '' if it is malformed."""
    proposed = request.form.get(TURN_FIELD, "")
    return proposed if TURN_ID_PATTERN.fullmatch(proposed) else ""


def create_turn(composer: Composer, place: NewTurn, values: dict[str, Any], text: str, turn_id: str) -> SentTurn:
    """Create the run of a message, and its turn, with validated values.

    Raises:
        FormRejected: as `run_submission.create_and_enqueue_run`, and if there is a turn with this id.
    """
    conversation = place.conversation
    history = conversation_history.collect_history(place.branch, composer.roles) if composer.roles.history else None
    turn = {
        "id": turn_id,
        "conversation_id": conversation.id,
        "parent_id": place.branch[-1].id if place.branch else None,
        "text": text,
        "omitted_messages": history.omitted_messages if history else 0,
    }
    columns = {each.name: getattr(conversation, each.name) for each in Conversation.__table__.columns}
    searched = describe_for_search(composer, values) if history else None
    insertion = conversations.build_insertion(columns, turn, is_new=place.is_new, search_columns=searched)
    arguments = build_turn_arguments(composer.roles, values, history)
    run_id = run_submission.create_and_enqueue_run(conversation.space, composer.endpoint, arguments, insertion)
    return SentTurn(turn_id, run_id, conversation.id)


def make_storable(text: str) -> str:
    """Return the text without what a database rejects: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


def build_turn_arguments(roles: ChatRoles, values: Mapping[str, Any], history: History | None) -> dict[str, Any]:
    """Return a value for each parameter of the endpoint, the history of the branch among them."""
    own = dict(values)
    if roles.history is None or history is None:
        return own
    messages = history.messages
    if roles.message is None:
        messages = conversation_history.append_message(messages, roles, own.pop(OWN_MESSAGE.name))
    return own | {roles.history.name: messages}


def describe_for_search(composer: Composer, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the search columns of a run without its history: each message is found once, in its own run."""
    files = FileNumberer(FileHandle)
    inputs = {name: files.extract_files(name, value) for name, value in values.items()}
    parameters = [{"name": each.parameter.name, "label": each.parameter.label} for each in composer.form.fields]
    return search_text.build_search_columns(parameters, inputs, [file.name for _, file in files.files])
