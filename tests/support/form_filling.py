"""A form as a student sees it: found by its labels, filled with words and files, sent as a browser would."""

import io
import mimetypes
from dataclasses import dataclass
from typing import Any

import httpx
from bs4 import Tag
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from tests.support.clients import fields_of
from tests.support.http_browser import Visitor
from tests.support.samples import content_of

GROUPED = ("radio", "checkbox")


@dataclass(frozen=True)
class Upload:
    """A file to choose, one of samples.py."""

    name: str


def controls_of(form: Tag, parameter: str) -> list[Tag]:
    """All controls of a parameter: `arg-<name>`, and `arg-<name>-…` where it has parts."""
    named = form.select("input[name], textarea[name], select[name]")
    whole = f"arg-{parameter}"
    return [each for each in named if str(each["name"]) == whole or str(each["name"]).startswith(f"{whole}-")]


def is_hidden(control: Tag) -> bool:
    return control.get("type") == "hidden"


def label_of(control: Tag, form: Tag) -> str:
    """What names this control to whoever cannot see it, its group included; '' if nothing does."""
    said = [str(control.get("aria-label", ""))]
    referred = [f'[id="{each}"]' for each in str(control.get("aria-labelledby", "")).split()]
    if control.get("id"):
        referred.append(f'label[for="{control["id"]}"]')
    said += [found.get_text(" ", strip=True) for each in referred for found in form.select(each)]
    around = control.find_parent("label")
    said += [around.get_text(" ", strip=True)] if around else []
    for group in control.find_parents("fieldset"):
        legend = group.find("legend")
        said += [legend.get_text(" ", strip=True)] if legend else []
    return " ".join(filter(None, said))


def own_label(control: Tag, form: Tag) -> str:
    """The words beside a radio button or a box."""
    around = control.find_parent("label") or form.select_one(f'label[for="{control.get("id")}"]')
    return around.get_text(" ", strip=True) if around else ""


def posted_choice(form: Tag, name: str, label: str) -> str:
    """What a browser posts when the choice of this label is taken in the control `name`."""
    for control in form.select(f'[name="{name}"]'):
        if control.name == "select":
            for option in control.select("option"):
                if option.get_text(strip=True) == label:
                    return str(option.get("value", label))
        elif control.get("type") in GROUPED and own_label(control, form) == label:
            return str(control.get("value", "on"))
    raise AssertionError(f"{name} offers no choice « {label} »")


def typed_into(form: Tag, name: str, value: Any) -> list[Any]:
    """What the control `name` posts once somebody has put `value` there: words, labels of choices, files."""
    controls = form.select(f'[name="{name}"]')
    assert controls, f"the form has no control {name}"
    kinds = {control.name if control.name != "input" else str(control.get("type", "text")) for control in controls}
    if kinds & {"radio", "select"} or (isinstance(value, list) and "checkbox" in kinds):
        labels = value if isinstance(value, list) else [value]
        return [posted_choice(form, name, label) for label in labels]
    if kinds == {"checkbox"}:
        return [str(controls[0].get("value", "on"))] if value else []
    values = value if isinstance(value, list) else [value]
    assert all((kind == "file") == isinstance(each, Upload) for kind in kinds for each in values), (name, kinds, values)
    return values


def filled(form: Tag, typed: dict[str, Any]) -> dict[str, list[Any]]:
    """What is posted when the controls `arg-<key>` were filled with these values and the others left as they are."""
    sent = fields_of(form)
    for key, value in typed.items():
        sent[f"arg-{key}"] = typed_into(form, f"arg-{key}", value)
    return sent


def post(visitor: Visitor, form: Tag, sent: dict[str, list[Any]]) -> httpx.Response:
    """Send it as a browser sends a form that may have files."""
    parts = MultiDict((name, part_of(value)) for name, values in sent.items() for value in values)
    boundary, body = encode_multipart(parts)
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = visitor.browser.post(str(form["action"]), content=body, headers=kind)
    visitor.visit.answers.append(answer)
    return answer


def part_of(value: Any) -> str | FileStorage:
    if isinstance(value, Upload):
        kind = mimetypes.guess_type(value.name)[0] or "application/octet-stream"
        return FileStorage(io.BytesIO(content_of(value.name)), value.name, content_type=kind)
    if isinstance(value, tuple):  # no file was chosen
        return FileStorage(*value, content_type="application/octet-stream")
    return value.replace("\r\n", "\n").replace("\n", "\r\n")
