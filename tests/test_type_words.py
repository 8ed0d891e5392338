"""Types in French words: each kind of schema, and any schema at all."""

from typing import Any

import pytest
from hypothesis import given

from hfcourse.spaces.schema.type_descriptions import MAX_TYPE_CHARACTERS, describe_type
from tests.support.strategies import SCHEMA_LIKE_JSON

FILE = {"properties": {"path": {"type": "string"}, "meta": {"properties": {"_type": {"const": "gradio.FileData"}}}}}


@pytest.mark.parametrize(
    ("schema", "component", "words"),
    [
        ({"type": "string"}, "Textbox", "texte"),
        ({"type": "integer"}, "Number", "nombre entier"),
        ({"type": "boolean"}, "Checkbox", "vrai ou faux"),
        ({"type": "array", "items": {"type": "number"}}, "Api", "liste de nombres"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "Fileexplorer", "liste de listes"),
        ({"enum": ["a", 1, None]}, "Radio", 'un choix parmi `"a"`, `1`, `null`'),
        ({"enum": [*range(50)]}, "Dropdown", "un choix parmi `0`, `1`, `2`, `3`, `4`, `5`… (50 en tout)"),
        (FILE, "Image", "fichier image"),
        (FILE, "File", "fichier"),
        ({"type": "array", "items": FILE}, "File", "liste de fichiers"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "Api", "texte"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, "Api",
         "texte ou liste de textes"),
        ({"type": "object", "properties": {"video": FILE, "note": {"type": "string"}}}, "Api",
         "objet\u00a0: `video` (fichier), `note` (texte)"),
        ({"type": "array", "prefixItems": [FILE, {"type": "integer"}]}, "Api", "liste\u00a0: fichier, nombre entier"),
        ({}, "Json", "n’importe quelle valeur JSON"),
        (None, "", "n’importe quelle valeur JSON"),
    ],
)  # fmt: skip
def test_type_of_each_kind_of_schema(schema: Any, component: str, words: str) -> None:
    assert describe_type(schema, component) == words


@given(SCHEMA_LIKE_JSON)
def test_any_schema_has_short_words(schema: Any) -> None:
    assert 0 < len(describe_type(schema)) <= MAX_TYPE_CHARACTERS


def test_schema_that_refers_to_itself_ends() -> None:
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/N"} for name in "abcdefgh"}}
    assert "objet" in describe_type({"$defs": {"N": node}, "$ref": "#/$defs/N"})
