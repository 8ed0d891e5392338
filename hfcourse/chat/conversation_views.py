"""Views of /discussion/<id>: read, send, stop, regenerate, edit, rename, delete, export."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    has_request_context,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from hfcourse import tokens
from hfcourse.chat import conversation_export, conversation_page, conversations, turn_creation, turn_fragment
from hfcourse.chat import turn_submission as submission
from hfcourse.chat.conversation_page import PageState
from hfcourse.chat.conversations import get_own_conversation_or_404, get_own_turn_or_404
from hfcourse.chat.new_conversation_page import render_new_conversation
from hfcourse.chat.turn_creation import NewTurn
from hfcourse.chat.turn_submission import Composer
from hfcourse.error_messages import ErrorExplanation, make_explanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention.recent_views import get_own_run_or_404
from hfcourse.runs.store import conversation_store, run_store
from hfcourse.runs.store.conversation_models import MAX_CONVERSATION_TITLE_CHARACTERS, Conversation
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.trace.browser_recording import record_submission, record_validation
from hfcourse.spaces import catalogue
from hfcourse.text.typography import typeset_french
from hfcourse.web import error_pages, headers, security
from hfcourse.web.security_log import log_event

bp = Blueprint("conversation", __name__, url_prefix="/discussion")
bp.after_request(headers.forbid_storing)

PROJECTION_PARAMETER = "projeter"  # of the address of a page in large type, for a classroom

ANSWER_PENDING = make_explanation(
    "La réponse précédente arrive encore.",
    "Un message part quand le précédent a reçu sa réponse, pour que le Space les lise dans l’ordre.",
    "Attendez la fin de la réponse, ou arrêtez-la, puis envoyez votre message : il est encore là.",
    status=409,
    practice=False,
)
TITLE_MISSING = "Écrivez un titre."
TITLE_UNPROVEN = typeset_french(
    "Le cookie qui prouve que l’envoi vient de vous manque : votre titre est encore là, renommez de nouveau."
)


@bp.url_defaults
def keep_projection(_endpoint: str, values: dict[str, Any]) -> None:
    """Keep a projected conversation in large type, whatever is done in it."""
    if has_request_context() and request.args.get(PROJECTION_PARAMETER) == "1":
        values.setdefault(PROJECTION_PARAMETER, "1")


@bp.get("/<run_id:conversation_id>")
def show(conversation_id: str) -> ResponseReturnValue:
    """Render a conversation; `tour` chooses a branch, `jusqua` an earlier part, `modifier` a message to edit.

    `projeter=1` is large type, for a classroom.
    """
    conversation = get_own_conversation_or_404(conversation_id)
    edited = request.args.get("modifier")
    turn = get_own_turn_or_404(conversation, edited) if edited else None
    return conversation_page.render_conversation(conversation, PageState(edited=turn))


@bp.get("/<run_id:conversation_id>/tours/<run_id:turn_id>")
def turn(conversation_id: str, turn_id: str) -> ResponseReturnValue:
    """Render one turn as a fragment, which a script appends to the page."""
    conversation = get_own_conversation_or_404(conversation_id)
    stored = get_own_turn_or_404(conversation, turn_id)
    run = get_own_run_or_404(stored.run_id)
    presented = turn_fragment.present_single_turn(conversation, stored, run)
    return render_template("chat/_turn.html", turn=presented, conversation=conversation)


@bp.post("/<run_id:conversation_id>")
@record_validation
def send(conversation_id: str) -> ResponseReturnValue:
    """Send a message after the turn `parent`: redirect to its turn, or render the form again with its errors."""
    conversation = conversations.find_own_conversation(conversation_id)
    if conversation is None:
        return render_conversation_gone()
    branch = conversations.find_branch_before(conversation.id, request.form.get("parent") or None)
    composer: Composer | None = None
    try:
        endpoint, roles = conversation_page.get_posted_roles(conversation.space, conversation.endpoint)
        composer = submission.read_composer(endpoint, roles, find_given_values(branch))
    except CourseError as error:
        return render_rejected_message(conversation, None, error)
    return send_composed(conversation, composer, branch)


def render_conversation_gone() -> ResponseReturnValue:
    """Render the message to a conversation that is not the visitor's, or not any more, as the first of a new one."""
    state = PageState(error=FormRejected("invalid-input"), explanation=conversation_page.CONVERSATION_GONE)
    return render_new_conversation(catalogue.PRACTICE_SPACE_ID, "", state, conversation_page.CONVERSATION_GONE.status)


def send_composed(conversation: Conversation, composer: Composer, branch: list[TurnLink]) -> ResponseReturnValue:
    """Send the message of a form after the last turn of a branch; render a form with a changed table again."""
    if composer.has_row_edit:
        return conversation_page.render_conversation(conversation, PageState(composer))
    if security.is_upload_too_large():
        return render_rejected_message(
            conversation, composer, FormRejected("invalid-input"), error_pages.UPLOAD_TOO_LARGE
        )
    if branch and not branch[-1].is_finished:
        return render_rejected_message(conversation, composer, FormRejected("invalid-input"), ANSWER_PENDING)
    try:
        sent = turn_creation.send_turn(composer, NewTurn(conversation, branch, is_new=False))
    except CourseError as error:
        return render_rejected_message(conversation, composer, error)
    except SQLAlchemyError:
        return render_rejected_message(conversation, composer, FormRejected("not-stored"))
    response = redirect_to_turn(sent.conversation_id, sent.turn_id)
    return response if sent.is_repeated else record_submission(sent.run_id, conversation.space, response)


def find_given_values(branch: list[TurnLink]) -> dict[str, Any] | None:
    """Return the values of the last turn, with which the options of the form were filled."""
    return submission.collect_option_values(run_store.load_run(branch[-1].run_id)) if branch else None


def redirect_to_turn(conversation_id: str, turn_id: str) -> BaseResponse:
    """Redirect to a turn: to its fragment for a script, else to its place in the page."""
    if turn_fragment.is_fragment_requested():
        return redirect(url_for(".turn", conversation_id=conversation_id, turn_id=turn_id), 303)
    return redirect(url_for(".show", conversation_id=conversation_id, tour=turn_id, _anchor=f"tour-{turn_id}"), 303)


def render_rejected_message(
    conversation: Conversation,
    composer: Composer | None,
    error: CourseError,
    explanation: ErrorExplanation | None = None,
) -> ResponseReturnValue:
    """Render a rejected message with all that was typed, and the reason above it."""
    if conversations.find_own_conversation(conversation.id) is None:  # deleted in another tab meanwhile
        return render_conversation_gone()
    status = explanation.status if explanation else conversation_page.get_refusal_status(error)
    return conversation_page.render_conversation(conversation, PageState(composer, error, explanation), status)


@bp.post("/<run_id:conversation_id>/tours/<run_id:turn_id>/refaire")
@record_validation
def regenerate(conversation_id: str, turn_id: str) -> ResponseReturnValue:
    """Send the message of a turn once more, beside that turn."""
    conversation = get_own_conversation_or_404(conversation_id)
    stored = get_own_turn_or_404(conversation, turn_id)
    branch = conversations.find_branch_before(conversation.id, stored.parent_id)
    try:
        endpoint, roles = conversation_page.get_posted_roles(conversation.space, conversation.endpoint)
    except CourseError as error:
        return render_rejected_message(conversation, None, error)
    values = submission.collect_option_values(run_store.load_run(stored.run_id))
    composer = submission.rebind_composer(endpoint, roles, values or {}, stored.text)
    return send_composed(conversation, composer, branch)


@bp.post("/<run_id:conversation_id>/tours/<run_id:turn_id>/arreter")
def stop(conversation_id: str, turn_id: str) -> ResponseReturnValue:
    """Stop the run of a turn; what has arrived is kept."""
    conversation = get_own_conversation_or_404(conversation_id)
    stored = get_own_turn_or_404(conversation, turn_id)
    dispatcher.get_dispatcher().stop_run(stored.run_id)
    return redirect_to_turn(conversation.id, stored.id)


@bp.post("/<run_id:conversation_id>/titre")
def rename(conversation_id: str) -> ResponseReturnValue:
    """Store the title that the visitor gives to a conversation."""
    conversation = get_own_conversation_or_404(conversation_id)
    if not conversations.rename_conversation(conversation.id, request.form.get("titre", "")):
        return render_unnamed(conversation, TITLE_MISSING, 422)
    return redirect(url_for(".show", conversation_id=conversation.id), 303)


def render_unnamed(conversation: Conversation, reason: str, status: int) -> ResponseReturnValue:
    """Render a conversation whose posted title was not stored, with that title and the reason."""
    typed = tokens.mask_tokens(request.form.get("titre", ""))[:MAX_CONVERSATION_TITLE_CHARACTERS]
    state = PageState(extra={"title_error": reason, "typed_title": typed})
    return conversation_page.render_conversation(conversation, state, status)


@bp.get("/<run_id:conversation_id>/supprimer")
def confirm_deletion(conversation_id: str) -> ResponseReturnValue:
    """Ask for confirmation before a conversation is deleted."""
    conversation = get_own_conversation_or_404(conversation_id)
    count = len(conversation_store.list_turn_links(conversation.id))
    return render_template("chat/delete.html", section="chat", conversation=conversation, count=count)


@bp.post("/<run_id:conversation_id>/supprimer")
def delete(conversation_id: str) -> ResponseReturnValue:
    """Delete a conversation with its runs and their files."""
    conversations.delete_conversation(get_own_conversation_or_404(conversation_id).id)
    flash("La discussion est supprimée, avec ses essais.")
    return redirect(url_for("chat.index"), 303)


@bp.get("/<run_id:conversation_id>.<any(md, json):form>")
def export(conversation_id: str, form: str) -> ResponseReturnValue:
    """Send the branch of the page as Markdown, or the whole conversation as JSON."""
    conversation = get_own_conversation_or_404(conversation_id)
    if form == "json":
        parts, kind = conversation_export.iter_json(conversation), "application/json"
    else:
        parts, kind = conversation_export.iter_markdown(conversation, request.args.get("tour")), "text/markdown"
    name = {"Content-Disposition": f"attachment; filename=discussion-{conversation.id}.{form}"}
    encoded = (part.encode(errors="replace") for part in parts)
    return Response(stream_with_context(encoded), mimetype=kind, headers=name)


@bp.errorhandler(CSRFError)
def explain_expired_message(_error: CSRFError) -> ResponseReturnValue:
    """Render a message without a valid CSRF token again, ready to be sent, without its files."""
    log_event("csrf_refused")
    conversation = conversations.find_own_conversation((request.view_args or {})["conversation_id"])
    if conversation and request.endpoint == "conversation.rename":
        return render_unnamed(conversation, TITLE_UNPROVEN, 400)
    if conversation is None or request.endpoint != "conversation.send":
        return error_pages.render_error_page(400, error_pages.CSRF_EXPLANATION)
    composer = conversation_page.read_composer_without_csrf(conversation.space, conversation.endpoint)
    return render_rejected_message(
        conversation, composer, FormRejected("invalid-input"), conversation_page.MESSAGE_UNPROVEN
    )
