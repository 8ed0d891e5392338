"""Validation of the cells of a table, one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values import tables
from hfcourse.tokens import MASK_TEXT

# Line and column of a cell, both from 0.
CellPosition = tuple[int, int]


def find_cell_faults(parameter: Parameter, rows: Sequence[Sequence[str]], base: Any = None) -> dict[CellPosition, str]:
    """Validate each cell separately, so that a form marks all invalid cells at once.

    Args:
        base: the table with which the form was rendered, None for the Space's default.

    Returns:
        The error of each invalid cell, in reading order.
    """
    errors: dict[CellPosition, str] = {}
    base_rows = tables.match_base_rows(parameter, rows, tables.get_base_rows(parameter, base))
    for line, (cells, base_cells) in enumerate(zip(rows, base_rows, strict=True)):
        for column, text in enumerate(cells):
            try:
                tables.parse_cell(parameter, text, (line + 1, column), *base_cells[column : column + 1])
            except InvalidValue as error:
                errors[line, column] = str(error)
    return errors


def find_masked_cells(rows: Sequence[Sequence[str]], message: str) -> Mapping[CellPosition, str]:
    """Return the cells in which a token was masked, each with this message."""
    return {
        (line, column): message
        for line, cells in enumerate(rows)
        for column, text in enumerate(cells)
        if MASK_TEXT in text
    }
