"""A field of a form: a parameter with what was typed, what is wrong with it, and what its control shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hfcourse.files.file_store import FileHandle
from hfcourse.spaces.form import table_cells, uploads
from hfcourse.spaces.form.uploads import TOKEN_FOUND
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values import choice_parsing, datetimes, file_values, numbers, tables
from hfcourse.spaces.schema.values.file_objects import has_surroundings
from hfcourse.spaces.schema.values.file_values import FileControl
from hfcourse.text.line_endings import has_newline, normalize_line_endings

HEX_COLOR_PATTERN = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
MAX_TEXTAREA_ROWS = 20
MAX_UNSCROLLED_BOXES = 60  # from so many on they scroll in a frame of their own
RECORDING_KIND_BY_COMPONENT = {"image": "photo", "imageeditor": "photo", "audio": "audio", "video": "video"}


@dataclass
class Field:
    """A parameter in a form: `texts` as typed, `rows` of a table, `kept` the files that are here, by part.

    `beside` is what was typed beside the boxes and is too long to be read as choices. `is_marker_free` asks for the
    lightest control: choices that are typed, and no empty rows. `mark` is that of field_marks.py. `faulty_part` is the
    suffix of the file control that `error` is about, `focused_row` the row of a table that takes the focus when the
    page opens.
    `base` is the value that the control was drawn with, None for the Space's own.
    `sends_whole` says that the Space's own value, which no form shows, is sent while nothing is typed.
    """

    parameter: Parameter
    texts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    files_by_suffix: dict[str, list[FileHandle]] = field(default_factory=dict)
    error: str = ""
    unparsed_choices: str = ""
    is_plain: bool = False
    invalid_suffix: str = ""
    mark: str = ""
    focused_row: int | None = None
    base_value: Any = None
    sends_whole_default: bool = False

    @property
    def name(self) -> str:
        """The name of its control."""
        return f"arg-{self.parameter.name}"

    @property
    def control(self) -> str:
        return get_control_kind(self.parameter)

    @cached_property
    def file_controls(self) -> tuple[FileControl, ...]:
        """Its file controls."""
        return file_values.list_file_controls(self.parameter)

    def get_file_control_name(self, part: FileControl) -> str:
        """The name of one of its file controls."""
        return f"{self.name}-{part.suffix}" if part.suffix else self.name

    def get_control_files(self, part: FileControl) -> list[FileHandle]:
        """The files of one of its controls that are already here."""
        return self.files_by_suffix.setdefault(part.suffix, [])

    @property
    def has_text_beside_files(self) -> bool:
        return self.control == "multimodal" or (self.control == "object" and has_surroundings(self.parameter))

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def is_multiline(self) -> bool:
        """Can its text have several lines? A field of one line would drop the line ends of what is there already."""
        if has_newline(self.text):
            return True
        return self.control == "text" and not self.parameter.is_one_line

    @property
    def textarea_rows(self) -> int:
        """The rows of its text area: those that the author asks for, and more for a text that has more."""
        return max(self.parameter.lines, min(MAX_TEXTAREA_ROWS, 1 + normalize_line_endings(self.text).count("\n")))

    @property
    def bounds(self) -> tuple[float, float]:
        return numbers.get_slider_bounds(self.parameter)

    @cached_property
    def rendered_choice_count(self) -> int:
        """How many choices are drawn."""
        return 0 if self.is_plain else choice_parsing.count_rendered_choices(self.parameter)

    @cached_property
    def options(self) -> list[tuple[str, str, bool]]:
        """Posted text, label and « is it chosen » of each choice that is drawn, and of what was ticked beside them."""
        shown, ticked = self.rendered_choice_count, {*map(normalize_line_endings, self.texts)}
        posted = self.parameter.choices.posted_texts[:shown]
        drawn = [
            (text, label, text in ticked)
            for text, (label, _) in zip(posted, self.parameter.choices[:shown], strict=True)
        ]
        return [*drawn, *((text, " ".join(text.split()), True) for text in self.multiline_texts)]

    @property
    def multiline_texts(self) -> list[str]:
        """The texts of several lines that are no choices: they cannot be typed one per line, and have boxes."""
        known = self.parameter.choices.values_by_posted_text
        is_one = self.control == "checks" and choice_parsing.can_send_any_text(self.parameter)
        return [text for text in self.texts if has_newline(text) and text not in known] if is_one else []

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        """What one types for each choice that is drawn, and its label; those that resemble a wrong text first."""
        typed, pairs = self.parameter.choices.typed_texts, self.parameter.choices
        similar = (
            self.parameter.choices.find_similar_choices(self.text, self.rendered_choice_count) if self.error else []
        )
        places = [*dict.fromkeys([*similar, *range(self.rendered_choice_count)])][: self.rendered_choice_count]
        return [(typed[place], pairs[place][0]) for place in places]

    @property
    def is_typed_choice(self) -> bool:
        """Is a choice typed rather than taken from a list?"""
        is_long = len(self.parameter.choices) > choice_parsing.MAX_SELECT_OPTIONS or self.has_hidden_choices
        return is_long or choice_parsing.can_send_any_text(self.parameter)

    @property
    def has_many_boxes(self) -> bool:
        return len(self.parameter.choices) > MAX_UNSCROLLED_BOXES

    @property
    def has_hidden_choices(self) -> bool:
        """Are there more choices than are drawn?"""
        return self.rendered_choice_count < len(self.parameter.choices)

    @property
    def choice_text(self) -> str:
        """What a typed choice shows: its label, which is read back, where the posted text means nothing to anybody."""
        if choice_parsing.is_free_text_select(self.parameter):
            return self.text
        return self.parameter.choices.typed_texts_by_posted_text.get(self.text, self.text)

    @property
    def other_choices_text(self) -> str:
        """What was typed beside the boxes, a line for each."""
        drawn, typed = {text for text, _, _ in self.options}, self.parameter.choices.typed_texts_by_posted_text
        beside = (typed.get(text, text) for text in self.texts if text not in drawn)
        return "\n".join([*beside, *filter(None, [self.unparsed_choices])])

    @property
    def datetime_text(self) -> str | None:
        """What a browser's own field shows; None where this has to be text, now or in the Space's own form."""
        first = datetimes.format_browser_datetime(self.parameter, str(self.parameter.default or ""))
        return None if first is None else datetimes.format_browser_datetime(self.parameter, self.text)

    @property
    def is_hex_color(self) -> bool:
        """Can a browser's own field hold this colour? It knows #rrggbb, and sends black for nothing."""
        return HEX_COLOR_PATTERN.fullmatch(self.text) is not None

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of a table's columns."""
        return self.parameter.column_titles

    @property
    def rendered_rows(self) -> list[list[str]]:
        """The rows of the table; of a plain one without those that are empty, but for the first."""
        if not self.is_plain:
            return self.rows
        return [row for line, row in enumerate(self.rows) if line == 0 or any(row)]

    @cached_property
    def cell_errors(self) -> Mapping[table_cells.CellPosition, str]:
        """What is wrong with each cell of a table that was refused, by line and column from 0."""
        if not self.error or self.control != "table":
            return {}
        if self.error == TOKEN_FOUND:
            return table_cells.find_masked_cells(self.rows, TOKEN_FOUND)
        return table_cells.find_cell_faults(self.parameter, self.rows, self.base_value)

    def cell_id(self, line: int, column: int) -> str:
        """The name of a cell's control, which is its id too where something leads to it."""
        return f"{self.name}-{line}-{column}"

    @property
    def invalid_control_id(self) -> str:
        """The id of the control that has to be corrected: the first one that is at fault."""
        if self.control == "table":
            return self.cell_id(*next(iter(self.cell_errors), (0, 0)))
        if self.control == "multimodal" and not self.invalid_suffix:
            return f"{self.name}-text"
        if self.file_controls:
            return f"{self.name}-{self.invalid_suffix or self.file_controls[0].suffix}".removesuffix("-")
        if self.control == "checks" and (self.unparsed_choices or not self.options):
            return f"{self.name}-others"
        return self.name

    @property
    def can_grow(self) -> bool:
        """Is there room for one more line?"""
        return self.parameter.grows and len(self.rows) < tables.compute_max_form_rows(self.parameter)

    @property
    def max_rows(self) -> int:
        return tables.compute_max_form_rows(self.parameter)

    @property
    def accept(self) -> str:
        return uploads.build_accept_attribute(self.parameter)

    @property
    def accepts_images(self) -> bool:
        return self.parameter.component in uploads.IMAGE_COMPONENTS

    @property
    def recording_kind(self) -> str:
        """What the browser may record for it, as the Space's own page would: photo, audio, video or ''."""
        kind = RECORDING_KIND_BY_COMPONENT.get(self.parameter.component, "")
        return kind if {"webcam", "microphone"} & {*self.parameter.sources} else ""

    @property
    def is_only_recorded(self) -> bool:
        """Does the Space's own page take nothing but what is recorded?"""
        return bool(self.parameter.sources) and {*self.parameter.sources} <= {"webcam", "microphone"}
