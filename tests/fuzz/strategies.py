"""Hypothesis strategies of whole examples: a Space's description, a call's messages and answer, a posted form."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from hfcourse.spaces.schema.parameters.widgets import CONTROL_BY_COMPONENT, FILE_COMPONENTS
from tests.fuzz.recipes import INDEX, Recipe, read_data
from tests.fuzz.values import (
    LANGUAGES,
    component_values,
    constant,
    counts,
    few,
    make,
    make_object,
    matrices,
    number_items,
    numbers,
    pieces,
    scalars,
    short,
    strings,
    tables,
    texts,
    values,
    written,
)

Example = dict[str, Any]

REPRODUCERS = Path(__file__).parent / "reproducers"
KINDS = sorted({*CONTROL_BY_COMPONENT, *FILE_COMPONENTS, "api", "dataset", "state", "mine"})
# The components whose forms grow with what the Space says of them.
LARGE_KINDS = ("dataframe", "dataframe", "dropdown", "checkboxgroup", "radio", "textbox", "json", "chatbot", "code")
OUTPUTS = (
    "Markdown", "Markdown", "HTML", "Code", "JSON", "Label", "HighlightedText", "Dataframe", "Image", "Gallery",
    "Audio", "Plot", "LinePlot", "Chatbot", "Textbox", "Number", "File", "AnnotatedImage", "ImageEditor", "Dialogue",
    "Video", "MultimodalTextbox", "Dataset",
    "Model3D", "ParamViewer", "DateTime", "ColorPicker", "Slider", "Api", "Mine",
)  # fmt: skip
PROPS = (
    "value", "value", "choices", "minimum", "maximum", "step", "lines", "headers", "datatype", "row_count", "col_count",
    "column_count", "file_count", "file_types", "sources", "multiselect", "allow_custom_value", "max_choices", "type",
    "include_time", "visible", "info", "placeholder", "max_length", "language", "speakers", "label", "elem_classes",
)  # fmt: skip
RECORDED = ("recordings/kitchen_sink", "recordings/stock_forecast", "recordings/matrix_transpose", "every_component")


def refer(name: str, count: int) -> Recipe:
    """A schema whose references lead to each other."""
    reference = ["$ref", constant(f"#/$defs/{name}")]
    return ["object", [reference, ["$defs", ["wide", "d", count, ["object", [reference]]]]]]


def nest_schema(inner: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    """A schema around another."""
    return st.one_of(
        make_object(anyOf=make("list", inner, counts), oneOf=make("list", inner, counts)),
        make_object(type=make("json", "array"), items=inner, prefixItems=make("list", inner, counts)),
        make_object(type=make("json", "object"), properties=make("wide", pieces, counts, inner)),
        st.builds(refer, st.sampled_from(["d0", "d1", "x"]), counts),
        make("deep", "object", few, inner),
    )


types = make("json", st.sampled_from(["string", "number", "array", "object"]))
schemas = st.recursive(make_object(type=types, enum=strings, title=short), nest_schema, max_leaves=4)
choices = make("each", make("items", [["text", f"c{INDEX}", 1], ["text", f"v{INDEX}", 1]]), counts)
choices |= make("list", make("items", st.tuples(texts, scalars).map(list)), counts)
prop_values = st.one_of(component_values, strings, choices, scalars)
props = make("object", st.lists(st.tuples(st.sampled_from(PROPS), prop_values).map(list), max_size=5))


def range_of(count: int) -> Recipe:
    return ["each", ["raw", INDEX], count]


@st.composite
def draw_components(draw: st.DrawFn, kind: str, parameters: int) -> Recipe:
    """The components of a Space: those of its parameters, and so many equal datasets of examples."""
    own = ["object", [["id", ["raw", INDEX]], ["type", constant(kind)], ["props", draw(props)]]]
    datasets = draw(st.sampled_from([0, 0, 0, 1, 50, 3_000]))
    if not datasets:
        return ["each", own, max(1, parameters)]
    used = draw(st.sampled_from([["items", [constant(0)]], range_of(min(parameters, 200))]))
    samples = draw(make("list", make("list", texts | scalars, counts), counts))
    content = ["object", [["component_ids", used], ["samples", samples]]]
    # The first is the parameter's own: `component_ids` refers to it.
    numbered = ["object", [["id", ["raw", INDEX]], ["type", constant("dataset")], ["props", content]]]
    return ["each", numbered, datasets]


@st.composite
def draw_parameter(draw: st.DrawFn, kind: str) -> Recipe:
    """A parameter as /info describes it."""
    pairs = [["parameter_name", ["text", f"p{INDEX}", 1]], ["label", draw(texts | short)]]
    pairs += [["component", constant(kind.title())], ["type", draw(schemas)]]
    if draw(st.booleans()):
        shape = tables if kind == "dataframe" else component_values
        pairs += [["parameter_has_default", constant(True)], ["parameter_default", draw(shape)]]
    return ["object", pairs]


@st.composite
def invented_spaces(draw: st.DrawFn) -> Example:
    """A description made from nothing: so many equal endpoints, parameters and datasets, as Gradio would write them."""
    endpoints, parameters = draw(few), draw(few)
    kind = draw(st.sampled_from(KINDS) | st.sampled_from(LARGE_KINDS))
    dependency = [["id", ["raw", INDEX]], ["api_name", ["text", f"f{INDEX}", 1]], ["inputs", range_of(parameters)]]
    dependency += [["outputs", range_of(0)], ["targets", draw(values | st.just(["items", []]))]]
    parameter = draw(draw_parameter(kind))
    entry = ["object", [["parameters", ["each", parameter, parameters]], ["returns", ["items", []]]]]
    config = [["version", constant("6.31.0")], ["protocol", constant("sse_v3")], ["title", draw(short)]]
    config += [["components", draw(draw_components(kind, parameters))]]
    config += [["dependencies", ["each", ["object", dependency], endpoints]]]
    named = ["wide", "/f", endpoints, entry]
    return {"config": ["object", config], "info": ["object", [["named_endpoints", named]]]}


@st.composite
def recorded_spaces(draw: st.DrawFn) -> Example:
    """A real description with something else at one place of it."""
    name = draw(st.sampled_from(RECORDED))
    part = draw(st.sampled_from(["config", "info"]))
    way: list[Any] = []
    inner = json.loads(read_data(name))[part]
    while isinstance(inner, dict | list) and inner and (not way or draw(st.integers(0, 5))):
        way.append(draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner)))))
        inner = inner[way[-1]]
    put = draw(st.one_of(component_values, schemas, choices))
    other = "info" if part == "config" else "config"
    return {part: ["data", name, part, way, put], other: ["data", name, other, [], constant(None)]}


steps = make_object(desc=texts, index=numbers, length=numbers, unit=texts, progress=numbers)
extras = st.one_of(
    make_object(msg=make("json", "log"), log=texts, level=short),
    make_object(msg=make("json", "progress"), progress_data=make("list", steps, counts)),
    make_object(msg=make("json", "estimation"), rank=numbers, queue_size=numbers, rank_eta=numbers),
)
ways = st.lists(st.sampled_from([0, 1, "a", "data", "value"]), max_size=3)
diffs = st.tuples(st.sampled_from(["append", "replace", "add", "delete"]), ways, values).map(list)


@st.composite
def answers(draw: st.DrawFn) -> Example:
    """A whole call: the components of its outputs, the messages on the way, the last values."""
    if draw(st.booleans()):
        kinds = [draw(st.sampled_from(OUTPUTS))] * draw(st.sampled_from([1, 1, 2, 20, 60]))
        final = draw(st.builds(number_items, texts, st.just(len(kinds))) | make("list", component_values, len(kinds)))
    else:
        kinds = draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=8))
        final = ["items", [draw(component_values) for _ in kinds]]
    if draw(st.integers(0, 4)) == 4:  # an update of the component, which holds its value
        final = ["list", ["object", [["__type__", constant("update")], ["value", draw(component_values)]]], len(kinds)]
    return {
        "kinds": kinds,
        "final": final,
        "diffs": draw(st.lists(diffs, max_size=2)),
        "diff_count": draw(st.sampled_from([0, 1, 30, 400])),
        "extras": draw(st.lists(extras, max_size=3)),
        "language": draw(st.sampled_from(["", *LANGUAGES])),
    }


@st.composite
def forms(draw: st.DrawFn) -> Example:
    """What is posted to the form of one endpoint: texts, JSON and files by the number of their control."""
    text = st.tuples(st.integers(0, 60), texts | written, st.sampled_from([1, 1, 2, 40, 900])).map(list)
    return {
        "endpoint": draw(st.sampled_from(["/tout", "/typed"])),
        "texts": draw(st.lists(text, max_size=4)),
        "json": draw(st.lists(st.tuples(st.integers(0, 60), values | matrices).map(list), max_size=2)),
        "files": draw(st.lists(st.tuples(st.integers(0, 30), short, texts).map(list), max_size=3)),
        "extras": draw(st.lists(st.tuples(short, texts).map(list), max_size=2)),
    }


@st.composite
def vary(draw: st.DrawFn, part: Any) -> Any:
    """The same recipe with some other counts, texts and values in it."""
    if isinstance(part, int) and not isinstance(part, bool) and part > 3:
        return draw(counts) if draw(st.integers(0, 3)) == 0 else part
    if isinstance(part, list) and part and part[0] in ("text", "join"):
        if draw(st.integers(0, 4)) == 0:
            return draw(texts)
    elif isinstance(part, list) and part and part[0] in ("json", "raw", "data"):
        return part
    return [draw(vary(each)) for each in part] if isinstance(part, list) else part


@st.composite
def neighbours(draw: st.DrawFn, target: str) -> Example:
    """A variation of an input that once did harm: what was mended for one may not be for its like."""
    known = draw(st.sampled_from(read_reproducers(target)))
    return {key: draw(vary(part)) for key, part in known.items()}


@lru_cache
def read_reproducers(target: str) -> tuple[Example, ...]:
    """The examples of the reproducers of one target."""
    paths = sorted(REPRODUCERS.glob(f"{target}-*.json"))
    return tuple(json.loads(path.read_text(encoding="utf-8"))["example"] for path in paths)


def build_examples() -> dict[str, st.SearchStrategy[Example]]:
    """The examples of each target: half of them new, half of them like those that once did harm."""
    made = {"description": recorded_spaces() | invented_spaces(), "answer": answers(), "form": forms()}
    return {name: new | neighbours(name) if read_reproducers(name) else new for name, new in made.items()}


EXAMPLES = build_examples()
