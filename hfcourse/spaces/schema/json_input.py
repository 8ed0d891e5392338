"""Parser and validator of typed JSON: it locates errors and rejects references to server files. Pure."""

import json
import math
from typing import Any

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.spaces.untrusted.json_tree import contains_node, exceeds_depth

MAX_JSON_BYTES, MAX_JSON_DEPTH = 100_000, 40


def parse_json(text: str) -> Any:
    """Parse JSON of at most 100 kB and 40 levels, without file data; return None for an empty text.

    Raises:
        InvalidValue: the text is not valid JSON, exceeds a limit or contains file data.
    """
    text = text.strip()
    if not text:
        return None
    if len(text.encode()) > MAX_JSON_BYTES:
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")
    try:
        value = json.loads(text, parse_constant=refuse_constant, parse_float=parse_finite_float)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate ("\\ud800") cannot be rendered
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
    """Validate a parsed value by the same limits as `parse_json`.

    Raises:
        InvalidValue: it is too large or too deep, or contains file data.
    """
    if exceeds_json_size(value, MAX_JSON_BYTES):  # before the value is traversed or encoded
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")
    reject_file_data(value)
    if len(json.dumps(value, ensure_ascii=False, indent=1).encode(errors="replace")) > MAX_JSON_BYTES:
        raise InvalidValue("Ce JSON dépasse 100 ko : raccourcissez-le.")


def refuse_constant(_name: str) -> None:
    """Reject NaN and Infinity (callback of `json.loads`)."""
    raise ValueError


def parse_finite_float(digits: str) -> float:
    """Parse a float, rejecting one that overflows (callback of `json.loads`)."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError
    return value


def reject_file_data(value: Any) -> None:
    """Reject JSON that is too deep or contains Gradio's file data, which would reference a server file.

    Raises:
        InvalidValue: it is one or the other.
    """
    if exceeds_depth(value, MAX_JSON_DEPTH):
        raise InvalidValue(f"Ce JSON a plus de {MAX_JSON_DEPTH} niveaux : simplifiez-le.")
    if contains_node(value, has_file_data_keys):
        raise InvalidValue("Ce JSON désigne un fichier du serveur : envoyez le fichier avec un champ prévu pour cela.")


def has_file_data_keys(node: Any) -> bool:
    """Would Gradio read this as file data?"""
    return isinstance(node, dict) and "path" in node and "meta" in node
