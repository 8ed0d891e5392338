"""What the layout of a Space's page says of the parameters of an endpoint: positions, what is hidden, labels. Pure.

Measured on 129 Spaces that people made for use: of 111 parameters of main endpoints that have no label, 90 are in a
tab or an accordion that has one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hfcourse.spaces.schema.labels import ORDINAL_LABEL, PLACEHOLDER_NAME, clean_label
from hfcourse.spaces.schema.layout.block_tree import Block, Layout, Position
from hfcourse.spaces.schema.parameters.parameter import COMPONENT_WORDS, Parameter

# Components without a value that a reader of the page would name.
VALUELESS_COMPONENTS = {"button", "downloadbutton", "duplicatebutton", "clearbutton", "loginbutton", "markdown", "html",
                      "state", "dataset", "timer", "browserstate"}  # fmt: skip

MIN_NAME_CHARACTERS = 3  # « x », « im » say nothing

JsonObject = Mapping[str, Any]


@dataclass
class Placement:
    """The layout of a page, with the number of fields and outputs that each labelled tab or accordion holds."""

    layout: Layout
    fields_per_block: Counter[int] = field(default_factory=Counter)

    @classmethod
    def from_components(cls, layout: Layout, components: Mapping[int, JsonObject]) -> "Placement":
        """Count the components that have a value by the nearest labelled tab or accordion around them."""
        counts: Counter[int] = Counter()
        for number, component in components.items():
            block = layout.find_position(number).block
            if block and block.labelled_block and component.get("type") not in VALUELESS_COMPONENTS:
                counts[block.labelled_block.number] += 1
        return cls(layout, counts)

    def place_parameters(
        self, parameters: Sequence[Parameter], entries: Sequence[JsonObject], numbers: Sequence[Any]
    ) -> tuple[tuple[Parameter, ...], dict[str, Position]]:
        """Mark the parameters that a block hides, and name those without a label by the tab or accordion around them.

        Args:
            entries: what /info says of each parameter.
            numbers: the id of the component of each, None where there is none.

        Returns:
            The parameters in the same order, and the position of each by its name.
        """
        positions = [self.layout.find_position(number) for number in numbers]
        nameless = [not has_author_label(entry, each) for entry, each in zip(entries, parameters, strict=True)]
        rivals = Counter(
            block.number
            for position, is_one in zip(positions, nameless, strict=True)
            if is_one and (block := find_labelled_block(position))
        )
        placed = tuple(
            place_parameter(each, position, self.choose_label(each, position, rivals) if is_nameless else each.label)
            for each, position, is_nameless in zip(parameters, positions, nameless, strict=True)
        )
        return placed, {each.name: position for each, position in zip(placed, positions, strict=True)}

    def choose_label(self, parameter: Parameter, position: Position, rivals: Mapping[int, int]) -> str:
        """A label for a parameter that has none.

        The label of a tab or accordion is that of its only component. Of several the name in the function says more; if
        that is none either (`param_0`), the label is completed by what the component is: « Source (vidéo) ».
        """
        block = find_labelled_block(position)
        is_named = len(parameter.name) >= MIN_NAME_CHARACTERS and not PLACEHOLDER_NAME.fullmatch(parameter.name)
        if block is None or (is_named and self.fields_per_block[block.number] > 1):
            return parameter.label
        if rivals[block.number] == 1:
            return block.label
        return f"{block.label} ({COMPONENT_WORDS.get(parameter.component, 'valeur').lower()})"


def place_parameter(parameter: Parameter, position: Position, label: str) -> Parameter:
    """The parameter with this label, and hidden if a block hides it; itself where that changes nothing."""
    is_shown = parameter.is_shown and not position.is_hidden
    if (label, is_shown) == (parameter.label, parameter.is_shown):
        return parameter
    return replace(parameter, label=label, is_shown=is_shown)


def find_labelled_block(position: Position) -> Block | None:
    """The nearest tab or accordion with a label around a component."""
    return position.block.labelled_block if position.block else None


def has_author_label(entry: JsonObject, parameter: Parameter) -> bool:
    """Has the author given this parameter a label?"""
    label = clean_label(entry.get("label"), "")
    return bool(label) and not (parameter.component == "api" and ORDINAL_LABEL.fullmatch(label))
