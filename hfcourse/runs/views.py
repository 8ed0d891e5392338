"""The views of /essais: the list of runs, one run, its outputs and its files.

The views that stream a run's changes are in `runs/live/views.py`; those that create a run in
`playground/run_submission.py`.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse import error_messages, visitors
from hfcourse.files import file_responses, file_store, media_types
from hfcourse.runs import presenter
from hfcourse.runs.blueprint import bp
from hfcourse.runs.embedded_run import render_embedded_run
from hfcourse.runs.history import queries
from hfcourse.runs.outputs import chat_messages, export, html_preview, output_kinds, value_presenters
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import recent_views
from hfcourse.runs.retention.recent_views import get_viewed_run_or_404
from hfcourse.runs.store import run_store
from hfcourse.web import error_pages
from hfcourse.web.template_globals import get_embedding_host

PREVIEW_HEAD = '<!doctype html><meta charset="utf-8"><style>body { font: 1rem/1.5 sans-serif; margin: 1rem }</style>\n'
# An HTML document from an untrusted Space: the sandbox allows no script, form, navigation or request.
PREVIEW_HEADERS = file_responses.FILE_HEADERS | {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "X-DNS-Prefetch-Control": "off",  # CSP does not govern DNS prefetching
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Render the list of the visitor's runs that match the filter, the newest first."""
    return render_template(
        "runs/index.html", section="runs", **queries.build_list_context(request.args, visitors.get_visitor())
    )


@bp.get("/<run_id:run_id>", endpoint="show")
def show_run(run_id: str) -> ResponseReturnValue:
    """Render the page of one run, or its block for the page that embeds it."""
    dispatcher.get_dispatcher().wait_for_quick_end(run_id)
    run, host = get_viewed_run_or_404(run_id), get_embedding_host()
    if host:
        return render_embedded_run(run, host)
    return render_template("runs/show.html", section="runs", **presenter.build_template_context(run))


@bp.get("/<run_id:run_id>.json", endpoint="as_json")
def send_run_json(run_id: str) -> ResponseReturnValue:
    """Return one run as JSON, for scripts."""
    return jsonify(presenter.serialize_run(get_viewed_run_or_404(run_id)))


@bp.get("/<run_id:run_id>/fichiers/<index:n>", endpoint="file")
def send_run_file(run_id: str, n: int) -> ResponseReturnValue:
    """Send a file of a run to the visitor who owns the run."""
    return send_or_explain(file_responses.make_file_response, get_own_file_or_404(run_id, n))


@bp.get("/<run_id:run_id>/fichiers/<index:n>.svg", endpoint="drawing")
def send_run_drawing(run_id: str, n: int) -> ResponseReturnValue:
    """Send an SVG file of a run as an image, for an `img` element of our pages."""
    return send_or_explain(file_responses.make_svg_response, get_own_file_or_404(run_id, n))


@bp.get("/envois/<file_id>", endpoint="sent_file")
def send_uploaded_file(file_id: str) -> ResponseReturnValue:
    """Send a file that a form holds but no run has yet to its owner, for the preview in the form."""
    kept = file_store.find_file(visitors.get_visitor() or "", file_id)
    if kept is None:
        abort(404)
    return send_or_explain(file_responses.make_file_response, kept)


def send_or_explain(
    answer: Callable[[file_store.FileHandle], Response], kept: file_store.FileHandle
) -> ResponseReturnValue:
    """Return the response of a file, or an error page: 404 for a deleted file, 503 for an unreachable store."""
    try:
        return answer(kept)
    except FileNotFoundError:
        return error_pages.render_error_page(404, error_pages.FILE_GONE)
    except OSError:
        return error_pages.render_error_page(503, error_messages.EXPLANATIONS["file-unreachable"])


def get_own_file_or_404(run_id: str, n: int) -> file_store.FileHandle:
    """Return file number `n` of the visitor's own run, or abort with 404."""
    stored = run_store.find_run_file(run_id, n, visitors.get_visitor())
    if stored and stored.erased:
        abort(make_response(error_pages.render_error_page(404, error_pages.FILE_GONE)))
    kept = file_store.find_file(stored.visitor, stored.id) if stored else None
    if kept is None:
        abort(404)
    recent_views.record_view(run_id)
    return kept


def get_own_output_or_404(run_id: str, n: int) -> dict[str, Any]:
    """Return output number `n` of the visitor's own run, or abort with 404."""
    output = presenter.find_output(get_viewed_run_or_404(run_id), n)
    if output is None:
        abort(404)
    return output


@bp.get("/<run_id:run_id>/sorties/<index:n>.<any(txt, csv, json):form>", endpoint="output")
def download_output(run_id: str, n: int, form: str) -> ResponseReturnValue:
    """Send a complete output as a text, CSV or JSON file."""
    written = export.serialize_output(get_own_output_or_404(run_id, n), form)
    if written is None:
        abort(404)
    response = Response(written, mimetype=export.MEDIA_TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename=sortie-{n + 1}.{form}"
    response.headers.update(file_responses.FILE_HEADERS)
    return response


@bp.get("/<run_id:run_id>/sorties/<index:n>/apercu", endpoint="preview")
def preview_output(run_id: str, n: int) -> ResponseReturnValue:
    """Return an HTML output as a sandboxed document."""
    output = get_own_output_or_404(run_id, n)
    if output_kinds.classify_output(output) != "html":
        abort(404)
    html = html_preview.clean_preview(output_kinds.get_output_value(output))
    return Response(PREVIEW_HEAD + html, headers=PREVIEW_HEADERS, mimetype="text/html")


@bp.get("/<run_id:run_id>/sorties/<index:n>/image", endpoint="picture")
def send_plot_image(run_id: str, n: int) -> ResponseReturnValue:
    """Send a plot that the Space returned as an image; `part` is its place in a conversation."""
    output, place = get_own_output_or_404(run_id, n), request.args.get("part", "")
    value = output_kinds.get_output_value(output)
    if place:
        value = chat_messages.find_part_value(value, place) if output_kinds.classify_output(output) == "chat" else None
    content = value_presenters.decode_plot_image(value)
    if content is None:
        abort(404)
    response = Response(content, mimetype=media_types.detect_media_type(content[: media_types.HEAD_BYTES]))
    response.headers.update(file_responses.FILE_HEADERS)
    return response
