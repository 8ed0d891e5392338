"""Call that a run made, as code: from the stored run, without a request to its Space."""

from typing import Any

from hfcourse.playground.code.code_target import make_call, make_endpoint_target, make_target
from hfcourse.playground.code.languages.code_call import CodeCall, CodeFile
from hfcourse.playground.code.panel import CodePanel, build_panel
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunFile
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.registry.known_spaces import get_known_client


def build_run_panel(run: Run) -> CodePanel:
    """Return the panel of the call that a run made."""
    return build_panel(build_run_call(run), follows_form=False, has_session_state=run.keeps_state)


def build_run_call(run: Run) -> CodeCall:
    """Return the call that a run made: a `CodeFile` for each file that was sent.

    A page of a run must neither wake its Space nor wait for it. Unless the site knows the Space's
    description already, the call goes by what the run stored, on routes of every Gradio since 5.
    """
    entry = catalogue.find_catalogue_entry(run.space) or CatalogueEntry(run.space, run.space)
    sent = run_store.collect_sent_values(run, make_code_file)
    values: dict[str, Any] = {each["name"]: sent.get(each["name"]) for each in run.parameters}
    is_named = all(each.get("is_named", True) for each in run.parameters)
    connection = get_known_client(run.space)
    endpoint = connection.description.find_endpoint(run.endpoint) if connection else None
    if connection is None or endpoint is None:
        return make_call(make_target(entry), run.endpoint, values, is_named=is_named)
    return make_call(make_endpoint_target(entry, connection, endpoint), run.endpoint, values, is_named=is_named)


def make_code_file(item: RunFile) -> CodeFile:
    """Return the file that was sent, by its name."""
    return CodeFile(item.file.name, item.file.media_type)
