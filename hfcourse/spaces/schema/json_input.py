"""JSON as people type it: with the place of a mistake, and without anything that could name a file of ours. Pure."""

import json
import math
from typing import Any

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.untrusted.json_size import exceeds_json_size

MAX_JSON_BYTES, MAX_JSON_DEPTH = 100_000, 40


def parse_json(text: str) -> Any:
    """Any JSON of at most 100 kB and 40 levels, without file data."""
    text = text.strip()
    if not text:
        return None
    if len(text.encode()) > MAX_JSON_BYTES:
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=parse_finite_float)
        json.dumps(value, ensure_ascii=False).encode()  # half of a character ("\\ud800") stands in no page
    except json.JSONDecodeError as error:
        raise InvalidValue(
            f"Ce JSON contient une erreur : voyez la ligne {error.lineno}, colonne {error.colno}."
        ) from None
    except (RecursionError, ValueError):
        raise InvalidValue(
            "Ce JSON a trop de niveaux, ou un nombre ou un caractère non valide : corrigez-le."
        ) from None
    reject_file_data(value)
    return value


def check_json_sendable(value: Any) -> None:
    """Refuse JSON that `parse_json` would refuse, were it typed.

    Raises:
        Wrong: it is too large or too deep, or looks like file data.
    """
    if exceeds_json_size(value, MAX_JSON_BYTES):  # before anything walks the whole of it
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")
    reject_file_data(value)
    if len(json.dumps(value, ensure_ascii=False, indent=1).encode(errors="replace")) > MAX_JSON_BYTES:
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")


def refuse_constant(_name: str) -> None:
    raise ValueError


def parse_finite_float(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError
    return value


def reject_file_data(value: Any, depth: int = 0) -> None:
    """Refuse what is too deep, and whatever looks like Gradio's file data: it would name a file of the server.

    Raises:
        Wrong: it holds one or the other.
    """
    if depth > MAX_JSON_DEPTH:
        raise InvalidValue(f"Ce JSON a plus de {MAX_JSON_DEPTH} niveaux : simplifiez-le.")
    if isinstance(value, dict):
        if "path" in value and "meta" in value:
            raise InvalidValue(
                "Ce JSON désigne un fichier du serveur : envoyez le fichier avec un champ prévu pour cela."
            )
        for item in value.values():
            reject_file_data(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            reject_file_data(item, depth + 1)
