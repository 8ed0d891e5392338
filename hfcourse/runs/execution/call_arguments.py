"""Arguments of a call: the stored inputs of its run, in the order of the endpoint's parameters."""

from typing import Any

from hfcourse.files.file_store import FileHandle
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.schema.endpoints.space_description import Endpoint


def build_call_arguments(run: Run, endpoint: Endpoint) -> list[Any]:
    """Return one value per declared parameter, in order, with the stored files."""
    sent = run_store.collect_sent_values(run, lambda item: FileHandle.from_row(item.file))
    return [sent.get(parameter.name) for parameter in endpoint.parameters]
