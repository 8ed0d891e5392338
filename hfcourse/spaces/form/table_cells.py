"""The cells of a table that a form refuses: which they are, and what each needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values import tables
from hfcourse.tokens import MASK_TEXT

# Line and column of a cell, both from 0.
CellPosition = tuple[int, int]


def find_cell_faults(parameter: Parameter, rows: Sequence[Sequence[str]], base: Any = None) -> dict[CellPosition, str]:
    """Parse each cell by itself, so that a form marks all wrong cells at once and not the first alone.

    Args:
        base: the table that the form was drawn with, the Space's own where it is none.

    Returns:
        What is wrong with each cell that the Space's table does not take, in reading order.
    """
    faults: dict[CellPosition, str] = {}
    own_rows = tables.match_base_rows(parameter, rows, tables.get_base_rows(parameter, base))
    for line, (cells, own) in enumerate(zip(rows, own_rows, strict=True)):
        for column, text in enumerate(cells):
            try:
                tables.parse_cell(parameter, text, (line + 1, column), *own[column : column + 1])
            except InvalidValue as wrong:
                faults[line, column] = str(wrong)
    return faults


def find_masked_cells(rows: Sequence[Sequence[str]], message: str) -> Mapping[CellPosition, str]:
    """Find the cells in which a token was masked; each has this message."""
    return {
        (line, column): message
        for line, cells in enumerate(rows)
        for column, text in enumerate(cells)
        if MASK_TEXT in text
    }
