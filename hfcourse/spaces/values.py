"""From what a form posts to what an endpoint expects, and back. Pure.

A browser posts text. Each control turns it into the JSON value of its component, or says in French what
is wrong with it. Every value is sent explicitly, so an empty field has a value too: see `parse`.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hfcourse.spaces.description import Parameter
from hfcourse.typography import french

JSON_BYTES, JSON_DEPTH = 100_000, 40
FILE_COMPONENTS = {"image", "audio", "video", "file", "uploadbutton", "model3d", "pdf"}
CONTROLS = {
    "number": "number",
    "slider": "slider",
    "textbox": "text",
    "checkbox": "checkbox",
    "radio": "radio",
    "dropdown": "select",
    "checkboxgroup": "checks",
    "dataframe": "table",
    "code": "code",
    "markdown": "text",
    "html": "code",
    "colorpicker": "text",
    "datetime": "text",
}
# A browser does not send these when nothing is ticked.
MAY_BE_ABSENT = {"checkbox", "radio", "checks"}
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
SPACES = re.compile(r"[\s\u00a0\u202f]")


class Wrong(ValueError):
    """A value that cannot be sent; its text is French and stands beside the field."""

    def __init__(self, text: str) -> None:
        super().__init__(french(text))


def control(parameter: Parameter) -> str:
    """The kind of control: number, slider, text, code, checkbox, radio, select, checks, table, file or json."""
    known = CONTROLS.get(parameter.component)
    if known == "select" and parameter.multiple:
        return "checks"
    if known == "select" and not parameter.choices:
        return "text"
    if known:
        return known
    if parameter.component in FILE_COMPONENTS and not parameter.multiple:
        return "file"
    by_type = {"string": "text", "number": "number", "integer": "number", "boolean": "checkbox"}
    kind = parameter.schema.get("type")
    return by_type.get(kind, "json") if isinstance(kind, str) else "json"


def option_texts(parameter: Parameter) -> list[str]:
    """The text that a form posts for each choice: its value, or its position where two values look alike."""
    texts = [value if isinstance(value, str) else json.dumps(value) for _, value in parameter.choices]
    return texts if len(set(texts)) == len(texts) else [str(position) for position in range(len(texts))]


def parse(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The JSON value of what was posted for `parameter`; `texts` is empty when nothing was.

    Empty: text gives "", a number null, a box false, a choice null, several choices [], JSON null.

    Raises:
        Wrong: it is not what the control takes.
    """
    kind = control(parameter)
    if not texts and kind not in MAY_BE_ABSENT:
        raise Wrong("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
    return PARSERS[kind](parameter, texts)


def parse_text(_parameter: Parameter, texts: Sequence[str]) -> str:
    return texts[0].replace("\r\n", "\n")


def parse_number(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """A number written the French way or not; `int` where it is whole."""
    written = SPACES.sub("", texts[0])
    if not written:
        return None
    if not NUMBER.fullmatch(written):
        raise Wrong("Écrivez un nombre, par exemple 3 ou 2,5.")
    value = float(written.replace(",", "."))
    if not math.isfinite(value):
        raise Wrong("Ce nombre est trop grand.")
    if parameter.precision == 0 and not value.is_integer():
        raise Wrong("Écrivez un nombre entier.")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def parse_slider(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """A number within the slider's bounds, which the Space enforces too."""
    value = parse_number(parameter, texts)
    low, high = bounds(parameter)
    if value is not None and not low <= value <= high:
        raise Wrong(f"Choisissez un nombre entre {decimal(low)} et {decimal(high)}.")
    return value


def bounds(parameter: Parameter) -> tuple[float, float]:
    """The ends of a slider: Gradio's are 0 and 100 where the author gives none."""
    low = 0 if parameter.minimum is None else parameter.minimum
    return low, 100 if parameter.maximum is None else parameter.maximum


def parse_checkbox(_parameter: Parameter, texts: Sequence[str]) -> bool:
    return bool(texts) and texts[-1] not in ("", "0", "false")


def parse_choice(parameter: Parameter, texts: Sequence[str]) -> Any:
    """The choice's own JSON value (a choice of 2025 is sent as a number)."""
    if not texts or (texts[0] == "" and "" not in option_texts(parameter)):
        return None
    return chosen(parameter, texts[0])


def parse_checks(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    return [chosen(parameter, text) for text in texts if text != ""]


def chosen(parameter: Parameter, text: str) -> Any:
    for posted, (_, value) in zip(option_texts(parameter), parameter.choices, strict=True):
        if text == posted:
            return value
    if parameter.allows_custom:
        return text
    raise Wrong("Choisissez l’une des réponses proposées.")


def parse_json(_parameter: Parameter, texts: Sequence[str]) -> Any:
    """Any JSON of at most 100 kB and 40 levels, without file data."""
    text = texts[0].strip()
    if not text:
        return None
    if len(text.encode()) > JSON_BYTES:
        raise Wrong("Ce JSON dépasse 100 ko.")
    try:
        value = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise Wrong(f"Ce JSON a une erreur, ligne {error.lineno}, colonne {error.colno}.") from None
    except (RecursionError, ValueError):
        raise Wrong("Ce JSON est trop profond, ou contient un nombre qui n’en est pas un.") from None
    check_harmless(value)
    return value


def refuse_constant(_name: str) -> None:
    raise ValueError


def check_harmless(value: Any, depth: int = 0) -> None:
    """Refuse what is too deep, and whatever looks like Gradio's file data: it would name a file of the server.

    Raises:
        Wrong: it holds one or the other.
    """
    if depth > JSON_DEPTH:
        raise Wrong(f"Ce JSON a plus de {JSON_DEPTH} niveaux.")
    if isinstance(value, dict):
        if "path" in value and "meta" in value:
            raise Wrong("Ce JSON désigne un fichier du serveur : envoyez le fichier avec un champ prévu pour cela.")
        for item in value.values():
            check_harmless(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_harmless(item, depth + 1)


PARSERS: Mapping[str, Callable[[Parameter, Sequence[str]], Any]] = {
    "text": parse_text,
    "code": parse_text,
    "number": parse_number,
    "slider": parse_slider,
    "checkbox": parse_checkbox,
    "radio": parse_choice,
    "select": parse_choice,
    "checks": parse_checks,
    "json": parse_json,
}


def parse_table(parameter: Parameter, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The value of a table from the text of its cells; rows that are empty from end to end are left out.

    Raises:
        Wrong: a cell of a column of numbers is none; the text names its line and column.
    """
    data = [
        [parse_cell(parameter, text, line, column) for column, text in enumerate(cells)]
        for line, cells in enumerate(rows, start=1)
        if any(text.strip() for text in cells)
    ]
    return {"headers": list(parameter.headers), "data": data, "metadata": None}


def parse_cell(parameter: Parameter, text: str, line: int, column: int) -> Any:
    kind = parameter.datatypes[column] if column < len(parameter.datatypes) else "str"
    if kind == "bool":
        return text.strip().lower() in ("true", "vrai", "oui", "1")
    if kind != "number":
        return text
    try:
        return parse_number(parameter, [text])
    except Wrong:
        title = parameter.headers[column] if column < len(parameter.headers) else str(column + 1)
        raise Wrong(f"Ligne {line}, colonne « {title} » : écrivez un nombre.") from None


def typed(parameter: Parameter, value: Any) -> list[str]:
    """What the control shows for a value: the reverse of `parse`; [] for nothing ticked."""
    kind = control(parameter)
    if kind == "checkbox":
        return ["1"] if value is True else []
    if kind in ("radio", "select", "checks"):
        wanted = value if isinstance(value, list) else [value]
        return [choice_text(parameter, item) for item in wanted if item is not None]
    if value is None:
        return [""]
    if kind in ("slider", "number") and isinstance(value, int | float):
        return [decimal(clamped(parameter, value) if kind == "slider" else value)]
    if kind == "json":
        return [json.dumps(value, ensure_ascii=False, indent=1)]
    return [shown(value)]


def choice_text(parameter: Parameter, value: Any) -> str:
    for text, (_, candidate) in zip(option_texts(parameter), parameter.choices, strict=True):
        if candidate == value and type(candidate) is type(value):
            return text
    return shown(value)


def clamped(parameter: Parameter, value: float) -> float:
    """A slider's default may lie outside its own bounds."""
    low, high = bounds(parameter)
    return min(high, max(low, value))


def table_rows(parameter: Parameter, value: Any) -> list[list[str]]:
    """The cells of a table as text; one empty line where there is none."""
    columns = len(parameter.headers) or 1
    data = value.get("data") if isinstance(value, dict) else None
    rows = [
        [cell_text(cell) for cell in row[:columns]] + [""] * (columns - len(row))
        for row in (data if isinstance(data, list) else [])
        if isinstance(row, list)
    ]
    return rows or [[""] * columns]


def cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    return decimal(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else shown(cell)


def decimal(value: float) -> str:
    """A number as one types it in French: a comma, no spaces."""
    return shown(value).replace(".", ",")


def shown(value: Any) -> str:
    """A scalar as a field shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
