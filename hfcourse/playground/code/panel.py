"""Panel of the code of a call: a listing for each language, with the lines that the last change touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, request
from markupsafe import Markup

from hfcourse import tokens
from hfcourse.playground.code import type_words
from hfcourse.playground.code.changed_lines import digest_lines, find_changed_lines
from hfcourse.playground.code.code_target import make_endpoint_target
from hfcourse.playground.code.form_code import build_form_call, list_fields_without_file
from hfcourse.playground.code.languages.code_call import CodeCall, list_call_file_names
from hfcourse.playground.code.languages.listings import CodeLanguage, CodeListing, render_listings
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form.forms import Form
from hfcourse.text.code_lexer import highlight_untrusted_lines

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

DIGESTS_FIELD = "code-lines"
MAX_LISTED_NAMES = 5


@dataclass(frozen=True)
class CodeBlock:
    """Part of a listing as HTML: a line that changed, or consecutive lines that did not."""

    html: Markup
    is_changed: bool


@dataclass(frozen=True)
class HighlightedListing:
    """Listing in one language; `changed_lines` are numbers of lines, from 1."""

    language: CodeLanguage
    blocks: Sequence[CodeBlock]
    changed_lines: Sequence[int]


@dataclass(frozen=True)
class CodePanel:
    """Code of a call, and what its reader must know.

    Attributes:
        listings: none if the values are too long.
        digests: of the lines shown, which the page posts with the next change.
        file_names: the files that the programs read from their own folder.
        example_labels: labels of the fields whose file in the code is an example.
        invalid_labels: labels of the fields whose value is left out, because it is refused.
        variables: the environment variables that the code reads.
        has_session_state: does the Space remember earlier calls of a session?
    """

    listings: Sequence[HighlightedListing]
    digests: str = ""
    file_names: Sequence[str] = ()
    example_labels: Sequence[str] = ()
    invalid_labels: Sequence[str] = ()
    variables: Sequence[str] = ()
    has_session_state: bool = False


def build_form_panel(entry: CatalogueEntry, connection: "SpaceClient", form: Form) -> CodePanel:
    """Return the panel of the call that a form makes with its present values."""
    call = build_form_call(make_endpoint_target(entry, connection, form.endpoint), form)
    return build_panel(
        call,
        has_session_state=form.endpoint.has_session_state,
        example_labels=[each.parameter.label for each in list_fields_without_file(form)][:MAX_LISTED_NAMES],
        invalid_labels=[each.parameter.label for each in form.invalid_fields][:MAX_LISTED_NAMES],
    )


def build_panel(
    call: CodeCall,
    *,
    follows_form: bool = True,
    has_session_state: bool = False,
    example_labels: Sequence[str] = (),
    invalid_labels: Sequence[str] = (),
) -> CodePanel:
    """Return the panel of a call; one that follows a form has the lines that differ from those that the page posted."""
    listings = render_masked_listings(call)
    previous = parse_digests(request.form.get(DIGESTS_FIELD, "")) if follows_form else {}
    digests = {each.language.value: digest_lines(each.code) if follows_form else "" for each in listings}
    changed = {value: find_changed_lines(previous.get(value, ""), present) for value, present in digests.items()}
    return CodePanel(
        [highlight_listing(each, changed[each.language.value]) for each in listings],
        digests=format_digests(digests),
        file_names=[tokens.mask_tokens(name) for name in list_call_file_names(call)][:MAX_LISTED_NAMES],
        example_labels=example_labels,
        invalid_labels=invalid_labels,
        variables=call.environment_variables,
        has_session_state=has_session_state,
    )


def render_masked_listings(call: CodeCall) -> Sequence[CodeListing]:
    """Render the call in every language, with a mask in place of each possible token."""
    listings = render_listings(call)
    # One search in place of one for each language.
    if not listings or not tokens.contains_token(f"{call.endpoint}\n{call.arguments_text}"):
        return listings
    return [CodeListing(each.language, tokens.mask_tokens(each.code)) for each in listings]


def highlight_listing(listing: CodeListing, changed_lines: Sequence[int]) -> HighlightedListing:
    """Return the listing in blocks; names and values in it are untrusted."""
    lines = highlight_untrusted_lines(listing.code, listing.language.lexer)
    blocks: list[CodeBlock] = []
    start = 0
    for number in sorted(changed_lines):
        blocks += [join_lines(lines[start:number])] if number > start else []
        blocks.append(CodeBlock(Markup(lines[number]), True))  # noqa: S704 (escaped)
        start = number + 1
    blocks += [join_lines(lines[start:])] if start < len(lines) else []
    return HighlightedListing(listing.language, blocks, [number + 1 for number in changed_lines])


def join_lines(lines: Sequence[str]) -> CodeBlock:
    """Return lines that did not change as one block: a template loop over each costs more than their colours."""
    return CodeBlock(Markup("\n".join(lines)), False)  # noqa: S704 (escaped)


def format_digests(digests: Mapping[str, str]) -> str:
    """Return the digests of all listings as one text, `language=digests`, separated by spaces."""
    return " ".join(f"{language}={lines}" for language, lines in digests.items())


def parse_digests(text: str) -> dict[str, str]:
    """Parse the text of `format_digests`, which a page posts back."""
    pairs = (part.partition("=") for part in text.split(" "))
    return {language: lines for language, _, lines in pairs}


def init_app(app: Flask) -> None:
    """Register the filters of the panel's templates."""
    app.jinja_env.filters["default_in_code"] = type_words.format_default_json
    app.jinja_env.filters["type_in_words"] = type_words.render_type_words
