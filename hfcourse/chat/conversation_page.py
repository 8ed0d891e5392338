"""Page of a conversation, and of a new one: in each of their states, with the form of the next message."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse import tokens
from hfcourse.chat import chat_roles, conversations
from hfcourse.chat.chat_roles import ChatRoles
from hfcourse.chat.conversations import Branch
from hfcourse.chat.turn_presenter import PresentedBranch, PresentedTurn, present_branch
from hfcourse.chat.turn_submission import (
    MESSAGE_FIELD,
    Composer,
    bind_composer,
    collect_option_values,
    read_composer,
)
from hfcourse.error_messages import ErrorExplanation, make_explanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.playground import badges, space_page, space_page_context
from hfcourse.runs.store import run_store
from hfcourse.runs.store.conversation_models import Conversation, Turn
from hfcourse.spaces import catalogue
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.error_summary import ErrorSummary
from hfcourse.spaces.form.rendering_budget import RenderingBudget
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.text.typography import typeset_french

MAX_LINKED_CHARACTERS = 1_000

MESSAGE_UNPROVEN = make_explanation(
    "Cette page n’a pas pu prouver que l’envoi vient de vous.",
    "Le cookie du site qui le prouve manque : il a été effacé, ou votre navigateur le refuse.",
    "Votre message est encore là, sans ses fichiers : envoyez-le de nouveau.",
    "Si cela se répète, autorisez les cookies de ce site dans votre navigateur.",
    status=400,
    practice=False,
)

CONVERSATION_GONE = make_explanation(
    "Cette discussion n’existe plus.",
    "Elle a été supprimée, peut-être dans un autre onglet, ou son adresse est incomplète.",
    "Votre message est encore là, pour une nouvelle discussion : choisissez le Space, puis envoyez-le.",
    status=404,
    practice=False,
)

MESSAGE_INVALID = make_explanation(
    "Une valeur ne convient pas.",
    "Votre message n’est donc pas parti.",
    "Corrigez ce qui est signalé, puis envoyez-le de nouveau : il est encore là.",
    status=400,
    practice=False,
)


@dataclass(frozen=True)
class PageState:
    """What a page shows besides the conversation.

    Attributes:
        composer: the posted form, None for a fresh one.
        error: why the message was not sent.
        explanation: that error in other words than those of its code.
        edited: the turn whose message is edited.
        extra: more variables of the template.
    """

    composer: Composer | None = None
    error: CourseError | None = None
    explanation: ErrorExplanation | None = None
    edited: Turn | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def find_roles(description: Description, endpoint_name: str) -> tuple[Endpoint, ChatRoles]:
    """Return the endpoint and its roles.

    Raises:
        FormRejected: `endpoint-gone`.
    """
    endpoint = description.find_endpoint(endpoint_name)
    roles = chat_roles.find_chat_roles(endpoint) if endpoint else None
    if endpoint is None or roles is None:
        raise FormRejected("endpoint-gone")
    return endpoint, roles


def get_posted_roles(space_id: str, endpoint_name: str) -> tuple[Endpoint, ChatRoles]:
    """Return the endpoint of a posted message and its roles; waits for the practice Space.

    Raises:
        CourseError: as `space_page.get_posted_endpoint`; `endpoint-gone` if it holds no conversation any more.
    """
    endpoint = space_page.get_posted_endpoint(space_id, endpoint_name or find_default_endpoint(space_id))
    roles = chat_roles.find_chat_roles(endpoint)
    if roles is None:
        raise FormRejected("endpoint-gone")
    return endpoint, roles


def find_default_endpoint(space_id: str) -> str:
    """Return the name of the endpoint for a message that names none: its page was rendered while the Space slept.

    Raises:
        CourseError: the Space does not respond; `space-not-found`.
    """
    if not catalogue.is_space_id(space_id) or tokens.contains_token(space_id):
        raise FormRejected("space-not-found")
    description = resolver.connect_to_space(space_id, space_page.POST_WAKE_TIMEOUT_SECONDS).description
    return chat_roles.find_chat_endpoint(description) or ""


def read_linked_message() -> str:
    """Return the first message that a link brings, possible tokens masked."""
    return tokens.mask_tokens(request.args.get(MESSAGE_FIELD, "")[:MAX_LINKED_CHARACTERS].strip())


def read_typed_message() -> str:
    """Return the message that was posted, else that of a link, possible tokens masked."""
    return tokens.mask_tokens(request.form.get(MESSAGE_FIELD, "")) or read_linked_message()


def read_composer_without_csrf(space_id: str, endpoint_name: str) -> Composer | None:
    """Return the form of a message without a valid CSRF token, its tokens masked; None if there is none now."""
    try:
        composer = read_composer(*get_posted_roles(space_id, endpoint_name), is_csrf_valid=False)
    except CourseError:
        return None
    forms.mask_form_tokens(composer.form)
    return composer


def render_conversation(conversation: Conversation, state: PageState, status: int = 200) -> ResponseReturnValue:
    """Render a conversation: the branch of the requested turn, and the form of the next message."""
    branch = conversations.load_branch(conversation.id, request.args.get("tour") or request.form.get("parent"))
    if state.edited:
        branch = cut_branch(branch, state.edited)
    shown = present_branch(conversation, branch, request.args.get("jusqua"))
    composer, refusal = bind_page_composer(conversation, branch, state)
    error = state.error or refusal
    body = render_template(
        "chat/show.html",
        section="chat",
        conversation=conversation,
        branch=branch,
        shown=shown,
        pending=find_pending(shown),
        composer=composer,
        edited=state.edited,
        **build_error_context(conversation.space, error, state),
        **build_composer_context(),
        **state.extra,
    )
    return body, status


def cut_branch(branch: Branch, turn: Turn) -> Branch:
    """Return the branch before this turn."""
    links = [each.id for each in branch.links]
    return Branch(branch.links[: links.index(turn.id)] if turn.id in links else branch.links, branch.siblings)


def find_pending(shown: PresentedBranch) -> PresentedTurn | None:
    """Return the last turn if its run has not finished, else None."""
    last = shown.turns[-1] if shown.turns else None
    return last if last and not last.run.is_finished else None


def bind_page_composer(
    conversation: Conversation, branch: Branch, state: PageState
) -> tuple[Composer | None, CourseError | None]:
    """Return the posted form, else a fresh one with the options of the last turn; or why the Space has none now."""
    if state.composer:
        return state.composer, None
    try:
        description = resolver.connect_to_space(conversation.space).description
        endpoint, roles = find_roles(description, conversation.endpoint)
    except CourseError as error:
        return None, error
    source = state.edited.run_id if state.edited else branch.last.run_id if branch.last else None
    values = collect_option_values(run_store.load_run(source)) if source else None
    return bind_composer(endpoint, roles, values, state.edited.text if state.edited else None), None


def build_error_context(space_id: str, error: CourseError | None, state: PageState) -> dict[str, Any]:
    """Return the explanation of the page's error, and the ways out of it."""
    entry = space_page_context.get_catalogue_entry(space_id)
    summary = state.composer.error_summary if state.composer and state.error else None
    return {
        "entry": entry,
        "error": error,
        "error_summary": summary,
        "explanation": state.explanation or (choose_chat_explanation(error, summary) if error else None),
        "recovery_actions": badges.build_recovery_actions(entry, error.code) if error else [],
        "is_rejected": state.error is not None or state.explanation is not None,
        "is_waking": error is not None and error.code in badges.AUTO_REFRESH_CODES,
    }


def choose_chat_explanation(error: CourseError, summary: ErrorSummary | None) -> ErrorExplanation:
    """Return the explanation of an error: that of its code, or of a form with invalid values."""
    if error.code != "invalid-input" or not summary or not summary.errors:
        return error.explanation
    if summary.total_count == 1:
        return MESSAGE_INVALID
    return replace(MESSAGE_INVALID, sentence=typeset_french(f"{summary.total_count} valeurs ne conviennent pas."))


def build_composer_context() -> dict[str, Any]:
    """Return what the fields of a form need, and the posted values where no form can be rendered."""
    return {
        "rendering_budget": RenderingBudget(),
        "upload_limit_bytes": current_app.config["UPLOAD_LIMIT_BYTES"],
        "typed_message": read_typed_message(),
        "posted_values": space_page_context.collect_posted_values() if request.method == "POST" else [],
    }


def get_refusal_status(error: CourseError) -> int:
    """Return the status of a page that renders a rejected message."""
    return error.explanation.rejection_status
