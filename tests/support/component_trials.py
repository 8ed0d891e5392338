"""One trial of one endpoint: what the student does, and what must come of it, whatever the version of Gradio."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from bs4 import Tag
from gradio_client.exceptions import AppError

from tests.support.compare_with_gradio_client import DirectClient, collect_site_outputs
from tests.support.component_cases import ComponentCase
from tests.support.form_filling import fill_form, post_form
from tests.support.form_parsing import find_controls, get_accessible_name, is_hidden_control
from tests.support.http_browser import HttpBrowser, read_error_codes

NOT_FILLABLE_TEXT = "ne se remplit pas d’ici"
PLACEHOLDER_LABEL = re.compile(r"(param|parameter)_\d+|\d(st|nd|rd|th)|")
EMPTY_IMAGE_EDIT = {"background": None, "layers": [], "composite": None, "id": None}
# What an empty field is, where the Space names no default; any other component has null.
EMPTY_VALUES = {
    "Number": 0,
    "Textbox": "",
    "Code": "",
    "Markdown": "",
    "Html": "",
    "Checkbox": False,
    "Checkboxgroup": [],
    "Gallery": [],
    "Chatbot": [],
    "Fileexplorer": [],
    "Dialogue": [],
    "Imageslider": [None, None],
    "Imageeditor": EMPTY_IMAGE_EDIT,
    "Multimodaltextbox": {"text": "", "files": []},
}


def open_endpoint_form(visitor: HttpBrowser, app: str, endpoint: str) -> Tag:
    """The form of an endpoint, which must be there."""
    form = visitor.open_form(f"/espaces/essai/{app}", endpoint=f"/{endpoint}")
    assert form is not None, visitor.record.outcome
    return form


def submit_case(visitor: HttpBrowser, case: ComponentCase) -> dict[str, Any]:
    """Fill the form and send it; the run, once it is over."""
    return submit_form_of_case(visitor, open_endpoint_form(visitor, case.app, case.endpoint), case)


def submit_form_of_case(visitor: HttpBrowser, form: Tag, case: ComponentCase) -> dict[str, Any]:
    """Fill the form that is open and send it; the run, once it is over."""
    answer = post_form(visitor, form, fill_form(form, case.typed))
    assert answer.status_code == 303, read_error_codes(answer)
    return visitor.wait_for_end(answer.headers["location"])


def check_filled_form(visitor: HttpBrowser, direct: DirectClient, case: ComponentCase, folder: Path) -> None:
    """Check the labels of the form, fill it, send it, compare the answer with that of a direct call."""
    form = open_endpoint_form(visitor, case.app, case.endpoint)
    check_form_labels(form, direct.fetch_endpoint_info(case.app, case.endpoint))
    run = submit_form_of_case(visitor, form, case)
    assert run["status"] == "succeeded", run["error"]
    assert collect_site_outputs(visitor, run) == direct.call_endpoint(case.app, case.endpoint, case.sent, folder)


def check_untouched_form(visitor: HttpBrowser, direct: DirectClient, case: ComponentCase, folder: Path) -> None:
    """Send the form as it came; if the author's function fails with its own defaults, it fails for both."""
    run = submit_case(visitor, replace(case, typed={}))
    parameters = direct.fetch_endpoint_info(case.app, case.endpoint)["parameters"]
    try:
        wanted = direct.call_endpoint(case.app, case.endpoint, [get_default_value(each) for each in parameters], folder)
    except AppError:
        assert run["error"]["code"] in ("space-error", "space-exception")
    else:
        assert run["status"] == "succeeded", run["error"]
        assert collect_site_outputs(visitor, run) == wanted


def get_default_value(parameter: dict[str, Any]) -> Any:
    """What a form that nobody touched sends: the Space's default, else what an empty field is."""
    default = parameter["parameter_default"] if parameter["parameter_has_default"] else None
    if default is not None:
        return default
    takes_several = parameter["component"] == "Dropdown" and parameter["type"].get("type") == "array"
    return [] if takes_several else EMPTY_VALUES.get(parameter["component"])


def check_form_labels(form: Tag, endpoint: dict[str, Any]) -> None:
    """Each parameter has a control, and each control that one sees is named by the parameter's label."""
    for parameter in endpoint["parameters"]:
        name = parameter["parameter_name"]
        controls = find_controls(form, name)
        assert controls, (name, "has no control")
        seen = [control for control in controls if not is_hidden_control(control)]
        assert seen or NOT_FILLABLE_TEXT in form.get_text(), (name, "cannot be seen")
        wanted = name if PLACEHOLDER_LABEL.fullmatch(parameter["label"]) else parameter["label"]
        for control in seen:
            assert wanted.casefold() in get_accessible_name(control, form).casefold(), (wanted, str(control))
