"""The pages of the instructor: /enseignant."""

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from hfcourse import instructors
from hfcourse.classroom import login_links, login_queue, preparation
from hfcourse.lessons import library, single_page
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.registry import catalogue_states
from hfcourse.text.typography import format_duration, typeset_french
from hfcourse.web import headers, template_globals
from hfcourse.web.security_log import log_event

CLOSED_MESSAGE = (
    "Ce site n’a pas de mot de passe pour enseigner : la personne qui l’a installé le choisit, "
    "dans HFCOURSE_INSTRUCTOR_PASSWORD."
)
WRONG_ENTRY_MESSAGE = "Ce n’est pas le mot de passe. Vérifiez les majuscules, puis réessayez."
QUEUE_FULL_MESSAGE = (
    "Trop d’essais attendent leur tour : réessayez dans {} s, ou entrez depuis l’ordinateur où tourne le site. "
    "Sinon, demandez à qui l’a installé un lien d’entrée : la commande « flask instructor-link » en donne un."
)
INVALID_LINK_MESSAGE = (
    "Ce lien ne sert plus : il vaut dix minutes et n’ouvre qu’une fois. "
    "Demandez-en un autre avec « flask instructor-link », ou saisissez le mot de passe."
)
ATTEMPT_SESSION_KEY = "login_attempt"

bp = Blueprint("classroom", __name__, url_prefix="/enseignant")
bp.after_request(headers.forbid_storing)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Render the instructor's area if logged in; else handle a link, a queued attempt or the login form.

    Only a GET request redeems a link: HEAD and prefetch requests leave it valid.
    """
    if (code := request.args.get("code")) is not None:
        return log_in_by_link(code)
    if instructors.is_logged_in():
        return render_template("classroom/index.html", **collect_preparation())
    attempt = session.get(ATTEMPT_SESSION_KEY)
    return render_attempt(attempt) if isinstance(attempt, str) else render_login_form()


def collect_preparation() -> dict[str, object]:
    """Return the template context of the instructor's area; it contains no data of students."""
    times = preparation.collect_lesson_times()
    return {
        "hours": instructors.SESSION_HOURS,
        "times": times,
        "totals": {
            "reading": sum(each.lesson.front.reading_minutes for each in times),
            "exercise": sum(each.lesson.front.exercise_minutes for each in times),
            "class": sum(each.class_minutes for each in times),
        },
        "plans": [] if preparation.check_plans() else preparation.read_plans(),
        "states": preparation.collect_space_states(),
        "hub_state": hub_api.get_hub_state(),
        "due_facts": library.get_due_facts(template_globals.get_today()),
    }


@bp.post("/espaces")
def refresh_spaces() -> ResponseReturnValue:
    """Refresh the states of the Spaces from the Hub, within a short timeout, then redirect."""
    if instructors.is_logged_in():
        catalogue_states.refresh_states()
    return redirect(url_for(".index", _anchor="espaces"), 303)


@bp.get("/cours.html", endpoint="export")
def download_course() -> ResponseReturnValue:
    """Serve the whole course as one file, to hand out before a session without network."""
    if not instructors.is_logged_in():
        return redirect(url_for(".index"), 303)
    response = make_response(single_page.render_course_export(request.url_root.rstrip("/")))
    response.headers["Content-Disposition"] = 'attachment; filename="hfcourse.html"'
    return response


@bp.post("/", endpoint="enter")
def submit_login() -> ResponseReturnValue:
    """Submit a login attempt to the queue, which throttles password guessing."""
    if not current_app.config["INSTRUCTOR_PASSWORD"]:
        return render_login_form(CLOSED_MESSAGE, 400)
    is_right = instructors.check_password(request.form.get("mot-de-passe", ""))
    if isinstance(earlier := session.pop(ATTEMPT_SESSION_KEY, None), str):
        login_queue.cancel_attempt(earlier)
    try:
        attempt = session[ATTEMPT_SESSION_KEY] = login_queue.submit_attempt(is_right)
    except login_queue.LoginQueueFull:
        log_login("login_queue_full")
        return render_login_form(QUEUE_FULL_MESSAGE.format(login_queue.WINDOW_SECONDS), 429)
    return render_attempt(attempt)


def render_attempt(attempt: str) -> ResponseReturnValue:
    """Render the result of an attempt, or a page that polls while it is queued."""
    turn = login_queue.poll_attempt(attempt)
    if turn is not None and not turn.is_decided:
        if request.method == "POST":
            log_login("login_delayed")
        page = render_template("classroom/login_queue.html", wait=format_duration(turn.wait_seconds))
        return page, 202, {"Refresh": f"{login_queue.POLL_INTERVAL_SECONDS}; url={url_for('.index')}"}
    session.pop(ATTEMPT_SESSION_KEY, None)
    if turn is None:
        return render_login_form()
    if not turn.is_right:
        log_login("login_refused")
        return render_login_form(WRONG_ENTRY_MESSAGE, 400)
    log_login("login_succeeded")
    return complete_login()


def log_in_by_link(code: str) -> ResponseReturnValue:
    """Log in with an unused link and redirect, so that the address no longer contains the code."""
    if request.method != "GET" or "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return "", 204
    if not login_links.redeem_code(code):
        if instructors.is_logged_in():
            return redirect(url_for(".index"), 303)
        log_login("login_link_refused")
        return render_login_form(INVALID_LINK_MESSAGE, 400)
    if isinstance(earlier := session.pop(ATTEMPT_SESSION_KEY, None), str):
        login_queue.cancel_attempt(earlier)
    log_login("login_link_used")
    return complete_login()


def complete_login() -> ResponseReturnValue:
    """Create a session and remember the device for the login queue."""
    instructors.log_in()
    response = make_response(redirect(url_for(".index"), 303))
    instructors.remember_device(response)
    return response


def log_login(event: str) -> None:
    """Write a login event to the security log, with its queue lane and its source."""
    lane = login_queue.get_request_lane().partition(":")[0]
    log_event(event, lane=lane, source=login_queue.get_request_source())


@bp.post("/sortir", endpoint="leave")
def submit_logout() -> ResponseReturnValue:
    """Delete the session on the server: it ends for every copy of the cookie."""
    instructors.log_out()
    log_event("logout")
    return redirect(url_for(".index"), 303)


@bp.post("/sortir-partout", endpoint="leave_everywhere")
def submit_logout_everywhere() -> ResponseReturnValue:
    """Delete the instructor's sessions of all browsers; login required."""
    if instructors.is_logged_in():
        instructors.log_out(everywhere=True)
        log_event("logout_everywhere")
    return redirect(url_for(".index"), 303)


def render_login_form(wrong: str = "", status: int = 200) -> ResponseReturnValue:
    """Render the login form; the password is never sent back."""
    return render_template("classroom/login.html", wrong=typeset_french(wrong)), status
