"""Field of a form: a parameter with its posted text, its error, and the content of its control."""

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
MAX_UNSCROLLED_BOXES = 60  # more of them scroll in a frame
RECORDING_KIND_BY_COMPONENT = {
    "image": "photo",
    "imageeditor": "photo",
    "audio": "audio",
    "video": "video",
    "multimodaltextbox": "audio",
}


@dataclass
class Field:
    """A parameter in a form.

    Attributes:
        texts: posted or default texts of its control.
        rows: cells of a table, by line.
        files_by_suffix: stored files, by suffix of the file control.
        unparsed_choices: text typed next to the checkboxes that is too long to parse as choices.
        is_plain: render the lightest control: typed choices, and no empty rows.
        invalid_suffix: suffix of the file control that `error` is about.
        mark: see field_marks.py.
        focused_row: index of the table row that receives the focus when the page opens.
        base_value: value with which the control was rendered, None for the Space's default.
        sends_whole_default: the Space's default, which no form shows, is sent while the text is
            empty.
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
        """Name of its control."""
        return f"arg-{self.parameter.name}"

    @property
    def control(self) -> str:
        return get_control_kind(self.parameter)

    @cached_property
    def file_controls(self) -> tuple[FileControl, ...]:
        """File controls of the field."""
        return file_values.list_file_controls(self.parameter)

    def get_file_control_name(self, part: FileControl) -> str:
        """Return the name of one of its file controls."""
        return f"{self.name}-{part.suffix}" if part.suffix else self.name

    def get_control_files(self, part: FileControl) -> list[FileHandle]:
        """Return the stored files of one of its file controls."""
        return self.files_by_suffix.setdefault(part.suffix, [])

    @property
    def has_text_beside_files(self) -> bool:
        return self.control == "multimodal" or (self.control == "object" and has_surroundings(self.parameter))

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def is_multiline(self) -> bool:
        """Can its text have several lines?

        A single-line field would drop the line ends of the current text.
        """
        if has_newline(self.text):
            return True
        return self.control == "text" and not self.parameter.is_one_line

    @property
    def textarea_rows(self) -> int:
        """Rows of its text area: as many as the author requests, more for a longer text."""
        return max(self.parameter.lines, min(MAX_TEXTAREA_ROWS, 1 + normalize_line_endings(self.text).count("\n")))

    @property
    def bounds(self) -> tuple[float, float]:
        return numbers.get_slider_bounds(self.parameter)

    @cached_property
    def rendered_choice_count(self) -> int:
        """Number of choices that are rendered."""
        return 0 if self.is_plain else choice_parsing.count_rendered_choices(self.parameter)

    @cached_property
    def options(self) -> list[tuple[str, str, bool]]:
        """Posted text, label and « is it chosen » of each rendered choice, and of `multiline_texts`."""
        rendered_count, checked = self.rendered_choice_count, {*map(normalize_line_endings, self.texts)}
        posted = self.parameter.choices.posted_texts[:rendered_count]
        rendered = [
            (text, label, text in checked)
            for text, (label, _) in zip(posted, self.parameter.choices[:rendered_count], strict=True)
        ]
        return [*rendered, *((text, " ".join(text.split()), True) for text in self.multiline_texts)]

    @property
    def multiline_texts(self) -> list[str]:
        """Checked texts of several lines that are not choices.

        They cannot be typed one per line, so they have checkboxes.
        """
        known = self.parameter.choices.values_by_posted_text
        is_one = self.control == "checkbox_group" and choice_parsing.can_send_any_text(self.parameter)
        return [text for text in self.texts if has_newline(text) and text not in known] if is_one else []

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        """Typed text and label of each rendered choice, those similar to an invalid text first."""
        typed, pairs = self.parameter.choices.typed_texts, self.parameter.choices
        similar_indexes = (
            self.parameter.choices.find_similar_choices(self.text, self.rendered_choice_count) if self.error else []
        )
        indexes = [*dict.fromkeys([*similar_indexes, *range(self.rendered_choice_count)])][: self.rendered_choice_count]
        return [(typed[index], pairs[index][0]) for index in indexes]

    @property
    def is_typed_choice(self) -> bool:
        """Is a choice typed rather than selected from a list?"""
        is_long = len(self.parameter.choices) > choice_parsing.MAX_SELECT_OPTIONS or self.has_hidden_choices
        return is_long or choice_parsing.can_send_any_text(self.parameter)

    @property
    def has_many_boxes(self) -> bool:
        return len(self.parameter.choices) > MAX_UNSCROLLED_BOXES

    @property
    def has_hidden_choices(self) -> bool:
        """Are there more choices than are rendered?"""
        return self.rendered_choice_count < len(self.parameter.choices)

    @property
    def choice_text(self) -> str:
        """Text of a typed choice: its label, which is parsed back, where the posted text is not readable."""
        if choice_parsing.is_free_text_select(self.parameter):
            return self.text
        return self.parameter.choices.typed_texts_by_posted_text.get(self.text, self.text)

    @property
    def other_choices_text(self) -> str:
        """Choices typed next to the checkboxes, one per line."""
        rendered, typed_texts = {text for text, _, _ in self.options}, self.parameter.choices.typed_texts_by_posted_text
        other_texts = (typed_texts.get(text, text) for text in self.texts if text not in rendered)
        return "\n".join([*other_texts, *filter(None, [self.unparsed_choices])])

    @property
    def datetime_text(self) -> str | None:
        """Value for the browser's datetime input; None where the text or the default is not such a value."""
        default = datetimes.format_browser_datetime(self.parameter, str(self.parameter.default or ""))
        return None if default is None else datetimes.format_browser_datetime(self.parameter, self.text)

    @property
    def is_hex_color(self) -> bool:
        """Can the browser's color input hold this value?

        It requires #rrggbb, and sends black for an empty value.
        """
        return HEX_COLOR_PATTERN.fullmatch(self.text) is not None

    @property
    def titles(self) -> tuple[str, ...]:
        """Column titles of a table."""
        return self.parameter.column_titles

    @property
    def rendered_rows(self) -> list[list[str]]:
        """Rows of the table; of a plain one the non-empty rows, and always the first."""
        if not self.is_plain:
            return self.rows
        return [row for line, row in enumerate(self.rows) if line == 0 or any(row)]

    @cached_property
    def cell_errors(self) -> Mapping[table_cells.CellPosition, str]:
        """Error of each invalid cell of a table, by line and column from 0."""
        if not self.error or self.control != "table":
            return {}
        if self.error == TOKEN_FOUND:
            return table_cells.find_masked_cells(self.rows, TOKEN_FOUND)
        return table_cells.find_cell_faults(self.parameter, self.rows, self.base_value)

    def cell_id(self, line: int, column: int) -> str:
        """Return the name of a cell's control, also used as its id where a link leads to it."""
        return f"{self.name}-{line}-{column}"

    @property
    def invalid_control_id(self) -> str:
        """Id of the first control that has an error."""
        if self.control == "table":
            return self.cell_id(*next(iter(self.cell_errors), (0, 0)))
        if self.control == "multimodal" and not self.invalid_suffix:
            return f"{self.name}-text"
        if self.file_controls:
            return f"{self.name}-{self.invalid_suffix or self.file_controls[0].suffix}".removesuffix("-")
        if self.control == "checkbox_group" and (self.unparsed_choices or not self.options):
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
        """Media that the browser may record for it, as on the Space's own page: photo, audio, video or ''."""
        kind = RECORDING_KIND_BY_COMPONENT.get(self.parameter.component, "")
        types = self.parameter.file_types
        if kind == "audio" and types and not uploads.is_accepted_type(types, "voix.wav", "audio/wav"):
            return ""
        return kind if {"webcam", "microphone"} & {*self.parameter.sources} else ""

    @property
    def is_only_recorded(self) -> bool:
        """Does the Space's own page accept recordings only?"""
        return bool(self.parameter.sources) and {*self.parameter.sources} <= {"webcam", "microphone"}
