"""Views of /discussion: the visitor's conversations, the first message of a new one."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.chat import conversation_page, conversations, turn_creation, turn_submission
from hfcourse.chat.conversation_page import PageState
from hfcourse.chat.new_conversation_page import render_new_conversation
from hfcourse.chat.turn_creation import NewTurn
from hfcourse.errors import CourseError, FormRejected
from hfcourse.runs.trace.browser_recording import record_submission, record_validation
from hfcourse.spaces import catalogue
from hfcourse.web import error_pages, headers, security
from hfcourse.web.security_log import log_event

bp = Blueprint("chat", __name__, url_prefix="/discussion")
bp.after_request(headers.forbid_storing)


@bp.get("/", strict_slashes=False)
def index() -> ResponseReturnValue:
    """Render the conversations and the form of a new one, with the practice Space by default.

    A link may bring the text of the first message, `message`: the visitor reads it before sending it.
    """
    space_id = request.args.get("espace", "").strip() or catalogue.PRACTICE_SPACE_ID
    return render_new_conversation(space_id, request.args.get("point", ""), PageState())


@bp.post("/", strict_slashes=False)
@record_validation
def start() -> ResponseReturnValue:
    """Create a conversation with its first message: redirect to it, or render the form again with its errors."""
    space_id, endpoint_name = request.form.get("space", ""), request.form.get("endpoint", "")
    composer = None
    try:
        endpoint, roles = conversation_page.get_posted_roles(space_id, endpoint_name)
        composer = turn_submission.read_composer(endpoint, roles)
        if composer.has_row_edit:
            return render_new_conversation(space_id, endpoint_name, PageState(composer))
        if security.is_upload_too_large():
            state = PageState(composer, FormRejected("invalid-input"), error_pages.UPLOAD_TOO_LARGE)
            return render_new_conversation(space_id, endpoint_name, state, error_pages.UPLOAD_TOO_LARGE.status)
        title = conversations.make_title(composer.message.text)
        conversation = turn_creation.make_conversation(space_id, endpoint, roles, title)
        sent = turn_creation.send_turn(composer, NewTurn(conversation, [], is_new=True))
    except CourseError as error:
        return render_new_conversation(
            space_id, endpoint_name, PageState(composer, error), conversation_page.get_refusal_status(error)
        )
    except SQLAlchemyError:
        refusal = FormRejected("not-stored")
        return render_new_conversation(
            space_id, endpoint_name, PageState(composer, refusal), conversation_page.get_refusal_status(refusal)
        )
    response = redirect(url_for("conversation.show", conversation_id=sent.conversation_id), 303)
    return response if sent.is_repeated else record_submission(sent.run_id, space_id, response)


@bp.errorhandler(CSRFError)
def explain_expired_form(_error: CSRFError) -> ResponseReturnValue:
    """Render a first message without a valid CSRF token again, ready to be sent, without its files."""
    log_event("csrf_refused")
    space_id, endpoint_name = request.form.get("space", ""), request.form.get("endpoint", "")
    composer = conversation_page.read_composer_without_csrf(space_id, endpoint_name)
    state = PageState(composer, FormRejected("invalid-input"), conversation_page.MESSAGE_UNPROVEN)
    return render_new_conversation(space_id, endpoint_name, state, conversation_page.MESSAGE_UNPROVEN.status)
