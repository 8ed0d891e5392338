"""The form of an endpoint as it is drawn: its fields in the sections of the author's page, folded or open."""

from collections.abc import Iterable
from dataclasses import dataclass

from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form, bind_field
from hfcourse.spaces.schema.layout.block_tree import MAX_LAYOUT_NODES, Position
from hfcourse.spaces.schema.parameters.sections import PAGE_KIND, FormSection, arrange_parameters
from hfcourse.spaces.schema.parameters.seeds import pair_seeds


@dataclass(frozen=True)
class FieldGroup:
    """A section with its fields; a fold is open where something in it has to be seen."""

    kind: str
    label: str
    is_open: bool
    members: tuple["Field | FieldGroup", ...]

    @property
    def field_count(self) -> int:
        """How many fields there are in it."""
        return sum(part.field_count if isinstance(part, FieldGroup) else 1 for part in self.members)


@dataclass(frozen=True)
class ArrangedForm:
    """The fields that the page of the Space shows, and those that it hides, each in the order of the page."""

    shown_group: FieldGroup
    hidden_group: FieldGroup


def arrange_form(form: Form) -> ArrangedForm:
    """Group the fields of a form as the page of the Space does.

    A fold is open if a value in it is refused, or is not the one that the Space starts with: what was typed, and what
    an example or a former run has filled in, is seen. What the page hides is folded together, unless it is all.
    """
    placed = {each.parameter.name: each for each in form.fields}
    shown = {name: each for name, each in placed.items() if each.parameter.is_shown}
    hidden = {name: each for name, each in placed.items() if not each.parameter.is_shown}
    parameters = {name: each.parameter for name, each in shown.items()}
    section = arrange_parameters(list_field_positions(form, shown), parameters, form.endpoint.captions)
    section = pair_seeds(section, parameters)
    in_order = sorted(hidden, key=lambda name: form.make_reading_sort_key(hidden[name]))
    folded = FormSection(PAGE_KIND, is_open=not shown, parts=tuple(in_order))
    return ArrangedForm(fill_section(section, placed), fill_section(folded, placed))


def list_field_positions(form: Form, names: Iterable[str]) -> list[tuple[str, Position]]:
    """The position of each parameter on the page of the Space; after all others where it has none."""
    last = Position(MAX_LAYOUT_NODES)
    return [(name, form.endpoint.positions.get(name, last)) for name in names]


def fill_section(section: FormSection, fields: dict[str, Field]) -> FieldGroup:
    """The section with its fields in the place of their names."""
    parts = tuple(
        fill_section(part, fields) if isinstance(part, FormSection) else fields[part] for part in section.parts
    )
    is_open = section.is_open or any(has_visible_content(fields[name]) for name in section.parameter_names)
    return FieldGroup(section.kind, section.label, is_open, parts)


def has_visible_content(entry: Field) -> bool:
    """Is there a fault in it, or another value than the one that the Space starts with?"""
    return bool(entry.error) or is_field_changed(entry)


def is_field_changed(entry: Field) -> bool:
    """Does the field show another value than the one that the Space starts with?"""
    untouched = bind_field(entry.parameter, entry.parameter.default)
    has_more = any(entry.files_by_suffix.values()) or entry.unparsed_choices != ""
    return has_more or normalize_field_texts(entry) != normalize_field_texts(untouched)


def normalize_field_texts(entry: Field) -> list[list[str]]:
    """The texts of a field, by line of a table; browsers send the line ends of a text as CR LF."""
    return [[text.replace("\r\n", "\n") for text in texts] for texts in (entry.texts, *entry.rows)]
