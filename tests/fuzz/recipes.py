"""Recipes: small trees that expand to large JSON. Pure.

What costs a server is seldom one odd value; it is a harmless piece many times over. A recipe names the piece and the
count, so that an input of five megabytes is some dozen characters: it can be generated, mutated, shrunk and kept in a
file. A recipe is a JSON list whose first item is the operation:

    ["json", value]            the value as it is
    ["raw", text]              this text, which need not be valid JSON
    ["text", piece, count]     a string: the piece so many times over
    ["join", recipes]          a string: the strings that these recipes give, one after the other
    ["digits", count]          a number of so many digits
    ["list", recipe, count]    a list of so many equal items
    ["each", recipe, count]    a list of so many items, in each of which MESSAGE_INDEX is its number
    ["items", recipes]         a list of these items
    ["object", pairs]          an object, of [name, recipe] pairs; a name may be a recipe of a string
    ["wide", piece, count, r]  an object with so many names, all of which begin with the piece
    ["deep", kind, count, r]   lists or objects (kind) within each other, so many, around the last recipe
    ["data", file, part, way, r] a part of a file of tests/data with the value at the end of a way replaced
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

Recipe = list[Any]

DATA = Path(__file__).resolve().parents[1] / "data"
# A little above what the site reads of a description, so that its own limit is met, too.
MAX_CHARACTERS = 5_200_000
INDEX = "{i}"
PLACEHOLDER = "f3c1a9-the-place"


def render(recipe: Recipe, max_characters: int = MAX_CHARACTERS) -> str:
    """Expand a recipe to JSON text. Counts are lowered where the text would be longer than `max_characters`."""
    operation, *arguments = recipe
    return OPERATIONS[operation](max_characters, *arguments)


def lower(count: int, length: int, max_characters: int) -> int:
    """The largest count, up to `count`, of pieces of this length that fits."""
    return max(0, min(count, max_characters // max(1, length)))


def render_json(_: int, value: Any) -> str:
    return json.dumps(value)


def render_raw(_: int, text: str) -> str:
    return text


def render_text(limit: int, piece: str, count: int) -> str:
    written = json.dumps(piece)[1:-1]
    return f'"{written * lower(count, len(written), limit)}"'


def render_parts(limit: int, parts: list[Recipe]) -> list[str]:
    """Expand recipes that stand side by side: each may take what those before it have left."""
    texts: list[str] = []
    for part in parts:
        texts.append(render(part, max(100, limit)))
        limit -= len(texts[-1])
    return texts


def render_join(limit: int, parts: list[Recipe]) -> str:
    return '"' + "".join(written[1:-1] for written in render_parts(limit, parts)) + '"'


def render_digits(limit: int, count: int) -> str:
    return "9" * lower(max(1, count), 1, limit)


def render_list(limit: int, item: Recipe, count: int) -> str:
    written = render(item, limit // max(1, min(count, 1000)))
    return "[" + ",".join([written] * lower(count, len(written) + 1, limit)) + "]"


def render_each(limit: int, item: Recipe, count: int) -> str:
    written = render(item, limit // max(1, min(count, 1000)))
    count = lower(count, len(written) + 5, limit)
    return "[" + ",".join(written.replace(INDEX, str(number)) for number in range(count)) + "]"


def render_items(limit: int, items: list[Recipe]) -> str:
    return "[" + ",".join(render_parts(limit, items)) + "]"


def render_object(limit: int, pairs: list[tuple[Any, Recipe]]) -> str:
    names = [render(name, limit // 2) if isinstance(name, list) else json.dumps(name) for name, _ in pairs]
    parts = render_parts(limit - sum(map(len, names)), [part for _, part in pairs])
    return "{" + ",".join(f"{name}:{part}" for name, part in zip(names, parts, strict=True)) + "}"


def render_wide(limit: int, piece: str, count: int, item: Recipe) -> str:
    name, written = json.dumps(piece)[1:-1], render(item, limit // max(1, min(count, 1000)))
    count = lower(count, len(name) + len(written) + 12, limit)
    return "{" + ",".join(f'"{name}{number}":{written}' for number in range(count)) + "}"


def render_deep(limit: int, kind: str, count: int, item: Recipe) -> str:
    before, after = ("[", "]") if kind == "list" else ('{"a":', "}")
    written = render(item, limit // 2)
    count = lower(count, len(before) + len(after), limit // 2)
    return before * count + written + after * count


def render_data(limit: int, name: str, part: str, way: list[Any], put: Recipe) -> str:
    """Replace one place of a recorded document. A way that leads nowhere leaves the document as it is."""
    document = json.loads(read_data(name))[part]
    inner = document
    for key in way[:-1]:
        inner = inner[key]
    if way:
        inner[way[-1]] = PLACEHOLDER
    return json.dumps(document).replace(f'"{PLACEHOLDER}"', render(put, limit))


@lru_cache
def read_data(name: str) -> str:
    return (DATA / f"{name}.json").read_text(encoding="utf-8")


OPERATIONS: dict[str, Callable[..., str]] = {
    "json": render_json,
    "raw": render_raw,
    "text": render_text,
    "join": render_join,
    "digits": render_digits,
    "list": render_list,
    "each": render_each,
    "items": render_items,
    "object": render_object,
    "wide": render_wide,
    "deep": render_deep,
    "data": render_data,
}


def simplify(recipe: Any) -> Iterator[Any]:
    """Yield smaller variants of a recipe: without an item, with a smaller count, or with one part simplified."""
    if isinstance(recipe, bool) or not isinstance(recipe, list | int):
        return
    if isinstance(recipe, int):
        yield from (smaller for smaller in (recipe // 4, recipe // 2, recipe * 3 // 4) if smaller < recipe)
        return
    if recipe and recipe[0] in ("items", "object", "join"):
        parts = recipe[1]
        for start, stop in cut_ranges(len(parts)):
            yield [recipe[0], parts[:start] + parts[stop:]]
    if recipe and recipe[0] in ("json", "raw", "data"):
        return
    for place, part in enumerate(recipe):
        for simpler in simplify(part):
            yield [*recipe[:place], simpler, *recipe[place + 1 :]]


def cut_ranges(count: int) -> Iterator[tuple[int, int]]:
    """The halves, the quarters and the single items of a list that may be left out; one item stays."""
    size = count // 2
    while size >= 1:
        yield from ((start, min(start + size, count)) for start in range(0, count, size) if size < count)
        size //= 2
