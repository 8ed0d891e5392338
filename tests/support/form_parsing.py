"""Read the forms of a page: their fields, their labels, what a browser would post."""

import io
import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse

ENDPOINT_FORM = re.compile(r"<form\s[^<>]*\bdata-endpoint=.*?</form>", re.DOTALL)  # a form holds no other


def parse_page(response: TestResponse) -> BeautifulSoup:
    """The page of an answer."""
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def list_error_codes(page: BeautifulSoup) -> list[str]:
    """The codes of the errors that the page shows, in order."""
    return [str(tag["data-error"]) for tag in page.select("[data-error]")]


def collect_form_fields(form: Tag) -> dict[str, list[Any]]:
    """What a browser would send of this form if nobody touched it; an empty file for a file field."""
    sent: dict[str, list[Any]] = {}
    for control in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(control["name"]), str(control.get("type", control.name))
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if kind == "file":
            value: Any = (io.BytesIO(b""), "")
        elif control.name == "select":
            options = control.select("option")
            value = str((control.select_one("option[selected]") or options[0]).get("value", ""))
        elif control.name == "textarea":
            value = control.get_text().removeprefix("\n")  # a browser drops the line break that follows the tag
        else:
            value = str(control.get("value", "on" if kind == "checkbox" else ""))
        sent.setdefault(name, []).append(value)
    return sent


def find_endpoint_form(html: str) -> Tag | None:
    """Return the form of an endpoint, None if the page has none. The rest of the page, mostly code, is not parsed."""
    found = ENDPOINT_FORM.search(html)
    return BeautifulSoup(found[0], "html.parser").form if found else None


def find_form(html: str) -> Tag:
    form = find_endpoint_form(html)
    assert form is not None
    return form


def collect_posted_values(form: Tag) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """What a browser sends of this form if nobody touches it: texts and empty files."""
    texts: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, FileStorage] = MultiDict()
    for name, values in collect_form_fields(form).items():
        for value in values:
            if isinstance(value, tuple):
                files.add(name, FileStorage(*value))
            else:
                texts.add(name, value)
    return texts, files


def describe_control(control: Tag, form: Tag) -> str:
    """What names a control to whoever cannot see it: a label, an aria-label, the legend around it; '' if nothing."""
    around = control.find_parent("fieldset")
    named: list[Any] = [control.find_parent("label"), around.find("legend") if around else None]
    named += [each for each in form.select("label[for]") if each["for"] == control.get("id")]
    said = [str(control.get("aria-label", "")), *(each.get_text(" ", strip=True) for each in named if each)]
    return " ".join(said).strip()


GROUPED_INPUT_TYPES = ("radio", "checkbox")


def find_controls(form: Tag, parameter: str) -> list[Tag]:
    """All controls of a parameter: `arg-<name>`, and `arg-<name>-…` where it has parts."""
    named = form.select("input[name], textarea[name], select[name]")
    whole = f"arg-{parameter}"
    return [each for each in named if str(each["name"]) == whole or str(each["name"]).startswith(f"{whole}-")]


def is_hidden_control(control: Tag) -> bool:
    return control.get("type") == "hidden"


def get_accessible_name(control: Tag, form: Tag) -> str:
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


def get_own_label(control: Tag, form: Tag) -> str:
    """The words beside a radio button or a box."""
    around = control.find_parent("label") or form.select_one(f'label[for="{control.get("id")}"]')
    return around.get_text(" ", strip=True) if around else ""


def find_choice_value(form: Tag, name: str, label: str) -> str:
    """What a browser posts when the choice of this label is taken in the control `name`."""
    for control in form.select(f'[name="{name}"]'):
        if control.name == "select":
            for option in control.select("option"):
                if option.get_text(strip=True) == label:
                    return str(option.get("value", label))
        elif control.get("type") in GROUPED_INPUT_TYPES and get_own_label(control, form) == label:
            return str(control.get("value", "on"))
    raise AssertionError(f"{name} offers no choice « {label} »")


def find_csrf_token(html: str) -> str:
    """Return the CSRF token of the first form of a page."""
    found = re.search(r'name="csrf_token"\s+value="([^"]+)"', html)
    assert found is not None, "the page has no form with a CSRF token"
    return found[1]
