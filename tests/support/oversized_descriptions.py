"""Descriptions whose parts multiply: each is small as text, and none may be dear to describe, to draw or to keep."""

from collections.abc import Callable
from typing import Any

RawDescription = tuple[dict[str, Any], dict[str, Any]]  # /config and /info
QUOTE = '"'


def build_space(
    *endpoints: list[tuple[str, dict[str, Any], dict[str, Any]]], more: list[dict[str, Any]] = ()
) -> RawDescription:  # type: ignore[assignment]
    """A Space with these endpoints: of each parameter its component's type and props, and its entry of /info."""
    components: list[dict[str, Any]] = []
    dependencies, named = [], {}
    for number, inputs in enumerate(endpoints):
        ids = [len(components) + place for place in range(len(inputs))]
        components += [{"id": n, "type": each[0], "props": each[1]} for n, each in zip(ids, inputs, strict=True)]
        dependencies.append({"id": number, "api_name": f"f{number}", "inputs": ids, "outputs": [], "targets": []})
        entries = [
            {"parameter_name": f"p{place}", "label": f"Champ {place}", "component": kind.title()}
            | {"type": {"type": "string"}}
            | entry
            for place, (kind, _, entry) in enumerate(inputs)
        ]
        named[f"/f{number}"] = {"parameters": entries, "returns": []}
    components += [{"id": len(components) + place, **each} for place, each in enumerate(more)]
    return {"components": components, "dependencies": dependencies, "version": "6.31.0"}, {"named_endpoints": named}


def build_single_parameter_space(kind: str, props: dict[str, Any] | None = None, **entry: Any) -> RawDescription:
    return build_space([(kind, props or {}, entry)])


def build_shared_component_space(
    kind: str, props: dict[str, Any], *, endpoints: int, uses: int, targets: int = 1, **more: Any
) -> RawDescription:
    """One component that each parameter of each endpoint names, and that sets each endpoint off."""
    entry = {"component": kind.title()}
    named = {
        f"/f{n}": {"parameters": [{"parameter_name": f"p{use}", **entry} for use in range(uses)], "returns": []}
        for n in range(endpoints)
    }
    dependencies = [
        {"id": n, "api_name": f"f{n}", "inputs": [0] * uses, "outputs": [], "targets": [[0, "click"]] * targets}
        for n in range(endpoints)
    ]
    components = [{"id": 0, "type": kind, "props": props}, *more.get("components", [])]
    return {"components": components, "dependencies": dependencies, "version": "6.31.0"}, {"named_endpoints": named}


def build_datasets(count: int, samples: list[list[Any]], first_id: int = 1) -> list[dict[str, Any]]:
    props = {"component_ids": [0], "samples": samples}
    return [{"id": first_id + n, "type": "dataset", "props": props} for n in range(count)]


def build_chained_references() -> RawDescription:
    """Properties that refer to a chain of definitions, each with many alternatives."""
    definitions = {
        f"D{step}": {"anyOf": [{"$ref": f"#/$defs/D{step + 1}"}, *[{"type": "null"}] * 95]} for step in range(8)
    }
    properties = {f"q{n}": {"$ref": "#/$defs/D0"} for n in range(300)}
    schema = {"type": "object", "$defs": definitions, "properties": properties}
    return build_space([("api", {}, {"type": schema})] * 100)


def build_table_props(columns: int, rows: int) -> dict[str, Any]:
    titles = [f"c{n}" for n in range(columns)]
    return {"headers": titles, "value": {"headers": titles, "data": [["x"] * columns] * rows, "metadata": None}}


def build_nested_accordions(fields: int, depth: int, label: str) -> RawDescription:
    """Each field in as many closed folds, one in the other, each with this label; between them, texts."""
    config, info = build_space([("slider", {"label": "Champ"}, {})] * fields)
    components, children = config["components"], []
    for number in range(fields):
        node: dict[str, Any] = {"id": number}
        for level in range(depth):
            components.append({"id": len(components), "type": "accordion", "props": {"label": label, "open": False}})
            text = {"id": len(components), "type": "markdown", "props": {"value": f"### {label} {level}"}}
            components.append(text)
            node = {"id": text["id"] - 1, "children": [{"id": text["id"]}, node]}
        children.append(node)
    return {**config, "layout": {"id": len(components), "children": children}}, info


def build_translated_space(fields: int) -> RawDescription:
    """Each text of each field is ninety markers, each of them a text of 2,000 characters."""
    texts = dict.fromkeys(("label", "info", "placeholder"), '__i18n__{"key": "k"}' * 90)
    config, info = build_space([("textbox", texts, {"label": texts["label"]})] * fields)
    return config | {"i18n_translations": {"fr": {"k": "mot " * 500}}}, info


def build_long_chain(length: int, public: int) -> RawDescription:
    """Steps of one chain, of which each `public`-th can be called; they share 1,000 states and pictures."""
    components = [{"id": n, "type": "state" if n % 2 else "image", "props": {}} for n in range(1_000)]
    numbers = [each["id"] for each in components]
    dependencies = [
        {"id": n, "api_name": False if n % public else f"f_{n}", "trigger_after": n - 1 if n else None}
        | {"targets": [[0, "click"]] * 100, "inputs": numbers, "outputs": numbers}
        for n in range(length)
    ]
    named = {f"/f_{n}": {"parameters": [], "returns": []} for n in range(0, length, public)}
    return {"components": components, "dependencies": dependencies, "version": "6.31.0"}, {"named_endpoints": named}


MANY_CHOICES = {"choices": [[f"Choix {n}", f"v{n}"] for n in range(2_000)]}
OVERSIZED_DESCRIPTIONS: dict[str, Callable[[], RawDescription]] = {
    "20,000 columns without titles": lambda: build_single_parameter_space(
        "dataframe", {"value": {"headers": [], "data": [[""] * 20_000]}}
    ),
    "thirty tables": lambda: build_space([("dataframe", build_table_props(10, 80), {})] * 30),
    "tables of 500 long titles": lambda: build_space([("dataframe", {"headers": [QUOTE * 200] * 500}, {})] * 10),
    "one table in 10,000 parameters": lambda: build_shared_component_space(
        "dataframe", build_table_props(1, 200), endpoints=20, uses=500
    ),
    "7,000 endpoints, 7,000 data sets": lambda: build_space(
        *[[("textbox", {}, {})]] * 7_000, more=build_datasets(7_000, [["a"]])
    ),
    "120 samples of 50 kB": lambda: build_shared_component_space(
        "json", {}, endpoints=500, uses=1, components=build_datasets(4, [[[[1]] * 10_000]] * 30)
    ),
    "a data set of 20,000 columns": lambda: build_shared_component_space(
        "textbox",
        {},
        endpoints=500,
        uses=1,
        components=[
            {"id": 1, "type": "dataset", "props": {"component_ids": [0] * 20_000, "samples": [["a"] * 20_000] * 9}}
        ],
    ),
    "a schema of 290,000 alternatives": lambda: build_single_parameter_space(
        "mine", type={"anyOf": [{"type": "null"}] * 290_000}
    ),
    "400 schemas of 700 alternatives": lambda: build_space(
        [("api", {}, {"type": {"oneOf": [{"type": "number"}] * 700}})] * 400
    ),
    "references that lead to references": build_chained_references,
    "120,000 properties": lambda: build_single_parameter_space(
        "mine", type={"type": "object", "properties": {f"q{n}": {"$ref": "#/$defs/D"} for n in range(120_000)}}
    ),
    "an enumeration of 400,000": lambda: build_single_parameter_space("api", type={"enum": list(range(400_000))}),
    "400 enumerations of 900": lambda: build_space([("api", {}, {"type": {"enum": list(range(900))}})] * 400),
    "a default of 2 MB of quotation marks": lambda: build_single_parameter_space(
        "textbox", {"value": QUOTE * 2_000_000}
    ),
    "fifty defaults of 90 kB": lambda: build_space([("textbox", {"value": QUOTE * 90_000}, {})] * 50),
    "JSON of 4 MB": lambda: build_single_parameter_space(
        "json", {"value": [[]] * 1_000_000}, example_input=[[]] * 1_000_000
    ),
    "one JSON in 10,000 parameters": lambda: build_shared_component_space(
        "json", {"value": [[1]] * 15_000}, endpoints=20, uses=500
    ),
    "one list of choices in 10,000 parameters": lambda: build_shared_component_space(
        "dropdown", MANY_CHOICES, endpoints=20, uses=500
    ),
    "ticked boxes in 10,000 parameters": lambda: build_shared_component_space(
        "checkboxgroup", MANY_CHOICES | {"value": [f"v{n}" for n in range(2_000)]}, endpoints=20, uses=500
    ),
    "fifty lists of 2,000 choices": lambda: build_space([("radio", MANY_CHOICES, {})] * 50),
    "choices with long labels": lambda: build_single_parameter_space(
        "radio", {"choices": [[QUOTE * 2_000, f"v{n}"] for n in range(2_000)]}
    ),
    "a button of 4 MB, often named": lambda: build_shared_component_space(
        "button", {"value": "__i18n__" + '{"key": "' + "a." * 2_000_000}, endpoints=400, uses=0, targets=500
    ),
    "a type that is no text": lambda: build_shared_component_space(
        "button", {}, endpoints=400, uses=0, components=[{"id": 1, "type": [1] * 500_000, "props": {}}]
    ),
    "folds in folds": lambda: build_nested_accordions(490, 20, QUOTE * 300),
    "a page of 200 levels": lambda: build_nested_accordions(90, 200, QUOTE * 90),
    "introductions of 4 MB": lambda: build_space(
        [("textbox", {}, {})], more=[{"type": "markdown", "props": {"value": "[![" * 30_000}}] * 40
    ),
    "markers that stand for long texts": lambda: build_translated_space(490),
    "a chain of 10,000 steps": lambda: build_long_chain(10_000, 20),
    "30,000 parameters": lambda: build_space(*[[("textbox", {}, {})] * 490] * 60),
    "490 files": lambda: build_space([("image", {"sources": ["webcam", "upload"]}, {})] * 490),
    "long names": lambda: (
        {"components": [], "dependencies": []},
        {
            "named_endpoints": {
                f"/{'é' * 190}{n}": {"parameters": [{"parameter_name": QUOTE * 200}], "returns": []} for n in range(500)
            }
        },
    ),
    "value of many lists": lambda: build_shared_component_space(
        "image", {"value": [[[[[["x"] * 10] * 10] * 10] * 10] * 10] * 10}, endpoints=500, uses=20
    ),
    "150,000 components": lambda: build_space(
        [("textbox", {}, {})], more=[{"type": "row", "props": {"elem_classes": ["a"]}}] * 150_000
    ),
    "long numbers": lambda: build_single_parameter_space(
        "number", {"value": int("9" * 4_000), "maximum": int("9" * 4_000), "step": 10**250}
    ),
}
