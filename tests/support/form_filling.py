"""A form as a student sees it: found by its labels, filled with words and files, sent as a browser would."""

import io
import mimetypes
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from bs4 import Tag
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from tests.support.form_parsing import collect_form_fields, find_choice_value
from tests.support.http_browser import HttpBrowser
from tests.support.samples import read_sample


@dataclass(frozen=True)
class Upload:
    """A file to choose, one of samples.py."""

    name: str


def fill_control(form: Tag, name: str, value: Any) -> list[Any]:
    """What the control `name` posts once somebody has put `value` there: words, labels of choices, files."""
    controls = form.select(f'[name="{name}"]')
    assert controls, f"the form has no control {name}"
    kinds = {control.name if control.name != "input" else str(control.get("type", "text")) for control in controls}
    if kinds & {"radio", "select"} or (isinstance(value, list) and "checkbox" in kinds):
        labels = value if isinstance(value, list) else [value]
        return [find_choice_value(form, name, label) for label in labels]
    if kinds == {"checkbox"}:
        return [str(controls[0].get("value", "on"))] if value else []
    values = value if isinstance(value, list) else [value]
    assert all((kind == "file") == isinstance(each, Upload) for kind in kinds for each in values), (name, kinds, values)
    return values


def fill_form(form: Tag, typed: dict[str, Any]) -> dict[str, list[Any]]:
    """What is posted when the controls `arg-<key>` were filled with these values and the others left as they are."""
    sent = collect_form_fields(form)
    for key, value in typed.items():
        sent[f"arg-{key}"] = fill_control(form, f"arg-{key}", value)
    return sent


def post_form(visitor: HttpBrowser, form: Tag, sent: dict[str, list[Any]]) -> httpx.Response:
    """Send it in its encoding, as a browser does."""
    parts = [(name, encode_part(value)) for name, values in sent.items() for value in values]
    if form.get("enctype") == "multipart/form-data":
        boundary, body = encode_multipart(MultiDict(parts))
        kind = f"multipart/form-data; boundary={boundary}"
    else:
        body, kind = urlencode(parts).encode(), "application/x-www-form-urlencoded"
    answer = visitor.http.post(str(form["action"]), content=body, headers={"content-type": kind})
    visitor.record.responses.append(answer)
    return answer


def encode_part(value: Any) -> str | FileStorage:
    if isinstance(value, Upload):
        kind = mimetypes.guess_type(value.name)[0] or "application/octet-stream"
        return FileStorage(io.BytesIO(read_sample(value.name)), value.name, content_type=kind)
    if isinstance(value, tuple):  # no file was chosen
        return FileStorage(*value, content_type="application/octet-stream")
    return value.replace("\r\n", "\n").replace("\n", "\r\n")
