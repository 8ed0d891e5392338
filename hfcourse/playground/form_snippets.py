"""Code snippets for the call that a form makes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from hfcourse import tokens
from hfcourse.files.file_store import FileHandle
from hfcourse.playground import snippets
from hfcourse.playground.snippets import PlaceholderFile, Snippet
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.examples.placeholder_names import choose_placeholder_name
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.type_descriptions import describe_type
from hfcourse.spaces.schema.values import file_values
from hfcourse.spaces.schema.values.file_objects import make_control_suffix
from hfcourse.spaces.schema.values.file_values import FileControl
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.text.code_lexer import highlight_untrusted

MAX_DEFAULT_CHARACTERS = 60
# First Gradio version with the route `/call/v2`, which accepts values by name (gradio's changelog,
# April 2026).
NAMED_ROUTE_VERSION = (6, 13)
HUB_ADDRESS = re.compile(r"https://[a-z0-9-]+\.hf\.space", re.ASCII)


def build_form_snippets(
    entry: CatalogueEntry, url: str, gradio: str, form: Form, public_address: str = ""
) -> Sequence[Snippet]:
    """Return the call of this form in each language; the URL of a Space outside the Hub is not revealed.

    Args:
        gradio: Gradio version of the Space, which decides the API's URL.
        public_address: URL of a Space outside the Hub for the reader's own programs, '' if they
            cannot reach it.
    """
    has_address = HUB_ADDRESS.fullmatch(url) is not None
    reader_address = url if has_address else public_address.rstrip("/")
    values = forms.collect_untouched_values(form)
    call = snippets.SnippetCall(
        space=entry.id if has_address else reader_address,
        address=reader_address,
        endpoint=form.endpoint.name,
        arguments={
            each.parameter.name: insert_placeholder_files(each, values[each.parameter.name])
            for each in form.fields
            if each.parameter.name in values
        },
        prefix="" if gradio.startswith("4.") else "/gradio_api",
        needs_token=entry.token,
        is_positional=not all(each.parameter.is_named for each in form.fields),
        has_named_route=parse_version(gradio) >= NAMED_ROUTE_VERSION,
    )
    rendered = snippets.render_snippets(call)
    return tuple(replace(each, code=tokens.mask_tokens(each.code)) for each in rendered)


def parse_version(gradio: str) -> tuple[int, ...]:
    """Parse at most two leading numbers of a version: (6, 31) of « 6.31.0 », () of anything else."""
    match = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?", gradio, re.ASCII)
    return tuple(int(number) for number in match.groups() if number) if match else ()


def format_default_json(parameter: Parameter) -> str:
    """Return the default of a parameter as JSON, '' without one or for a long one."""
    if parameter.default is None or exceeds_json_size(parameter.default, MAX_DEFAULT_CHARACTERS):
        return ""
    return tokens.mask_tokens(json.dumps(parameter.default, ensure_ascii=False))


def insert_placeholder_files(entry: Field, value: Any) -> Any:
    """Replace each file in a value by a placeholder; insert one where no file is chosen yet.

    A message with attached files is the exception: it is complete without them.
    """
    if not entry.file_controls:
        return value
    parameter = entry.parameter
    handles: Mapping[str, Sequence[FileHandle | None]] = entry.files_by_suffix
    if not any(handles.values()) and entry.control != "multimodal":
        handles = {part.suffix: [None] for part in entry.file_controls if has_placeholder_file(entry, part)}
    placeholders = {
        suffix: [PlaceholderFile(choose_placeholder_name(parameter, file)) for file in files]
        for suffix, files in handles.items()
    }
    try:
        return file_values.compose_file_value(parameter, placeholders, entry.text)
    except InvalidValue:  # invalid text beside the files
        return None


def has_placeholder_file(entry: Field, part: FileControl) -> bool:
    """Does this file control get a placeholder while no file is chosen?"""
    if entry.control == "editor":  # the background is the only required file
        return part.suffix == "background"
    places = entry.parameter.file_places
    return entry.control != "object" or any(
        place.is_required for number, place in enumerate(places) if make_control_suffix(number) == part.suffix
    )


def render_type_words(described: Parameter | ReturnValue) -> Markup:
    """Render the type of a parameter or an output in French, with its technical parts as code."""
    parts = describe_type(described.schema, described.component).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def highlight_snippet(snippet: Snippet) -> Markup:
    """Highlight the code of a snippet; names and values in it are untrusted."""
    return Markup(highlight_untrusted(snippet.code, snippet.lexer))  # noqa: S704 (every token is escaped)
