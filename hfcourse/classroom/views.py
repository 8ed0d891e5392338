"""The pages of the instructor: /enseignant."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hfcourse import headers, instructors
from hfcourse.typography import french

NOT_SET = (
    "Ce site n’a pas de mot de passe d’enseignant : la personne qui l’a installé le choisit, "
    "dans HFCOURSE_INSTRUCTOR_PASSWORD."
)
WRONG = "Ce n’est pas le mot de passe. Vérifiez les majuscules, puis réessayez."
TOO_MANY = "Trop d’essais : réessayez dans {} s."

bp = Blueprint("classroom", __name__, url_prefix="/enseignant")
bp.after_request(headers.forbid_storing)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The instructor's place; for everybody else its door."""
    if not instructors.is_here():
        return door()
    return render_template("classroom/index.html", hours=instructors.HOURS)


@bp.post("/")
def enter() -> ResponseReturnValue:
    """Let in whoever knows the password, slowly."""
    attempts, address = instructors.attempts(), request.remote_addr or ""
    if seconds := attempts.seconds_left(address):
        return door(TOO_MANY.format(seconds), 429)
    if instructors.is_known(request.form.get("mot-de-passe", "")):
        instructors.enter()
        return redirect(url_for(".index"), 303)
    attempts.fail(address)
    return door(WRONG if current_app.config["INSTRUCTOR_PASSWORD"] else NOT_SET, 400)


@bp.post("/sortir")
def leave() -> ResponseReturnValue:
    """Leave the instructor's place."""
    instructors.leave()
    return redirect(url_for(".index"), 303)


def door(wrong: str = "", status: int = 200) -> ResponseReturnValue:
    """The form that asks for the password, which is never sent back."""
    return render_template("classroom/door.html", wrong=french(wrong)), status
