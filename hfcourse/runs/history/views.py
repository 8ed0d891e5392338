"""Views of the run list under /essais: delete one or all runs, download a report or an archive."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from hfcourse import database, visitors
from hfcourse.runs.history import archives, queries, report
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.retention.recent_views import get_own_run_or_404, get_viewed_run_or_404
from hfcourse.web import headers, template_globals

bp = Blueprint("history", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)


@bp.get("/<run_id:run_id>/supprimer", endpoint="ask_one")
def confirm_run_deletion(run_id: str) -> ResponseReturnValue:
    """Ask for confirmation before one run is deleted."""
    return render_template("runs/delete_one.html", section="runs", run=get_viewed_run_or_404(run_id))


@bp.post("/<run_id:run_id>/supprimer", endpoint="delete_one")
def delete_own_run(run_id: str) -> ResponseReturnValue:
    """Delete one run; an unfinished one is stopped first."""
    queries.stop_and_delete_runs([get_own_run_or_404(run_id).id])
    flash("L’essai est supprimé, avec les fichiers qui n’étaient qu’à lui.")
    return redirect(url_for("runs.index"), 303)


@bp.get("/supprimer", endpoint="ask_several")
def confirm_filtered_deletion() -> ResponseReturnValue:
    """Ask for confirmation before the filtered runs are deleted: how many, and up to which one."""
    visitor = visitors.get_visitor()
    run_filter = parse_filter(visitor, request.args)
    newest = queries.fetch_summaries(visitor, run_filter, most=1) if visitor else []
    if not visitor or not newest or not run_filter.is_valid:
        return redirect(build_list_url(request.args))
    return render_template(
        "runs/delete_several.html",
        section="runs",
        asked=run_filter,
        count=queries.count_runs(visitor, run_filter),
        until=newest[0].page_token,
        outcome=queries.OUTCOMES[run_filter.outcome][0] if run_filter.outcome else "",
    )


@bp.post("/supprimer", endpoint="delete_several")
def delete_filtered_runs() -> ResponseReturnValue:
    """Delete the filtered runs, all of them without a filter; none if the filter is invalid."""
    visitor = visitors.get_visitor()
    run_filter = parse_filter(visitor, request.form)
    if not visitor or not run_filter.is_valid:
        return redirect(build_list_url(request.form), 303)
    count = sum(
        queries.stop_and_delete_runs(run_ids)
        for run_ids in queries.iter_run_ids(visitor, run_filter, request.form.get("jusqua"))
    )
    flash(f"{count} essais sont supprimés." if count > 1 else "L’essai est supprimé." if count else "Rien à supprimer.")
    return redirect(url_for("runs.index"), 303)


def parse_filter(visitor: str | None, args: Mapping[str, str]) -> RunFilter:
    """Parse the requested filter of this visitor's list."""
    return RunFilter.from_form(args, queries.list_run_spaces(visitor) if visitor else [])


def build_list_url(args: Mapping[str, str]) -> str:
    """Return the URL of the list with the same filter, where the page reports what is invalid."""
    fields: dict[str, Any] = {name: args[name] for name in queries.FILTER_FIELDS.values() if args.get(name)}
    return url_for("runs.index", **fields)


@bp.get("/<run_id:run_id>.md", endpoint="as_markdown")
def download_report(run_id: str) -> ResponseReturnValue:
    """Return one run as a Markdown report."""
    content = report.render_report(get_viewed_run_or_404(run_id)).encode(errors="replace")
    return Response(content, mimetype="text/markdown", headers=make_download_headers(f"essai-{run_id}.md"))


@bp.get("/archive.zip", endpoint="archive")
def download_archive() -> ResponseReturnValue:
    """Stream all of the visitor's runs with their files as a zip archive."""
    name = f"essais-{template_globals.to_local_time(database.utc_now()):%Y-%m-%d}.zip"
    chunks = stream_with_context(archives.stream_archive(visitors.get_visitor()))
    return Response(chunks, mimetype="application/zip", headers=make_download_headers(name))


def make_download_headers(name: str) -> dict[str, str]:
    """Return the headers of a download."""
    return {"Content-Disposition": f"attachment; filename={name}"}
