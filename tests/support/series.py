"""A series of runs, as the form of an endpoint starts it."""

from typing import Any

from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from tests.support.clients import PRACTICE_PATH, BrowserClient
from tests.support.form_parsing import collect_form_fields


def post_series(
    student: BrowserClient, endpoint: str, parameter: str, values: str, space: str = PRACTICE_PATH, **changes: str
) -> TestResponse:
    """Start a series from the form of an endpoint, with some other fields changed."""
    form = student.open_form(endpoint, space=space).select_one("form[data-endpoint]")
    assert form is not None
    assert form.get("enctype") is None
    fields = collect_form_fields(form) | {"serie-parametre": [parameter], "serie-valeurs": [values]}
    fields |= {f"arg-{name}": [value] for name, value in changes.items()}
    return student.post_form("/essais/serie", fields, is_multipart=False)


def list_run_ids(address: str) -> list[str]:
    """The runs that the address of a table names."""
    return [each.partition("=")[2] for each in address.partition("?")[2].split("&") if each.startswith("essai=")]


def wait_for_series(student: BrowserClient, address: str) -> list[dict[str, Any]]:
    """The runs of a table as JSON, once they are over."""
    return [student.wait_for_end(f"/essais/{run_id}") for run_id in list_run_ids(address)]


def get_typed_values(page: BeautifulSoup) -> list[str]:
    """The values that the form still holds."""
    field = page.select_one("#serie-valeurs")
    assert field is not None
    return field.get_text().strip().splitlines()
