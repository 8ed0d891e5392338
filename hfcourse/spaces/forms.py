"""The form of one endpoint: a field for each parameter, with what was typed and what is wrong with it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse import tokens
from hfcourse.errors import Refused
from hfcourse.spaces import files, values
from hfcourse.spaces.description import Endpoint, Parameter
from hfcourse.spaces.values import Wrong
from hfcourse.typography import french

MOST_ROWS = 200
TEXT_FILE_BYTES = 1_000_000
SECRET = french("Ceci ressemblait à un jeton : il a été masqué, et rien n’a été envoyé.")
NOT_AN_IMAGE = french(
    "Ce fichier n’est pas une image que ce site connaît. Choisissez un PNG, un JPEG, un WebP ou un GIF."
)
NOT_A_FILE = french("Choisissez un fichier : ce champ ne prend pas de texte.")
TOO_LARGE = french("Ce fichier est trop gros : choisissez-en un plus léger.")
GONE = french("Ce fichier n’est plus là : choisissez-le de nouveau.")


@dataclass
class Field:
    """A parameter in a form: `texts` as typed, `rows` of a table, `kept` a file that is already here."""

    parameter: Parameter
    texts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    kept: files.KeptFile | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """The name of its control."""
        return f"arg-{self.parameter.name}"

    @property
    def control(self) -> str:
        return values.control(self.parameter)

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def bounds(self) -> tuple[float, float]:
        return values.bounds(self.parameter)

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Posted text, label and « is it chosen » of each choice."""
        posted = values.option_texts(self.parameter)
        return [
            (text, label, text in self.texts) for text, (label, _) in zip(posted, self.parameter.choices, strict=True)
        ]


@dataclass
class Form:
    """The fields of one endpoint, and what they came to: `values` by parameter name, once `read` has found no fault."""

    endpoint: Endpoint
    fields: list[Field]
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> list[Field]:
        return [each for each in self.fields if each.parameter.is_shown]

    @property
    def folded(self) -> list[Field]:
        return [each for each in self.fields if not each.parameter.is_shown]

    @property
    def faulty(self) -> list[Field]:
        return [each for each in self.fields if each.error]

    @property
    def has_tables(self) -> bool:
        return any(each.control == "table" for each in self.fields)

    def add_row(self, name: str) -> None:
        """One more empty line in the table of that parameter."""
        for each in self.fields:
            columns = len(each.parameter.headers) or 1
            if each.parameter.name == name and each.control == "table" and len(each.rows) < most_rows(columns):
                each.rows.append([""] * columns)


def most_rows(columns: int) -> int:
    """Lines of a table of so many columns that a form can send."""
    return min(MOST_ROWS, max(1, values.TABLE_CELLS // columns))


def filled(endpoint: Endpoint, given: Mapping[str, Any] | None = None) -> Form:
    """A form that shows `given` values (a `KeptFile` for a file), and the Space's defaults where there is none."""
    given = given or {}
    return Form(
        endpoint, [fill(parameter, given.get(parameter.name, parameter.default)) for parameter in endpoint.parameters]
    )


def fill(parameter: Parameter, value: Any) -> Field:
    kind = values.control(parameter)
    if kind == "table":
        return Field(parameter, rows=values.table_rows(parameter, value))
    if kind == "file":
        return Field(parameter, kept=value if isinstance(value, files.KeptFile) else None)
    return Field(parameter, texts=values.typed(parameter, value))


def read(endpoint: Endpoint, posted: MultiDict[str, str], uploads: MultiDict[str, FileStorage], visitor: str) -> Form:
    """The form as it was posted; what nobody asked for is ignored, and each fault stands in its field."""
    form = Form(endpoint, [])
    for parameter in endpoint.parameters:
        kind = values.control(parameter)
        reader = {"table": read_table, "file": read_file}.get(kind, read_texts)
        entry = Field(parameter)
        form.fields.append(entry)
        try:
            form.values[parameter.name] = reader(entry, posted, uploads, visitor)
        except Wrong as wrong:
            entry.error = str(wrong)
    return form


def read_texts(entry: Field, posted: MultiDict[str, str], _uploads: MultiDict[str, FileStorage], _visitor: str) -> Any:
    entry.texts = posted.getlist(entry.name)
    return values.parse(entry.parameter, entry.texts)


def read_table(entry: Field, posted: MultiDict[str, str], _uploads: MultiDict[str, FileStorage], _visitor: str) -> Any:
    """The cells `arg-<name>-<line>-<column>`, lines counted from 0."""
    cell = re.compile(re.escape(entry.name) + r"-(\d{1,3})-(\d{1,3})", re.ASCII)
    cells = {(int(found[1]), int(found[2])): text for key, text in posted.items() if (found := cell.fullmatch(key))}
    columns = len(entry.parameter.headers) or 1
    lines = min(MOST_ROWS, 1 + max((line for line, _ in cells), default=-1))
    entry.rows = [[cells.get((line, column), "") for column in range(columns)] for line in range(lines)]
    if not cells:
        raise Wrong("Ce tableau manque : rechargez la page pour retrouver le formulaire entier.")
    return values.parse_table(entry.parameter, entry.rows)


def read_file(
    entry: Field, posted: MultiDict[str, str], uploads: MultiDict[str, FileStorage], visitor: str
) -> files.KeptFile | None:
    """The file just sent, else the one that an earlier try left here (`arg-<name>-kept`), else nothing."""
    sent = uploads.get(entry.name)
    if sent is None and posted.get(entry.name):
        raise Wrong(NOT_A_FILE)
    kept_id = posted.get(f"{entry.name}-kept", "")
    if sent is not None and sent.filename:
        entry.kept = kept_upload(entry.parameter, sent, visitor)
    elif kept_id and posted.get(f"{entry.name}-drop") is None:
        entry.kept = files.find(visitor, kept_id)
        if entry.kept is None:
            raise Wrong(GONE)
    elif sent is None and entry.name not in posted and not kept_id:
        raise Wrong("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
    return entry.kept


def kept_upload(parameter: Parameter, sent: FileStorage, visitor: str) -> files.KeptFile:
    """Check the type by the bytes, look for a token in the name and in small texts, then keep."""
    if not getattr(sent.stream, "is_whole", True):
        raise Wrong(TOO_LARGE)
    content = sent.stream.read()
    kind = files.media_type(content[: files.HEAD_BYTES])
    if parameter.component == "image" and not kind.startswith("image/"):
        raise Wrong(NOT_AN_IMAGE)
    name = sent.filename or ""
    is_small_text = kind == files.UNKNOWN_TYPE and len(content) <= TEXT_FILE_BYTES
    if tokens.is_pasted(name) or (is_small_text and tokens.is_pasted(content.decode("latin-1"))):
        raise Wrong(SECRET)
    return files.keep(visitor, name, content)


def drop_vanished(form: Form, visitor: str) -> None:
    """Say of each kept file that it is gone, if it was deleted since the form was read."""
    for entry in form.fields:
        if entry.kept and files.find(visitor, entry.kept.id) is None:
            entry.kept, entry.error = None, GONE


def mask_secrets(form: Form) -> bool:
    """Mask whatever looks like a token in what was typed; True if there was any."""
    for entry in form.fields:
        typed: Sequence[list[str]] = [entry.texts, *entry.rows]
        for texts in typed:
            masked = [tokens.mask_pasted(text) for text in texts]
            if masked != texts:
                entry.error = SECRET
                texts[:] = masked
        # JSON can write a token in other letters: "\u0068f_…".
        value = json.dumps(form.values.get(entry.parameter.name, None) if entry.control == "json" else None)
        if tokens.is_pasted(value):
            entry.error = SECRET
            entry.texts = [tokens.mask_pasted(value)]
    return any(entry.error == SECRET for entry in form.fields)


def checked(form: Form) -> dict[str, Any]:
    """The values to send, by parameter name, in the order of the endpoint.

    Raises:
        Refused: `secret-in-input` (already masked in the form), `invalid-input`.
    """
    faults = {entry.parameter.name: entry.error for entry in form.faulty}
    if mask_secrets(form):
        raise Refused("secret-in-input", fields=faults)
    if faults:
        raise Refused("invalid-input", fields=faults)
    return form.values
