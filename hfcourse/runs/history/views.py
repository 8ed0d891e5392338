"""What is done with the list of one's runs: delete one or all, take one or all away. Under /essais too."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from hfcourse import database, visitors
from hfcourse.runs.history import archives, queries, report
from hfcourse.runs.history.queries import Filter
from hfcourse.runs.retention.recent_views import mine
from hfcourse.web import headers, template_globals

bp = Blueprint("history", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)


@bp.get("/<run_id:run_id>/supprimer")
def ask_one(run_id: str) -> ResponseReturnValue:
    """Ask before one run is deleted."""
    return render_template("runs/delete_one.html", section="runs", run=mine(run_id))


@bp.post("/<run_id:run_id>/supprimer")
def delete_one(run_id: str) -> ResponseReturnValue:
    """Delete one run; one that goes on is stopped first."""
    queries.delete([mine(run_id).id])
    flash("L’essai est supprimé, avec les fichiers qui n’étaient qu’à lui.")
    return redirect(url_for("runs.index"), 303)


@bp.get("/supprimer")
def ask_several() -> ResponseReturnValue:
    """Ask before the runs that the filter lets pass are deleted: how many, and up to which one."""
    visitor = visitors.current()
    asked = filter_of(visitor, request.args)
    newest = queries.lines_of(visitor, asked, most=1) if visitor else []
    if not visitor or not newest or not asked.is_understood:
        return redirect(the_list(request.args))
    return render_template(
        "runs/delete_several.html",
        section="runs",
        asked=asked,
        count=queries.count(visitor, asked),
        until=newest[0].place,
        outcome=queries.OUTCOMES[asked.outcome][0] if asked.outcome else "",
    )


@bp.post("/supprimer")
def delete_several() -> ResponseReturnValue:
    """Delete the runs that the filter lets pass, all of them without one; none if it makes no sense."""
    visitor = visitors.current()
    asked = filter_of(visitor, request.form)
    if not visitor or not asked.is_understood:
        return redirect(the_list(request.form), 303)
    gone = sum(queries.delete(run_ids) for run_ids in queries.all_ids(visitor, asked, request.form.get("jusqua")))
    flash(f"{gone} essais sont supprimés." if gone > 1 else "L’essai est supprimé." if gone else "Rien à supprimer.")
    return redirect(url_for("runs.index"), 303)


def filter_of(visitor: str | None, asked: Mapping[str, str]) -> Filter:
    """The filter that was asked for, of this visitor's list."""
    return Filter.of(asked, queries.spaces_of(visitor) if visitor else [])


def the_list(asked: Mapping[str, str]) -> str:
    """The address of the list with the same filter; it says what is wrong with it."""
    fields: dict[str, Any] = {name: asked[name] for name in queries.FIELDS.values() if asked.get(name)}
    return url_for("runs.index", **fields)


@bp.get("/<run_id:run_id>.md")
def as_markdown(run_id: str) -> ResponseReturnValue:
    """One run as a report to read, and to hand in."""
    written = report.report(mine(run_id)).encode(errors="replace")
    return Response(written, mimetype="text/markdown", headers=attached(f"essai-{run_id}.md"))


@bp.get("/archive.zip")
def archive() -> ResponseReturnValue:
    """All of the visitor's runs with their files, written while it is sent."""
    name = f"essais-{template_globals.local(database.now()):%Y-%m-%d}.zip"
    pieces = stream_with_context(archives.archive(visitors.current()))
    return Response(pieces, mimetype="application/zip", headers=attached(name))


def attached(name: str) -> dict[str, str]:
    """The headers of what is kept, not shown."""
    return {"Content-Disposition": f"attachment; filename={name}"}
