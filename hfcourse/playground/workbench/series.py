"""Validate and create a series of runs: the values of one form, but for one parameter, which takes several."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import tokens, visitors
from hfcourse.error_messages import make_explanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.playground import run_submission, space_page
from hfcourse.playground.workbench.series_input import VALUES_FIELD, SeriesInput, read_series_input
from hfcourse.playground.workbench.series_record import build_series_insertion, keep_unsent_values
from hfcourse.playground.workbench.series_values import InvalidSeries, bind_variants
from hfcourse.runs.blueprint import bp
from hfcourse.runs.trace.browser_recording import record_submissions, record_validation
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form


@bp.post("/serie", endpoint="create_series")
@record_validation
def create_series() -> ResponseReturnValue:
    """Create a run for each value of the series: redirect to their table, or render the form with its errors."""
    space = request.form.get("space", "")
    try:
        endpoint = space_page.get_posted_endpoint(space, request.form.get("endpoint", ""))
    except CourseError as error:
        return space_page.render_rejected_form(space, None, error)
    form, series = run_submission.bind_posted_form(endpoint), read_series_input()
    try:
        if forms.mask_form_tokens(form) or tokens.contains_token(request.form.get(VALUES_FIELD, "")):
            raise FormRejected("secret-in-input")
        variants = bind_variants(form, series, visitors.get_or_create_visitor())
        for variant in variants:  # nothing is sent if one of them is refused
            forms.validate_form(variant)
    except InvalidSeries as error:
        return render_invalid_series(space, form, replace(series, errors=error.errors))
    except FormRejected as refusal:
        return run_submission.render_refused_form(space, form, refusal, {"series": series})
    return submit_series(space, form, series, variants)


def render_invalid_series(space: str, form: Form, series: SeriesInput) -> ResponseReturnValue:
    """Render the form with the error of its series."""
    explanation = make_explanation(
        "La série n’est pas partie : elle est à corriger.",
        "Aucun essai de la série n’est parti.",
        "Corrigez les valeurs de la série, au bas du formulaire, puis relancez-la.",
        status=400,
        practice=False,
    )
    forms.mask_form_tokens(form)
    refusal = FormRejected("invalid-input")
    return space_page.render_rejected_form(space, form, refusal, explanation, workbench={"series": series})


def submit_series(space: str, form: Form, series: SeriesInput, variants: Sequence[Form]) -> ResponseReturnValue:
    """Create the runs; if a limit stops them midway, render the form with the values that are left."""
    run_ids: list[str] = []
    record = build_series_insertion(series)
    try:
        for variant in variants:
            insert_more = None if run_ids else record  # with the first run
            run_ids.append(run_submission.create_form_run(space, variant.endpoint, variant, insert_more))
    except (FormRejected, SQLAlchemyError) as error:
        left = "\n".join(islice(series.lines, len(run_ids), None))
        url = build_table_url(run_ids, series) if run_ids else ""
        series = replace(series, text=left, sent_count=len(run_ids), table_url=url)
        if run_ids:
            keep_unsent_values(run_ids[0], series)
        response = make_response(run_submission.render_refused_form(space, form, error, {"series": series}))
    else:
        response = make_response(redirect(build_table_url(run_ids, series), 303))
    return record_submissions(run_ids, space, response)


def build_table_url(run_ids: Sequence[str], series: SeriesInput) -> str:
    """Return the URL of the table of a series."""
    return url_for("history.series", essai=run_ids, parametre=series.parameter)
