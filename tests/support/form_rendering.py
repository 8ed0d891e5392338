"""The form of an endpoint as the site draws it, without a Space; and what a browser would send of it."""

from bs4 import Tag
from flask import Flask

from hfcourse.playground.space_page import SpacePage
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint


def render_space_page(app: Flask, endpoint: Endpoint, form: Form | None = None) -> str:
    """The page of a Space that has this endpoint alone."""
    description = Description("", "6.31.0", (endpoint,))
    with app.test_request_context("/espaces/a/b"):
        body, _ = SpacePage(space_id="a/b", description=description, form=form or forms.bind_form(endpoint)).render()
    return body


def controls_of(form: Tag, parameter: str) -> list[Tag]:
    """All controls of a parameter: `arg-<name>` and its parts."""
    whole = f"arg-{parameter}"
    named = form.select("input[name], textarea[name], select[name]")
    return [each for each in named if each["name"] == whole or str(each["name"]).startswith(f"{whole}-")]
