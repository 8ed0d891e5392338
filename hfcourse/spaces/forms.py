"""The form of one endpoint: a field for each parameter, with what was typed and what is wrong with it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse import tokens
from hfcourse.errors import Refused
from hfcourse.spaces import (
    choices,
    compositions,
    field_values,
    files,
    moments,
    numbers,
    table_cells,
    tables,
    text_limits,
    uploads,
    values,
)
from hfcourse.spaces.compositions import Part
from hfcourse.spaces.controls import HOLD_FILES, control
from hfcourse.spaces.defaults import MAX_DEFAULT_CHARACTERS
from hfcourse.spaces.description import Endpoint
from hfcourse.spaces.file_objects import has_rest
from hfcourse.spaces.files import KeptFile
from hfcourse.spaces.json_size import exceeds
from hfcourse.spaces.line_ends import has_line_end, unify_line_ends
from hfcourse.spaces.mistakes import MISSING, Wrong
from hfcourse.spaces.parameters import Parameter
from hfcourse.spaces.uploads import GONE, NOT_KEPT, SECRET, Posted, foremost

COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
MAX_DRAWN_LINES = 20
LONG_BOXES = 60  # from so many on they scroll in a frame of their own
RECORDED = {"image": "photo", "imageeditor": "photo", "audio": "audio", "video": "video"}


@dataclass
class Field:
    """A parameter in a form: `texts` as typed, `rows` of a table, `kept` the files that are here, by part.

    `beside` is what was typed beside the boxes and is too long to be read as choices. `is_plain` asks for the lightest
    control: choices that are typed, and no empty rows. `mark` is that of field_marks.py. `faulty_part` is the suffix of
    the file control that `error` is about, `focused_row` the row of a table that takes the focus when the page opens.
    `base` is the value that the control was drawn with, None for the Space's own.
    `sends_whole` says that the Space's own value, which no form shows, is sent while nothing is typed.
    """

    parameter: Parameter
    texts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    kept: dict[str, list[KeptFile]] = field(default_factory=dict)
    error: str = ""
    beside: str = ""
    is_plain: bool = False
    faulty_part: str = ""
    mark: str = ""
    focused_row: int | None = None
    base: Any = None
    sends_whole: bool = False

    @property
    def name(self) -> str:
        """The name of its control."""
        return f"arg-{self.parameter.name}"

    @property
    def control(self) -> str:
        return control(self.parameter)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its file controls."""
        return compositions.parts_of(self.parameter)

    def name_of(self, part: Part) -> str:
        """The name of one of its file controls."""
        return f"{self.name}-{part.suffix}" if part.suffix else self.name

    def kept_of(self, part: Part) -> list[KeptFile]:
        """The files of one of its controls that are already here."""
        return self.kept.setdefault(part.suffix, [])

    @property
    def has_text_beside_files(self) -> bool:
        return self.control == "multimodal" or (self.control == "object" and has_rest(self.parameter))

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def is_area(self) -> bool:
        """Can its text have several lines? A field of one line would drop the line ends of what is there already."""
        if has_line_end(self.text):
            return True
        return self.control == "text" and not self.parameter.is_one_line

    @property
    def rows_of_text(self) -> int:
        """The rows of its text area: those that the author asks for, and more for a text that has more."""
        return max(self.parameter.lines, min(MAX_DRAWN_LINES, 1 + unify_line_ends(self.text).count("\n")))

    @property
    def bounds(self) -> tuple[float, float]:
        return numbers.bounds(self.parameter)

    @cached_property
    def drawn_count(self) -> int:
        """How many choices are drawn."""
        return 0 if self.is_plain else choices.shown_count(self.parameter)

    @cached_property
    def options(self) -> list[tuple[str, str, bool]]:
        """Posted text, label and « is it chosen » of each choice that is drawn, and of what was ticked beside them."""
        shown, ticked = self.drawn_count, {*map(unify_line_ends, self.texts)}
        posted = self.parameter.choices.texts[:shown]
        drawn = [
            (text, label, text in ticked)
            for text, (label, _) in zip(posted, self.parameter.choices[:shown], strict=True)
        ]
        return [*drawn, *((text, " ".join(text.split()), True) for text in self.several_lines)]

    @property
    def several_lines(self) -> list[str]:
        """The texts of several lines that are no choices: they cannot be typed one per line, and have boxes."""
        known = self.parameter.choices.values_by_text
        is_one = self.control == "checks" and choices.takes_any_text(self.parameter)
        return [text for text in self.texts if has_line_end(text) and text not in known] if is_one else []

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        """What one types for each choice that is drawn, and its label; those that resemble a wrong text first."""
        typed, pairs = self.parameter.choices.typed_texts, self.parameter.choices
        similar = self.parameter.choices.find_similar(self.text, self.drawn_count) if self.error else []
        places = [*dict.fromkeys([*similar, *range(self.drawn_count)])][: self.drawn_count]
        return [(typed[place], pairs[place][0]) for place in places]

    @property
    def is_typed(self) -> bool:
        """Is a choice typed rather than taken from a list?"""
        is_long = len(self.parameter.choices) > choices.LONG_LIST or self.hides_choices
        return is_long or choices.takes_any_text(self.parameter)

    @property
    def has_many_boxes(self) -> bool:
        return len(self.parameter.choices) > LONG_BOXES

    @property
    def hides_choices(self) -> bool:
        """Are there more choices than are drawn?"""
        return self.drawn_count < len(self.parameter.choices)

    @property
    def choice_text(self) -> str:
        """What a typed choice shows: its label, which is read back, where the posted text means nothing to anybody."""
        if choices.is_typed_freely(self.parameter):
            return self.text
        return self.parameter.choices.typed_by_text.get(self.text, self.text)

    @property
    def others(self) -> str:
        """What was typed beside the boxes, a line for each."""
        drawn, typed = {text for text, _, _ in self.options}, self.parameter.choices.typed_by_text
        beside = (typed.get(text, text) for text in self.texts if text not in drawn)
        return "\n".join([*beside, *filter(None, [self.beside])])

    @property
    def moment(self) -> str | None:
        """What a browser's own field shows; None where this has to be text, now or in the Space's own form."""
        first = moments.browser_text(self.parameter, str(self.parameter.default or ""))
        return None if first is None else moments.browser_text(self.parameter, self.text)

    @property
    def is_colour(self) -> bool:
        """Can a browser's own field hold this colour? It knows #rrggbb, and sends black for nothing."""
        return COLOUR.fullmatch(self.text) is not None

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of a table's columns."""
        return self.parameter.titles

    @property
    def drawn_rows(self) -> list[list[str]]:
        """The rows of the table; of a plain one without those that are empty, but for the first."""
        if not self.is_plain:
            return self.rows
        return [row for line, row in enumerate(self.rows) if line == 0 or any(row)]

    @cached_property
    def cell_faults(self) -> Mapping[table_cells.Place, str]:
        """What is wrong with each cell of a table that was refused, by line and column from 0."""
        if not self.error or self.control != "table":
            return {}
        if self.error == SECRET:
            return table_cells.find_masked_cells(self.rows, SECRET)
        return table_cells.find_cell_faults(self.parameter, self.rows, self.base)

    def cell_id(self, line: int, column: int) -> str:
        """The name of a cell's control, which is its id too where something leads to it."""
        return f"{self.name}-{line}-{column}"

    @property
    def fault_id(self) -> str:
        """The id of the control that has to be corrected: the first one that is at fault."""
        if self.control == "table":
            return self.cell_id(*next(iter(self.cell_faults), (0, 0)))
        if self.control == "multimodal" and not self.faulty_part:
            return f"{self.name}-text"
        if self.parts:
            return f"{self.name}-{self.faulty_part or self.parts[0].suffix}".removesuffix("-")
        if self.control == "checks" and (self.beside or not self.options):
            return f"{self.name}-others"
        return self.name

    @property
    def may_grow(self) -> bool:
        """Is there room for one more line?"""
        return self.parameter.grows and len(self.rows) < tables.most_lines(self.parameter)

    @property
    def most_lines(self) -> int:
        return tables.most_lines(self.parameter)

    @property
    def accept(self) -> str:
        return uploads.accept(self.parameter)

    @property
    def takes_images(self) -> bool:
        return self.parameter.component in uploads.TAKES_IMAGES

    @property
    def recording(self) -> str:
        """What the browser may record for it, as the Space's own page would: photo, audio, video or ''."""
        kind = RECORDED.get(self.parameter.component, "")
        return kind if {"webcam", "microphone"} & {*self.parameter.sources} else ""

    @property
    def is_only_recorded(self) -> bool:
        """Does the Space's own page take nothing but what is recorded?"""
        return bool(self.parameter.sources) and {*self.parameter.sources} <= {"webcam", "microphone"}


@dataclass
class Form:
    """The fields of one endpoint, and what they came to: `values` by parameter name, once `read` has found no fault.

    `lost_files` has the labels of the fields whose file, of an example or of an earlier run, could not be had.
    `run_id` is the run whose values the form was filled with, '' if there is none: what nobody touches goes back as
    that run sent it, beyond what the form shows.
    """

    endpoint: Endpoint
    fields: list[Field]
    values: dict[str, Any] = field(default_factory=dict)
    lost_files: list[str] = field(default_factory=list)
    run_id: str = ""

    @property
    def shown(self) -> list[Field]:
        return [each for each in self.fields if each.parameter.is_shown]

    @property
    def folded(self) -> list[Field]:
        return [each for each in self.fields if not each.parameter.is_shown]

    @property
    def faulty(self) -> list[Field]:
        """The fields with a fault, in the order in which they are read."""
        return sorted((each for each in self.fields if each.error), key=self.reading_order)

    def reading_order(self, entry: Field) -> tuple[bool, bool, float]:
        """Sort key: what the page of the Space shows comes first, in the order of that page."""
        position = self.endpoint.positions.get(entry.parameter.name)
        return not entry.parameter.is_shown, *(position.reading_order if position else (True, inf))

    @property
    def has_tables(self) -> bool:
        return any(each.control == "table" for each in self.fields)

    @property
    def has_files(self) -> bool:
        return any(each.parts for each in self.fields)

    @property
    def records(self) -> bool:
        """Does a page with this form need the script that records?"""
        return any(each.recording for each in self.fields)

    def add_row(self, name: str) -> None:
        """One more empty line in the table of that parameter."""
        for each in self.fields:
            if each.parameter.name == name and each.control == "table" and each.may_grow:
                each.rows.append([""] * len(each.titles))
                each.focused_row = len(each.rows) - 1

    def remove_row(self, name: str, row: int) -> None:
        """Remove a row, from 0, from the table of that parameter; the last one left is emptied instead."""
        for each in self.fields:
            if (
                each.parameter.name == name
                and each.control == "table"
                and each.parameter.grows
                and row < len(each.rows)
            ):
                del each.rows[row]
                each.rows = each.rows or [[""] * len(each.titles)]
                each.focused_row = min(row, len(each.rows) - 1)


def filled(endpoint: Endpoint, given: Mapping[str, Any] | None = None) -> Form:
    """A form that shows `given` values (a `KeptFile` where a file is), and the Space's defaults where there is none."""
    given = given or {}
    return Form(
        endpoint, [fill(parameter, given.get(parameter.name, parameter.default)) for parameter in endpoint.parameters]
    )


def fill(parameter: Parameter, value: Any) -> Field:
    """The field that shows this value; one that no form shows is the Space's own, and is not shown."""
    kind, base = control(parameter), None if value is parameter.default else value
    if kind == "table":
        return Field(parameter, rows=tables.table_rows(parameter, value), base=base)
    if kind in HOLD_FILES:
        kept, text = compositions.decompose(parameter, value, KeptFile)
        return Field(parameter, texts=[text], kept=kept)
    if parameter.whole_json and (value is None or value == parameter.whole_default):
        return Field(parameter, texts=values.typed(parameter, None), sends_whole=True)
    return Field(parameter, texts=values.typed(parameter, value), base=base)


def sent_as_is(form: Form) -> dict[str, Any]:
    """What the form would send if nobody touched it, by parameter name; null for what could not be sent so.

    What no form shows is left out: gradio_client sends the default of itself, and written out it would be megabytes.
    """
    sent: dict[str, Any] = {}
    for entry in form.fields:
        if field_values.is_whole_default(entry):
            continue
        try:
            value = untouched(entry)
        except Wrong:
            value = None
        if entry.parameter.whole_json is None or not exceeds(value, MAX_DEFAULT_CHARACTERS):
            sent[entry.parameter.name] = value
    return sent


def untouched(entry: Field) -> Any:
    """The value that the field has as it stands.

    Raises:
        Wrong: the Space does not take it.
    """
    if entry.control == "table":
        return tables.parse_table(entry.parameter, entry.rows, entry.base)
    if entry.parts:
        return compositions.compose(entry.parameter, entry.kept, entry.text)
    return field_values.parse_texts(entry)


def sent_again(endpoint: Endpoint, given: Mapping[str, Any]) -> Form:
    """A form filled with `given` values, read as if it had been sent untouched: each fault stands in its field."""
    form = filled(endpoint, given)
    for entry in form.fields:
        try:
            for kept in entry.kept.values():
                there = [each for each in kept if not each.is_gone()]
                if there != kept:
                    kept[:] = there
                    raise Wrong(GONE)
            form.values[entry.parameter.name] = untouched(entry)
        except Wrong as wrong:
            entry.error = str(wrong)
    return form


def files_of(form: Form) -> list[KeptFile]:
    """The files that the form holds, chosen now or before."""
    return [file for entry in form.fields for kept in entry.kept.values() for file in kept]


def drop_files(form: Form, why: str) -> None:
    """Empty every control that holds files, and say why beside it."""
    for entry in form.fields:
        if any(entry.kept.values()):
            entry.kept.clear()
            entry.error = why


def read(
    endpoint: Endpoint,
    posted: MultiDict[str, str],
    sent: MultiDict[str, FileStorage],
    visitor: str,
    *,
    is_proven: bool = True,
    given: Mapping[str, Any] | None = None,
) -> Form:
    """The form as it was posted; what nobody asked for is ignored, and each fault stands in its field.

    Args:
        given: the values that the form was filled with, by parameter name; the Space's own where there is none.
        is_proven: did the form prove that it comes from a page of the visitor? If not, no file of it is kept.
    """
    form = Form(endpoint, [])
    everything = Posted(posted, sent, visitor, is_proven)
    for parameter in endpoint.parameters:
        entry = Field(parameter, base=field_values.base_of(given, parameter.name))
        form.fields.append(entry)
        reader = read_table if entry.control == "table" else read_files if entry.parts else read_texts
        try:
            form.values[parameter.name] = reader(entry, everything)
        except Wrong as wrong:
            entry.error = str(wrong)
    return form


def read_texts(entry: Field, posted: Posted) -> Any:
    """The texts of its control; of boxes, what was typed beside them too, a line for each."""
    entry.texts = posted.texts.getlist(entry.name)
    entry.sends_whole = f"{entry.name}-own" in posted.texts
    if entry.control == "checks":
        read_others(entry, posted.texts.get(f"{entry.name}-others", ""))
    return field_values.parse_texts(entry)


def read_others(entry: Field, text: str) -> None:
    """Read the choices that are typed beside the boxes.

    Raises:
        Wrong: they are too many; the text stays as it is.
    """
    try:
        text_limits.check_length(entry.parameter, [text])
        text_limits.check_lines(text, text_limits.MAX_TYPED_CHOICES)
    except Wrong:
        entry.beside = text
        raise
    lines, posted = unify_line_ends(text).split("\n"), entry.parameter.choices.texts_by_typed
    entry.texts += [posted.get(line.strip(), line) for line in lines if line.strip()]


def read_table(entry: Field, posted: Posted) -> Any:
    """The cells `arg-<name>-<line>-<column>`, lines counted from 0."""
    cells = posted.cells.get(entry.name, {})
    lines = min(tables.most_lines(entry.parameter), 1 + max((line for line, _ in cells), default=0))
    entry.rows = [[cells.get((line, column), "") for column in range(len(entry.titles))] for line in range(lines)]
    if not cells:
        raise Wrong(MISSING)
    text_limits.check_length(entry.parameter, [*cells.values()])
    return tables.parse_table(entry.parameter, entry.rows, entry.base)


def read_files(entry: Field, posted: Posted) -> Any:
    """The value of a control that holds files: those of each part, and the text beside them if it has one."""
    faults = []
    for part in entry.parts:
        try:
            posted.receive(entry.parameter, part, entry.name_of(part), entry.kept_of(part))
        except Wrong as wrong:
            faults.append(str(wrong))
            entry.faulty_part = entry.faulty_part or part.suffix
    if entry.has_text_beside_files:
        entry.texts = posted.texts.getlist(f"{entry.name}-text")[:1]
        faults += [] if entry.texts else [MISSING]
    if faults:
        raise Wrong(foremost(faults))
    text_limits.check_length(entry.parameter, entry.texts)
    return compositions.compose(entry.parameter, entry.kept, field_values.own_text(entry))


def has_unkept(form: Form) -> bool:
    """Did a file come with the form that the site could not keep?"""
    return any(entry.error == NOT_KEPT for entry in form.fields)


def drop_vanished(form: Form, visitor: str) -> None:
    """Say of each kept file that it is gone, if it was deleted since the form was read."""
    for entry in form.fields:
        for part in entry.parts:
            kept = entry.kept_of(part)
            there = [each for each in kept if files.find(visitor, each.id)]
            if there != kept:
                kept[:], entry.error = there, GONE


def mask_secrets(form: Form) -> bool:
    """Mask whatever looks like a token in what was typed; True if there was any."""
    for entry in form.fields:
        typed: Sequence[list[str]] = [entry.texts, *entry.rows]
        for texts in typed:
            masked = [tokens.mask_tokens(text) for text in texts]
            if masked != texts:
                entry.error = SECRET
                texts[:] = masked
        if tokens.contains_token(entry.beside):
            entry.beside, entry.error = tokens.mask_tokens(entry.beside), SECRET
        # JSON can write a token in other letters: "\u0068f_…".
        value = json.dumps(form.values.get(entry.parameter.name), default=lambda file: file.name, ensure_ascii=False)
        if tokens.contains_token(value):
            entry.error = SECRET
            if field_values.is_whole_default(entry):  # which stays out of the form, and out of the call
                entry.sends_whole = False
                continue
            entry.texts = [tokens.mask_tokens(value)] if entry.control in ("json", "object") else entry.texts
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
