"""Form of a message: bound, posted, validated. `turn_creation` makes a run of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from hfcourse import visitors
from hfcourse.chat.chat_roles import ChatRoles
from hfcourse.files.file_store import FileHandle
from hfcourse.playground import continuations
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.form import forms, row_edits, uploads
from hfcourse.spaces.form.error_summary import ErrorSummary, summarize_errors
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

MESSAGE_FIELD = "message"  # name of the control in the page, whatever the parameter of the Space is called
MESSAGE_LABEL = "Votre message"
OWN_MESSAGE = Parameter(name="message", label=MESSAGE_LABEL, component="textbox")
EMPTY_MESSAGE = typeset_french("Écrivez un message, puis envoyez-le.")


@dataclass(frozen=True)
class Composer:
    """Form of the next message: the field of the message and those of the options.

    `has_row_edit`: was the form posted to add or remove a row of a table, and not to send the message?
    """

    endpoint: Endpoint
    roles: ChatRoles
    form: Form
    has_row_edit: bool = False

    @cached_property
    def message(self) -> Field:
        return self.form.fields[0]

    @cached_property
    def options(self) -> Sequence[Field]:
        return self.form.fields[1:]

    @property
    def are_options_open(self) -> bool:
        return self.has_row_edit or any(each.error for each in self.options)

    @property
    def error_summary(self) -> ErrorSummary:
        """Summary of its errors; that of the message leads to its box in the page."""
        summary, message = summarize_errors(self.form), self.message
        box = {message.name, f"{message.name}-text"}
        errors = [
            replace(each, label=MESSAGE_LABEL, control_id=MESSAGE_FIELD) if each.control_id in box else each
            for each in summary.errors
        ]
        return replace(summary, errors=tuple(errors))


def make_form_endpoint(endpoint: Endpoint, roles: ChatRoles) -> Endpoint:
    """Return the endpoint with the parameters that a visitor fills: the message first, then the options."""
    return replace(endpoint, parameters=(roles.message or OWN_MESSAGE, *roles.options))


def bind_composer(
    endpoint: Endpoint, roles: ChatRoles, values: Mapping[str, Any] | None = None, text: str | None = None
) -> Composer:
    """Return the form with the values of an earlier turn; an empty message unless `text` is given.

    Args:
        values: by parameter name, a FileHandle for a file.
        text: the message to edit; its files are those of `values`.
    """
    message = roles.message or OWN_MESSAGE
    filled = dict(values or {})
    if text is None:
        filled.pop(message.name, None)
    form = forms.bind_form(make_form_endpoint(endpoint, roles), filled)
    form.fields[0].texts = [text or ""]
    return Composer(endpoint, roles, form)


def read_composer(
    endpoint: Endpoint, roles: ChatRoles, given: Mapping[str, Any] | None = None, *, is_csrf_valid: bool = True
) -> Composer:
    """Parse the posted form; its files may evict the visitor's oldest ones from the quota.

    Args:
        given: values with which the options were filled.
        is_csrf_valid: had the form a valid CSRF token? If not, its files are not stored.
    """
    message = roles.message or OWN_MESSAGE
    posted = MultiDict(request.form)
    name = f"arg-{message.name}-text" if roles.takes_files else f"arg-{message.name}"
    posted.setlist(name, request.form.getlist(MESSAGE_FIELD)[:1])
    if roles.takes_files:
        posted.setdefault(f"arg-{message.name}-files", "")  # a browser without a chosen file may leave it out
    form_endpoint = make_form_endpoint(endpoint, roles)
    visitor = visitors.get_or_create_visitor()
    form = forms.read_form(form_endpoint, posted, request.files, visitor, is_csrf_valid=is_csrf_valid, given=given)
    if request.files and is_csrf_valid:
        continuations.enforce_form_quota(form)
    if row_edits.apply_row_edit(form, request.form):
        clear_errors(form)
        return Composer(endpoint, roles, form, has_row_edit=True)
    composer = Composer(endpoint, roles, form)
    if not composer.message.error and not has_message_content(composer.message):
        composer.message.error = EMPTY_MESSAGE
    return composer


def clear_errors(form: Form) -> None:
    """Remove the errors of a form that is not sent; tokens and lost files stay marked."""
    for entry in form.fields:
        entry.error = entry.error if entry.error == uploads.FILE_NOT_STORED else ""
    forms.mask_form_tokens(form)


def rebind_composer(endpoint: Endpoint, roles: ChatRoles, values: Mapping[str, Any], text: str) -> Composer:
    """Return the form of an earlier turn, validated as if it were posted untouched."""
    own = roles.message or OWN_MESSAGE
    filled = values if roles.message else {**values, own.name: text}
    return Composer(endpoint, roles, forms.rebind_form(make_form_endpoint(endpoint, roles), filled))


def has_message_content(message: Field) -> bool:
    """Has the message a text that can be seen, or a file?"""
    has_text = any(letter.isprintable() and not letter.isspace() for letter in message.text)
    return has_text or any(message.files_by_suffix.values())


def collect_option_values(run: Run | None) -> dict[str, Any] | None:
    """Return the values that were sent in a run, for the form of the next message; None without a run."""
    return run_store.collect_sent_values(run, lambda item: FileHandle.from_row(item.file)) if run else None
