"""Budget of a form: limits on the fields and rendered characters of all its parameters together. Pure.

Each parameter alone may be reasonable (2,000 choices, a table of 800 cells, a default of 100 kB) while 500 of them
render a page of 30 MB. So parameters share one budget, as flows share the bandwidth of a link (max-min fairness):
small demands are fully met, large ones get an equal share of the rest.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.parameter_defaults import MAX_WHOLE_DEFAULT_BYTES_PER_FORM, WholeDefaultBudget
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS
from hfcourse.spaces.schema.table_limits import compute_max_rows, filter_rows
from hfcourse.spaces.schema.values.choice_parsing import MAX_SELECT_OPTIONS
from hfcourse.spaces.schema.values.file_values import list_file_controls
from hfcourse.spaces.schema.values.numbers import format_scalar
from hfcourse.spaces.schema.values.value_parsers import format_value
from hfcourse.spaces.untrusted.json_size import measure_escaped_bytes

# Of the limit of 1,000 form fields per request (see security.py), some fields do not belong to parameters.
MAX_PARAMETER_FORM_FIELDS = 900
# Characters of HTML. The largest recorded form, with every component, takes 44,000.
MAX_FORM_CHARACTERS = 500_000
# Size of the markup around each part, measured on the templates.
CHARACTERS_PER_FIELD, CHARACTERS_PER_OPTION, CHARACTERS_PER_CELL, CHARACTERS_PER_FILE_CONTROL = 600, 100, 110, 1_500
CHARACTERS_PER_ROW = 300  # the header of a table row, and its remove button
CHARACTERS_PER_SUGGESTION = 40  # of an option in a datalist, which does not contain the parameter name
FORM_FIELDS_PER_FILE = 2  # the newly chosen file, and the stored one
CHOICE_CONTROLS = ("radio", "select", "checkbox_group")


# Cache of the rendered characters of defaults, by identity of the default and kind of control: thousands of
# parameters may share one default.
DefaultSizes = dict[tuple[int, str], int]


def fit_parameters_to_form(
    parameters: tuple[Parameter, ...], sizes: DefaultSizes, budget: WholeDefaultBudget
) -> tuple[Parameter, ...] | None:
    """Fit parameters to the budget of a form, by limiting their choices, rows or defaults if necessary.

    Args:
        sizes: the cache of one description; it is keyed by identity, so the defaults must outlive it.
        budget: the byte budget of that description for truncated defaults.

    Returns:
        The fitted parameters; None if even the empty fields exceed the budget.
    """
    fields_left = MAX_PARAMETER_FORM_FIELDS - sum(count_fields(each) for each in parameters)
    characters_left = MAX_FORM_CHARACTERS - sum(weigh_field(each) for each in parameters)
    if fields_left < 0 or characters_left < 0:
        return None
    fitted = fit_tables(parameters, fields_left, budget)
    demands = [weigh_contents(each, sizes) for each in fitted]
    if sum(demands) > characters_left:
        shares = share_fairly(demands, characters_left)
        fitted = tuple(
            each if demand <= share else shrink_parameter(each, share, sizes, budget)
            for each, demand, share in zip(fitted, demands, shares, strict=True)
        )
    return limit_whole_defaults(fitted)


def limit_whole_defaults(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Drop complete defaults beyond MAX_WHOLE_DEFAULT_BYTES_PER_FORM, as the request would be too large."""
    ends = accumulate(len(each.whole_json or b"") for each in parameters)
    return tuple(
        replace(each, whole_json=None) if each.whole_json and end > MAX_WHOLE_DEFAULT_BYTES_PER_FORM else each
        for each, end in zip(parameters, ends, strict=True)
    )


def share_fairly(demands: Sequence[int], total: int) -> list[int]:
    """Divide `total` by max-min fairness: each demand gets at most itself, and at most an equal share of the rest."""
    shares = [0] * len(demands)
    by_size = sorted(range(len(demands)), key=lambda place: demands[place])
    for served, place in enumerate(by_size):
        shares[place] = min(demands[place], total // (len(demands) - served))
        total -= shares[place]
    return shares


def count_fields(parameter: Parameter) -> int:
    """Return the minimum number of form fields of a parameter; of a table, those of one row."""
    if parameter.control == "table":
        return len(parameter.column_titles)
    return 1 + FORM_FIELDS_PER_FILE * len(list_file_controls(parameter))


def fit_tables(
    parameters: tuple[Parameter, ...], fields_left: int, budget: WholeDefaultBudget
) -> tuple[Parameter, ...]:
    """Limit the rows of tables that could together grow beyond the limit of form fields."""
    growth = [
        (compute_max_rows(len(each.column_titles)) - 1) * len(each.column_titles) if each.control == "table" else 0
        for each in parameters
    ]
    if sum(growth) <= fields_left:
        return parameters
    shares = share_fairly(growth, fields_left)
    return tuple(
        limit_table_rows(each, 1 + share // len(each.column_titles), budget) if wanted > share else each
        for each, wanted, share in zip(parameters, growth, shares, strict=True)
    )


def weigh_field(parameter: Parameter) -> int:
    """Return the rendered characters of a field without its content."""
    texts = parameter.name * 8 + parameter.label * 4 + parameter.help + parameter.placeholder
    size = measure_escaped_bytes("".join([texts, *parameter.file_types * 3, *parameter.speakers]))
    if parameter.control == "table":
        size += weigh_row(parameter) + measure_escaped_bytes("".join(parameter.column_titles))
    return CHARACTERS_PER_FIELD + CHARACTERS_PER_FILE_CONTROL * len(list_file_controls(parameter)) + size


def weigh_row(parameter: Parameter) -> int:
    """Return the rendered characters of an empty table row."""
    cell = CHARACTERS_PER_CELL + measure_escaped_bytes(parameter.name)
    row = CHARACTERS_PER_ROW + measure_escaped_bytes(parameter.name)
    return row + cell * len(parameter.column_titles) + measure_escaped_bytes("".join(parameter.column_titles))


def weigh_contents(parameter: Parameter, sizes: DefaultSizes) -> int:
    """Return the rendered characters of choices, rows and default of a parameter."""
    if parameter.control == "table":
        return sum(weigh_rows(parameter))
    if parameter.control in CHOICE_CONTROLS:
        options = len(parameter.choices) * weigh_option(parameter) + parameter.choices.rendered_bytes
        return options + weigh_default(parameter, sizes)
    return weigh_default(parameter, sizes)


def weigh_default(parameter: Parameter, sizes: DefaultSizes) -> int:
    """Return the rendered characters of the default, cached."""
    if parameter.default is None:
        return 0
    key = id(parameter.default), parameter.control
    if key not in sizes:
        sizes[key] = sum(map(measure_escaped_bytes, list_default_texts(parameter)))
    return sizes[key]


def list_default_texts(parameter: Parameter) -> list[str]:
    """Return the initial texts of a field; of a file control, the text beside it."""
    if parameter.control not in FILE_CONTROLS:
        return format_value(parameter, parameter.default)
    text = parameter.default.get("text") if isinstance(parameter.default, dict) else parameter.default
    return [text] if isinstance(text, str) else []


def weigh_option(parameter: Parameter) -> int:
    """Return the rendered characters of one choice, without its text and label."""
    if parameter.control == "select" and (parameter.allows_custom or len(parameter.choices) > MAX_SELECT_OPTIONS):
        return CHARACTERS_PER_SUGGESTION
    return CHARACTERS_PER_OPTION + measure_escaped_bytes(parameter.name)


def weigh_rows(parameter: Parameter) -> list[int]:
    """Return the rendered characters of each initial row; for the first row, only those of its cells."""
    value = parameter.default if isinstance(parameter.default, dict) else {}
    rows = [sum(measure_escaped_bytes(format_scalar(cell)) for cell in row) for row in filter_rows(value.get("data"))]
    rows += [0] * (parameter.rows - len(rows))
    empty = weigh_row(parameter)
    return [cells + (empty if place else 0) for place, cells in enumerate(rows)]


def shrink_parameter(
    parameter: Parameter, characters: int, sizes: DefaultSizes, budget: WholeDefaultBudget
) -> Parameter:
    """Limit choices or rows to this number of characters, and drop the default if it is larger."""
    if parameter.control in CHOICE_CONTROLS:
        default = weigh_default(parameter, sizes)
        if default > characters:
            parameter = cut_default(parameter, None, budget)
        else:
            characters -= default
        return replace(parameter, max_shown_choices=count_options(parameter, characters))
    if parameter.control == "table":
        return limit_table_rows(parameter, max(1, count_fitting(weigh_rows(parameter), characters)), budget)
    return cut_default(parameter, None, budget)


def limit_table_rows(parameter: Parameter, most: int, budget: WholeDefaultBudget) -> Parameter:
    """Limit the rows of a table, now and when it grows."""
    value = parameter.default
    if not isinstance(value, dict) or len(value["data"]) <= most:
        return replace(parameter, max_rows=most)
    return replace(cut_default(parameter, value | {"data": value["data"][:most]}, budget), max_rows=most)


def cut_default(parameter: Parameter, shown_default: Any, budget: WholeDefaultBudget) -> Parameter:
    """Replace the default by this truncated one, and store the complete default as JSON."""
    whole = parameter.whole_json if parameter.default_is_cut else budget.encode_within_budget(parameter.default)
    return replace(parameter, default=shown_default, default_is_cut=True, whole_json=whole)


def count_options(parameter: Parameter, characters: int) -> int:
    """Count the first choices that fit into this number of characters, by binary search."""
    option, choices = weigh_option(parameter), parameter.choices
    counts = range(1, min(len(choices), characters // option) + 1)
    return bisect_right(counts, characters, key=lambda count: count * option + choices.measure_first_choices(count))


def count_fitting(sizes: Sequence[int], total: int) -> int:
    """Count the first sizes whose sum fits into `total`."""
    return sum(size <= total for size in accumulate(sizes))
