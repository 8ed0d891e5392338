"""The form of an endpoint as the site draws it, without a Space; and what a browser would send of it."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse.playground import space_page
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from tests.support.clients import fields_of


def drawn(app: Flask, endpoint: Endpoint, form: Form | None = None) -> str:
    """The page of a Space that has this endpoint alone."""
    description = Description("", "6.31.0", (endpoint,))
    with app.test_request_context("/espaces/a/b"):
        body, _ = space_page.render_space_page("a/b", description, form=form or forms.bind_form(endpoint))
    return body


def form_in(html: str) -> Tag:
    form = BeautifulSoup(html, "html.parser").select_one("form[data-endpoint]")
    assert form is not None
    return form


def posted(form: Tag) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """What a browser sends of this form if nobody touches it: texts and empty files."""
    texts: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, FileStorage] = MultiDict()
    for name, values in fields_of(form).items():
        for value in values:
            if isinstance(value, tuple):
                files.add(name, FileStorage(*value))
            else:
                texts.add(name, value)
    return texts, files


def words_of(control: Tag, form: Tag) -> str:
    """What names a control to whoever cannot see it: a label, an aria-label, the legend around it; '' if nothing."""
    around = control.find_parent("fieldset")
    named: list[Any] = [control.find_parent("label"), around.find("legend") if around else None]
    named += [each for each in form.select("label[for]") if each["for"] == control.get("id")]
    said = [str(control.get("aria-label", "")), *(each.get_text(" ", strip=True) for each in named if each)]
    return " ".join(said).strip()


def controls_of(form: Tag, parameter: str) -> list[Tag]:
    """All controls of a parameter: `arg-<name>` and its parts."""
    whole = f"arg-{parameter}"
    named = form.select("input[name], textarea[name], select[name]")
    return [each for each in named if each["name"] == whole or str(each["name"]).startswith(f"{whole}-")]
