"""Views of the run list under /essais: delete one or all runs, download a report or an archive."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from hfcourse import database, visitors
from hfcourse.runs.history import archives, compare_choice, comparison, queries, recent_runs, report, series_table
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.retention.recent_views import find_viewed_run, get_own_run_or_404, get_viewed_run_or_404
from hfcourse.web import headers, template_globals

COMPARED_RUNS, MAX_TICKED_RUNS, MAX_SERIES_RUNS = 2, 50, 10

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
        run_filter=run_filter,
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
    known = (queries.list_run_spaces(visitor), queries.list_run_endpoints(visitor)) if visitor else ([], [])
    return RunFilter.from_form(args, *known)


def build_list_url(args: Mapping[str, str]) -> str:
    """Return the URL of the list with the same filter, where the page reports what is invalid."""
    fields: dict[str, Any] = {name: args[name] for name in queries.FILTER_FIELDS.values() if args.get(name)}
    return url_for("runs.index", **fields)


@bp.get("/comparer", endpoint="compare")
def compare_runs() -> ResponseReturnValue:
    """Compare two of the visitor's runs: `a` and `b`, or the ticked ones of a list (`essai` twice).

    With more or fewer ticked ones, or twice the same, the page asks for two.
    """
    ticked = list(dict.fromkeys(request.args.getlist("essai")))[:MAX_TICKED_RUNS]
    if len(ticked) == COMPARED_RUNS:
        return redirect(url_for("history.compare", a=ticked[0], b=ticked[1]))
    run_ids = [request.args.get(name, "") for name in ("a", "b")]
    if not all(run_ids) or len(set(run_ids)) < COMPARED_RUNS:
        chosen = [*ticked, *dict.fromkeys(filter(None, run_ids))]
        context = compare_choice.build_choice_context(visitors.get_visitor(), chosen, is_same_run=all(run_ids))
        return render_template("runs/compare_choice.html", section="runs", **context)
    runs = [get_viewed_run_or_404(run_id) for run_id in run_ids]
    return render_template("runs/compare.html", section="runs", **comparison.build_comparison(*runs))


@bp.get("/serie", endpoint="series")
def show_series() -> ResponseReturnValue:
    """Render the table of a series: the runs that `essai` names, in order, and the value of `parametre` in each.

    Runs that were deleted since are counted; without any of them, the answer is 404.
    """
    run_ids = list(dict.fromkeys(request.args.getlist("essai")))[:MAX_SERIES_RUNS]
    if not run_ids:
        return redirect(url_for("runs.index"))
    runs = list(filter(None, map(find_viewed_run, run_ids)))
    if not runs:
        abort(404)
    context = series_table.build_series_table(runs, request.args.get("parametre", ""))
    deleted_count = len(run_ids) - len(runs)
    return render_template("runs/series.html", section="runs", deleted_count=deleted_count, **context)


@bp.get("/derniers", endpoint="recent")
def show_recent_runs() -> ResponseReturnValue:
    """Render the latest runs of an endpoint, for the page that shows its form."""
    names = (request.args.get(name, "") for name in ("espace", "point", "essai"))
    context = recent_runs.build_recent_context(visitors.get_visitor(), *names)
    return render_template("runs/_recent_runs.html", **context)


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
