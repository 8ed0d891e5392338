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
TABLE_CELLS = 800  # a form of more than 1,000 fields could not be sent
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
    "datetime": "moment",
}
# A browser does not send these when nothing is ticked.
MAY_BE_ABSENT = {"checkbox", "radio", "checks"}
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
SPACES = re.compile(r"[\s\u00a0\u202f]")
BROWSER_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?", re.ASCII)


class Wrong(ValueError):
    """A value that cannot be sent; its text is French and stands beside the field."""

    def __init__(self, text: str) -> None:
        super().__init__(french(text))


def control(parameter: Parameter) -> str:
    """The kind: number, slider, text, moment, code, checkbox, radio, select, checks, table, file or json."""
    known = CONTROLS.get(parameter.component)
    if known == "select" and parameter.multiple:
        return "checks"
    if known == "select" and not parameter.choices:
        return "text"
    if known:
        return known
    if parameter.component in FILE_COMPONENTS and not parameter.multiple:
        return "file"
    if parameter.schema.get("title") in ("FileData", "ImageData"):  # an author's own component
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

    Empty: text gives "", a number or a moment null, a box false, a choice null, several choices [], JSON null.

    Raises:
        Wrong: it is not what the control takes.
    """
    kind = control(parameter)
    if not texts and kind not in MAY_BE_ABSENT:
        raise Wrong("Ce champ manque : rechargez la page pour retrouver le formulaire entier.")
    return PARSERS[kind](parameter, texts)


def parse_text(_parameter: Parameter, texts: Sequence[str]) -> str:
    return texts[0].replace("\r\n", "\n")


def parse_moment(_parameter: Parameter, texts: Sequence[str]) -> str | None:
    """A date, or a date and a time as Gradio writes them, from what a browser's own field posts or from text."""
    written = texts[0].strip()
    if found := BROWSER_MOMENT.fullmatch(written):
        return f"{found[1]} {found[2]}{found[3] or ':00'}"
    return written or None


def parse_number(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """A number written the French way or not, within its bounds if it has any; `int` where it is whole."""
    value = number_in(texts[0])
    if value is None:
        return None
    wants_whole = parameter.precision == 0 or parameter.schema.get("type") == "integer"
    if wants_whole and not float(value).is_integer():
        raise Wrong("Écrivez un nombre entier.")
    if parameter.minimum is not None and value < parameter.minimum:
        raise Wrong(f"Écrivez un nombre d’au moins {decimal(parameter.minimum)}.")
    if parameter.maximum is not None and value > parameter.maximum:
        raise Wrong(f"Écrivez un nombre d’au plus {decimal(parameter.maximum)}.")
    return value


def number_in(text: str) -> int | float | None:
    """The number that `text` writes, None if it is empty."""
    written = SPACES.sub("", text)
    if not written:
        return None
    if not NUMBER.fullmatch(written):
        raise Wrong("Écrivez un nombre, par exemple 3 ou 2,5.")
    value = float(written.replace(",", "."))
    if not math.isfinite(value):
        raise Wrong("Ce nombre est trop grand : choisissez-en un plus petit.")
    if re.fullmatch(r"[+-]?[0-9]{1,309}", written):  # exactly as typed: a float keeps sixteen digits
        return int(written)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def parse_slider(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """A number within the slider's bounds, which the Space enforces too."""
    value = number_in(texts[0])
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
    return [chosen(parameter, text) for text in texts if text != "" or "" in option_texts(parameter)]


def chosen(parameter: Parameter, text: str) -> Any:
    posted = dict(zip(option_texts(parameter), parameter.choices, strict=True))
    if text in posted:
        return posted[text][1]
    if parameter.allows_custom:
        return text
    raise Wrong("Choisissez l’une des réponses proposées.")


def parse_json(_parameter: Parameter, texts: Sequence[str]) -> Any:
    """Any JSON of at most 100 kB and 40 levels, without file data."""
    text = texts[0].strip()
    if not text:
        return None
    if len(text.encode()) > JSON_BYTES:
        raise Wrong("Ce JSON dépasse 100 ko : raccourcissez-le.")
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=finite)
        json.dumps(value, ensure_ascii=False).encode()  # half of a character ("\\ud800") stands in no page
    except json.JSONDecodeError as error:
        raise Wrong(f"Ce JSON contient une erreur : voyez la ligne {error.lineno}, colonne {error.colno}.") from None
    except (RecursionError, ValueError):
        raise Wrong("Ce JSON a trop de niveaux, ou un nombre ou un caractère non valide : corrigez-le.") from None
    check_harmless(value)
    return value


def refuse_constant(_name: str) -> None:
    raise ValueError


def finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError
    return value


def check_harmless(value: Any, depth: int = 0) -> None:
    """Refuse what is too deep, and whatever looks like Gradio's file data: it would name a file of the server.

    Raises:
        Wrong: it holds one or the other.
    """
    if depth > JSON_DEPTH:
        raise Wrong(f"Ce JSON a plus de {JSON_DEPTH} niveaux : simplifiez-le.")
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
    "moment": parse_moment,
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
        return text.strip().lower() in ("true", "vrai", "oui", "1") if text.strip() else None
    if kind != "number":
        return text
    try:
        return number_in(text)
    except Wrong:
        title = parameter.headers[column] if column < len(parameter.headers) else str(column + 1)
        raise Wrong(f"Ligne {line}, colonne « {title} » : écrivez un nombre.") from None


def typed(parameter: Parameter, value: Any) -> list[str]:
    """What the control shows for a value: the reverse of `parse`; [] for nothing ticked."""
    kind = control(parameter)
    if kind == "checkbox":
        return ["1"] if value is True else []
    if kind in ("radio", "select", "checks"):
        return choice_texts(parameter, value if isinstance(value, list) else [value])
    if value is None:
        return [""]
    if kind in ("slider", "number") and isinstance(value, int | float):
        return [decimal(clamped(parameter, value) if kind == "slider" else value)]
    if kind == "json":
        return [json.dumps(value, ensure_ascii=False, indent=1)]
    return [shown(value)]


def choice_texts(parameter: Parameter, wanted: Sequence[Any]) -> list[str]:
    """The posted text of each wanted value; what is no choice is left out, or it could not be sent back."""
    texts = list(zip(option_texts(parameter), parameter.choices, strict=True))
    found = []
    for value in wanted:
        same = (text for text, (_, each) in texts if each == value and type(each) is type(value))
        text = next(same, shown(value) if parameter.allows_custom and value is not None else None)
        found += [text] if text is not None else []
    return found


def clamped(parameter: Parameter, value: float) -> float:
    """A slider's default may lie outside its own bounds."""
    low, high = bounds(parameter)
    return min(high, max(low, value))


def table_rows(parameter: Parameter, value: Any) -> list[list[str]]:
    """The cells of a table as text, as many lines as a form can send; one empty line where there is none."""
    columns = len(parameter.headers) or 1
    data = value.get("data") if isinstance(value, dict) else None
    rows = [
        [cell_text(cell) for cell in row[:columns]] + [""] * (columns - len(row))
        for row in (data if isinstance(data, list) else [])[: max(1, TABLE_CELLS // columns)]
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
