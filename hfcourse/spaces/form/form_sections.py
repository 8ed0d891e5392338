"""Layout of a form: its fields in the sections of the author's page, folded or open."""

from collections.abc import Iterable
from dataclasses import dataclass

from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form, bind_field
from hfcourse.spaces.schema.layout.block_tree import MAX_LAYOUT_NODES, Position
from hfcourse.spaces.schema.parameters.sections import PAGE_KIND, FormSection, arrange_parameters
from hfcourse.spaces.schema.parameters.seeds import pair_seeds


@dataclass(frozen=True)
class FieldGroup:
    """A section with its fields; a fold is open if one of them must be visible."""

    kind: str
    label: str
    is_open: bool
    members: tuple["Field | FieldGroup", ...]

    @property
    def field_count(self) -> int:
        """Number of fields in it, nested groups included."""
        return sum(part.field_count if isinstance(part, FieldGroup) else 1 for part in self.members)


@dataclass(frozen=True)
class ArrangedForm:
    """Fields that the Space's page shows, and those that it hides, each in the order of that page."""

    shown_group: FieldGroup
    hidden_group: FieldGroup


def arrange_form(form: Form) -> ArrangedForm:
    """Group the fields of a form as the page of the Space does.

    A fold is open if a field in it has an error or is not at its default: typed values, and those
    of an example or an earlier run, are visible. Parameters that the page hides are folded
    together, unless there are no others.
    """
    fields_by_name = {each.parameter.name: each for each in form.fields}
    shown = {name: each for name, each in fields_by_name.items() if each.parameter.is_shown}
    hidden = {name: each for name, each in fields_by_name.items() if not each.parameter.is_shown}
    parameters = {name: each.parameter for name, each in shown.items()}
    section = arrange_parameters(list_field_positions(form, shown), parameters, form.endpoint.captions)
    section = pair_seeds(section, parameters)
    sorted_hidden = sorted(hidden, key=lambda name: form.make_reading_sort_key(hidden[name]))
    hidden_section = FormSection(PAGE_KIND, is_open=not shown, parts=tuple(sorted_hidden))
    return ArrangedForm(fill_section(section, fields_by_name), fill_section(hidden_section, fields_by_name))


def list_field_positions(form: Form, names: Iterable[str]) -> list[tuple[str, Position]]:
    """Return the position of each parameter on the Space's page; the last one for those without."""
    unplaced = Position(MAX_LAYOUT_NODES)
    return [(name, form.endpoint.positions.get(name, unplaced)) for name in names]


def fill_section(section: FormSection, fields: dict[str, Field]) -> FieldGroup:
    """Return the section with its parameter names replaced by their fields."""
    parts = tuple(
        fill_section(part, fields) if isinstance(part, FormSection) else fields[part] for part in section.parts
    )
    is_open = section.is_open or any(has_visible_content(fields[name]) for name in section.parameter_names)
    return FieldGroup(section.kind, section.label, is_open, parts)


def has_visible_content(entry: Field) -> bool:
    """Does the field have an error, or a value other than the Space's default?"""
    return bool(entry.error) or is_field_changed(entry)


def is_field_changed(entry: Field) -> bool:
    """Does the field have a value other than the Space's default?"""
    default_field = bind_field(entry.parameter, entry.parameter.default)
    has_more = any(entry.files_by_suffix.values()) or entry.unparsed_choices != ""
    return has_more or normalize_field_texts(entry) != normalize_field_texts(default_field)


def normalize_field_texts(entry: Field) -> list[list[str]]:
    """Return the texts of a field, by table line, with LF line ends; browsers send CR LF."""
    return [[text.replace("\r\n", "\n") for text in texts] for texts in (entry.texts, *entry.rows)]
