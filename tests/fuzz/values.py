"""Hypothesis strategies of recipes: texts and values that are slow, large or odd. Pure.

They know the shapes that the site looks for (names of fields, of components, of programming languages), since an input
that is refused at the door tests the door alone.
"""

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.recipes import INDEX, Recipe

# Pieces that are slow for some parser, scanner or regular expression, or that grow when they are escaped.
PIECES = (
    "a", " ", "\n", "\t", "\r", "\0", "é", "\ud800", "\u202e", "\ufeff", "𝄞", "\u0301", "&", "<", ">", "'", '"', "\\",
    "![", "[", "]", "](", "[a](", "<a", "<!--", "<?", "*", "**a ", "_", "_a ", "`", "``` ", "~", "#", "# ", "> ", "- ",
    "1. ", "|", "|a", "|-", "a|\n", "\n|", "$", "$$", "\\(", "(", ")", "{", "}", "{#", ":::", "&amp", "&#", "&lt;",
    "http://", "www.", "a@", "a@b.c ", "x.", "//", "/*", "--", "==", "!", "!\n", "\n\n", "   \n", "    a\n", "[^1]",
    "[a]: b\n", "<b>", "</b>", "<script>", "<hf-fuzz>", "javascript:", "data:image/png;base64,", "hf_", "a b", "0",
    "9", "-", "+", ".", ",", ";", ":", "1e9", "0x", "\\u0000", "b()", "extern//", "def f(", "f'{", "'''", "if ", "a,",
    "a\tb\n", "1;2\n", "user: a\n", "user: a\nbot: b\n", "rgb(", "#f", "00:", "2026-", "%", "%00", "=", "=1+", "\x0b",
)  # fmt: skip
# What programs are made of: few enough that a certain order of four or five comes up.
CODE_PIECES = ("a", " ", "b()", "\n", "\\", '"', "(", "/", "*", "extern//", "x")
LANGUAGES = ("python", "c", "cpp", "markdown", "md", "html", "json", "javascript", "tads3", "perl", "sql", "yaml", "x")
WORDS = (
    "headers", "data", "metadata", "label", "confidences", "confidence", "token", "class_or_confidence", "role",
    "content", "type", "text", "file", "image", "video", "caption", "annotations", "background", "layers", "plot",
    "composite", "columns", "datatypes", "mark", "speaker", "files", "value", "__type__", "component", "options",
    "title", "log", "duration", "status", "path", "url", "meta", "orig_name", "is_stream", "$file", "$why", "$name",
)  # fmt: skip
# Counts at the ends of what is read, and anything between; Hypothesis climbs from them towards what costs most.
MANY = (0, 1, 2, 3, 20, 100, 500, 1_001, 5_000, 20_000, 100_000, 400_000, 1_000_000, 2_000_000)
counts = st.sampled_from(MANY) | st.integers(0, 2_000_000)
few = st.sampled_from([0, 1, 1, 1, 2, 2, 5, 24, 60, 150, 600, 3_000, 20_000, 120_000]) | st.integers(0, 1_000)
NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "-0", "1e-400", "0.1", "1E+5", "-1")


def make(operation: str, *arguments: Any) -> st.SearchStrategy[Recipe]:
    """A recipe of this operation; arguments may be strategies or plain values."""
    parts = [each if isinstance(each, st.SearchStrategy) else st.just(each) for each in arguments]
    return st.tuples(st.just(operation), *parts).map(list)


def make_object(**fields: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    """A recipe of an object with these fields, any of which may be missing."""
    drawn = st.tuples(*(st.none() | strategy for strategy in fields.values()))
    return drawn.map(lambda each: ["object", [[n, v] for n, v in zip(fields, each, strict=True) if v is not None]])


def constant(value: Any) -> Recipe:
    return ["json", value]


def number_items(item: Recipe, count: int) -> Recipe:
    """A list of texts that are equal but for a number, so that none is found in a cache."""
    return ["each", ["join", [["text", INDEX, 1], item]], count]


@st.composite
def alternations(draw: st.DrawFn, alphabet: tuple[str, ...] = PIECES) -> Recipe:
    """A text of two to six pieces, each once or all equally often: what makes a regular expression backtrack."""
    count = draw(st.sampled_from([20, 40, 300, 2_000, 20_000, 400_000]))
    drawn = draw(st.lists(st.tuples(st.sampled_from(alphabet), st.booleans()), min_size=2, max_size=6))
    return ["join", [["text", piece, count if is_repeated else 1] for piece, is_repeated in drawn]]


def fence(mark: str, languages: tuple[str, ...], body: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    """A block of code in Markdown."""
    return st.builds(
        lambda language, inner: ["join", [["text", f"{mark}{language}\n", 1], inner, ["text", f"\n{mark}\n", 1]]],
        st.sampled_from(languages),
        body,
    )


pieces = st.sampled_from(PIECES) | st.lists(st.sampled_from(PIECES), min_size=2, max_size=3).map("".join)
pieces |= st.text(st.characters(), max_size=6)
repeated = make("text", pieces, counts)
codes = alternations(CODE_PIECES) | repeated
fenced = fence("```", LANGUAGES, codes)
# Some languages hand a part of a text to another language.
fences = make("join", st.lists(fenced | fence("~~~", ("md", "markdown", "html", "x"), fenced), min_size=1, max_size=16))
texts = repeated | alternations() | fences | make("join", st.lists(repeated, min_size=2, max_size=5))
short = make("text", pieces, st.integers(0, 30)) | make("json", st.sampled_from(WORDS))
numbers = make("digits", st.sampled_from([1, 18, 20, 400, 4_301, 5_000, 100_000])) | make(
    "raw", st.sampled_from(NUMBERS)
)
scalars = st.sampled_from([constant(each) for each in (None, True, False, 0, -1)]) | numbers | short


def grow(inner: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    """Values made of other values: wide, deep, repeated, and objects with the names that the site looks for."""
    pairs = st.lists(st.tuples(st.sampled_from(WORDS) | texts, inner).map(list), max_size=5)
    return st.one_of(
        make("list", inner, counts),
        make("items", st.lists(inner, max_size=4)),
        make("object", pairs),
        make("wide", pieces, counts, inner),
        make("deep", st.sampled_from(["list", "object"]), few, inner),
    )


values = st.recursive(scalars | texts, grow, max_leaves=6)
rows = make("list", scalars | short, counts)
matrices = make("list", rows, counts) | make("items", st.lists(rows, max_size=3))
strings = make("each", make("text", f"x{INDEX}", 1), counts) | make("list", texts | short, counts)
many_texts = st.builds(number_items, texts, st.sampled_from([2, 20, 60, 300]))

# The values of Gradio's components, with anything in their parts.
file_data = make_object(
    path=make("json", "/tmp/gradio/a.png") | short,
    url=short,
    orig_name=texts,
    meta=st.just(["object", [["_type", constant("gradio.FileData")]]]),
)
tables = make_object(headers=strings, data=matrices | values, metadata=values)
labels = make_object(label=texts, confidences=make("list", make_object(label=texts, confidence=numbers), counts))
spans = make("list", make("items", st.tuples(texts, scalars).map(list)), counts)
spans |= make("list", make_object(token=texts, class_or_confidence=scalars), counts)
messages = make_object(
    role=make("json", "assistant") | short,
    content=texts | values | many_texts,
    metadata=make_object(title=texts, log=texts) | values,
    options=make("list", values, few),
)
chats = make("list", messages, counts) | make("list", make("items", st.tuples(texts, texts).map(list)), counts)
marks = make("json", st.sampled_from(["bar", "line", "point"]))
plots = make_object(columns=strings, data=matrices, datatypes=values, mark=marks, type=short, plot=texts)
pictures = (
    make("list", make_object(image=file_data, caption=texts, label=texts, annotations=values), counts) | file_data
)
component_values = st.one_of(
    values, texts, texts, codes, tables, tables, labels, spans, chats, plots, pictures, matrices, strings, many_texts
)
written = values.map(lambda each: ["text", json.dumps(each)[:200], 1])
