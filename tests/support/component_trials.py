"""One trial of one endpoint: what the student does, and what must come of it, whatever the version of Gradio."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from bs4 import Tag
from gradio_client.exceptions import AppError

from tests.spaces.served_apps import Served
from tests.support.compare_with_gradio_client import Direct, through_site
from tests.support.component_cases import Case
from tests.support.form_filling import controls_of, filled, is_hidden, label_of, post
from tests.support.http_browser import Visitor, codes_of

NOT_FILLED = "ne se remplit pas d’ici"
SAYS_NOTHING = re.compile(r"(param|parameter)_\d+|\d(st|nd|rd|th)|")
NO_EDIT = {"background": None, "layers": [], "composite": None, "id": None}
# What an empty field is, where the Space names no default; any other component has null.
EMPTY = {
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
    "Imageeditor": NO_EDIT,
    "Multimodaltextbox": {"text": "", "files": []},
}


def form_of(visitor: Visitor, app: str, endpoint: str) -> Tag:
    """The form of an endpoint, which must be there."""
    form = visitor.form_at(f"/espaces/essai/{app}", endpoint=f"/{endpoint}")
    assert form is not None, visitor.visit.end
    return form


def result_of(visitor: Visitor, case: Case) -> dict[str, Any]:
    """Fill the form and send it; the run, once it is over."""
    form = form_of(visitor, case.app, case.endpoint)
    answer = post(visitor, form, filled(form, case.typed))
    assert answer.status_code == 303, codes_of(answer)
    return visitor.finished(answer.headers["location"])


def check_filled(visitor: Visitor, direct: Direct, case: Case, folder: Path) -> None:
    """Fill the form, send it, compare the answer with that of a direct call with the same values."""
    run = result_of(visitor, case)
    assert run["status"] == "succeeded", run["error"]
    assert through_site(visitor, run) == direct.call(case.app, case.endpoint, case.sent, folder)


def check_untouched(visitor: Visitor, direct: Direct, case: Case, folder: Path) -> None:
    """Send the form as it came; if the author's function fails with its own defaults, it fails for both."""
    run = result_of(visitor, replace(case, typed={}))
    parameters = direct.described(case.app, case.endpoint)["parameters"]
    try:
        wanted = direct.call(case.app, case.endpoint, [default_of(each) for each in parameters], folder)
    except AppError:
        assert run["error"]["code"] in ("space-error", "space-exception")
    else:
        assert run["status"] == "succeeded", run["error"]
        assert through_site(visitor, run) == wanted


def default_of(parameter: dict[str, Any]) -> Any:
    """What a form that nobody touched sends: the Space's default, else what an empty field is."""
    default = parameter["parameter_default"] if parameter["parameter_has_default"] else None
    if default is not None:
        return default
    takes_several = parameter["component"] == "Dropdown" and parameter["type"].get("type") == "array"
    return [] if takes_several else EMPTY.get(parameter["component"])


def check_labels(visitor: Visitor, served: Served, app: str) -> None:
    """Each parameter has a control, and each control that one sees is named by the parameter's label."""
    for name, endpoint in served.endpoints(app).items():
        form = visitor.form_at(f"/espaces/essai/{app}", endpoint=name)
        for parameter in endpoint["parameters"] if form else ():
            controls = controls_of(form, parameter["parameter_name"])
            assert controls, (name, parameter["parameter_name"], "has no control")
            seen = [control for control in controls if not is_hidden(control)]
            assert seen or NOT_FILLED in form.get_text(), (name, parameter["parameter_name"], "cannot be seen")
            says_nothing = SAYS_NOTHING.fullmatch(parameter["label"])
            wanted = parameter["parameter_name"] if says_nothing else parameter["label"]
            for control in seen:
                assert wanted.casefold() in label_of(control, form).casefold(), (name, wanted, str(control))
