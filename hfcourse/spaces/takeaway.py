"""The call that a form makes, as code to take away."""

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from hfcourse.code_lexer import highlight_untrusted
from hfcourse.spaces import forms, snippets
from hfcourse.spaces.catalogue import Entry
from hfcourse.spaces.files import KeptFile
from hfcourse.spaces.forms import Field, Form
from hfcourse.spaces.snippets import FileHere, Snippet

HUB_ADDRESS = re.compile(r"https://[a-z0-9-]+\.hf\.space", re.ASCII)


def code_of(entry: Entry, url: str, gradio: str, form: Form) -> Sequence[Snippet]:
    """The call that this form makes, in each language; the address of a Space that is not on the Hub stays here.

    Args:
        gradio: the Space's version of it, of which the address of the API depends.
    """
    has_address = HUB_ADDRESS.fullmatch(url) is not None
    sent = forms.sent_as_is(form)
    call = snippets.Call(
        space=entry.id if has_address else "",
        address=url if has_address else "",
        endpoint=form.endpoint.name,
        arguments={each.parameter.name: shown_in_code(each, sent[each.parameter.name]) for each in form.fields},
        prefix="" if gradio.startswith("4.") else "/gradio_api",
        needs_token=entry.token,
        is_positional=not all(each.parameter.is_named for each in form.fields),
    )
    return snippets.snippets(call)


def shown_in_code(entry: Field, value: Any) -> Any:
    """The value with a sample in place of each file, and of the one that is not chosen yet."""
    if isinstance(value, KeptFile):
        return FileHere(entry.parameter.component)
    if isinstance(value, dict):
        return {key: shown_in_code(entry, item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown_in_code(entry, item) for item in value]
    return FileHere(entry.parameter.component) if value is None and entry.control == "file" else value


def in_colours(snippet: Snippet) -> Markup:
    """The code of a snippet, highlighted; the names and values in it are those of a Space and of a student."""
    return Markup(highlight_untrusted(snippet.code, snippet.lexer))  # noqa: S704 (every token is escaped)
