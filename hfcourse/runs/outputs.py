"""How an output is shown: `kind` names the partial template, `value` is what it draws (drawings.py). Pure.

The shape of the value decides, then its component: an author's function returns what it likes.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hfcourse.cpu_budget import CpuBudget
from hfcourse.runs import conversations, drawings, shapes, trees
from hfcourse.runs.drawings import COLOUR, MOST_CHARACTERS, picture_of
from hfcourse.runs.page_budget import MAX_EXCERPT_CHARACTERS, PageBudget, TextAllowance
from hfcourse.runs.shapes import is_file, is_list_of, is_scalar
from hfcourse.spaces.description import HINTS, NAME_CHARACTERS
from hfcourse.spaces.updates import UPDATE, is_update

# Of a conversation, so many characters are read as Markdown, so many drawn of components; the rest comes as it is.
CHAT_PROSE, CHAT_DRAWN = 30_000, 20_000
# A page holds values of so many characters, and of fewer while it is asked for again and again; one value, being
# drawn in part, takes no more than its own share. Five hundred lists of ones would be a page of 50 MB.
ROOM, LIVE_ROOM, SHARE = 200_000, 60_000, 10_000
UNDRAWN_NAME_CHARACTERS, COMPONENT_CHARACTERS = 40, 60
WIDE = {"text", "prose", "code", "html", "json", "table", "plot", "chat", "dialogue", "gallery", "spans", "figure"}
# How an output can be had as a whole, by its kind; files are links by themselves, and of nothing there is no copy.
WHOLE = {
    **dict.fromkeys(("text", "prose", "code", "html", "scalar", "moment", "colour", "list", "chat", "dialogue"), "txt"),
    **dict.fromkeys(("table", "plot"), "csv"),
    **dict.fromkeys(("json", "label", "spans", "figure", "multimodal", "heavy"), "json"),
}


@dataclass(frozen=True)
class Shown:
    """An output, or a part of one: which partial draws it, and what; `whole` is txt, csv, json or ''.

    `excerpt` is the beginning of its value as text, which is shown where the page has no room for its drawing.
    """

    kind: str
    value: Any
    component: str = ""
    label: str = ""
    number: int = 0
    excerpt: str = ""

    @property
    def whole(self) -> str:
        return WHOLE.get(self.kind, "")

    @property
    def is_wide(self) -> bool:
        return self.kind in WIDE

    @property
    def undrawn(self) -> "Shown":
        """The same, as it stands on a page that has no room for it."""
        names = self.component[:UNDRAWN_NAME_CHARACTERS], self.label[:UNDRAWN_NAME_CHARACTERS]
        return replace(self, kind="heavy", value=None, component=names[0], label=names[1])


@dataclass(frozen=True)
class Context:
    """What a value is drawn for: its component in lower case, hints on it, and whether it still grows."""

    component: str
    hints: Mapping[str, str]
    is_live: bool
    cpu_budget: CpuBudget | None = None


def all_shown(
    outputs: Iterable[Mapping[str, Any]], is_live: bool = False, budget: PageBudget | None = None
) -> list[Shown]:
    """One section for each output; those that the page has no room or no time for are only named."""
    budget = budget or PageBudget(is_live)
    budget.cpu.start()
    room, sections = LIVE_ROOM if is_live else ROOM, []
    for number, output in enumerate(outputs):
        text = as_text(output["value"])
        if room > 0 and not budget.is_exhausted:
            section = shown(output, number, is_live, budget.cpu)
        else:
            section = Shown("heavy", None, output["component"], output["label"], number)
        sections.append(replace(section, excerpt=text[: MAX_EXCERPT_CHARACTERS + 1]))
        room -= min(SHARE, len(text))
    budget.reserve(len(sections))
    return sections


def as_text(value: Any) -> str:
    """A text as it is, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shown(output: Mapping[str, Any], number: int, is_live: bool = False, cpu_budget: CpuBudget | None = None) -> Shown:
    """A described output (label, component, value with its files, hints) as its section shows it."""
    context = Context(output["component"].lower(), hints_on(output), is_live, cpu_budget)
    value = value_of(output)
    kind = kind_of(context.component, value)
    return Shown(kind, DRAWERS[kind](value, context), output["component"], output["label"], number)


def hints_on(output: Mapping[str, Any]) -> dict[str, str]:
    """What its component said of it, and above that what an update brings along: it may name other columns."""
    value = output["value"]
    brought = value if is_update(value) else {}
    named = {name: brought[name][:NAME_CHARACTERS] for name in HINTS if isinstance(brought.get(name), str)}
    return {**output.get("hints", {}), **named}


def value_of(output: Mapping[str, Any]) -> Any:
    """The value of an output; of an update, the value that comes along with it, if one does."""
    value = output["value"]
    return value["value"] if is_update(value) and "value" in value else value


def kind_of(component: str, value: Any) -> str:
    """How to draw a value: by its shape first, then by its component (in lower case)."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return kind_of_text(component, value)
    if isinstance(value, dict):
        return kind_of_dict(value)
    return kind_of_list(component, value) if isinstance(value, list) else "scalar"


def kind_of_text(component: str, text: str) -> str:
    if component == "datetime" and drawings.moment(text):
        return "moment"
    if component == "colorpicker" and COLOUR.fullmatch(text):
        return "colour"
    return {"markdown": "prose", "html": "html", "code": "code", "json": "code"}.get(component, "text")


def kind_of_dict(value: dict[str, Any]) -> str:
    if is_update(value):
        return "changes" if len(value) > 1 else "unchanged"
    if is_file(value):
        return "file"
    if shapes.is_plot(value):
        return "picture" if picture_of(value) else "figure"
    tests: tuple[tuple[Callable[[dict[str, Any]], bool], str], ...] = (
        (shapes.is_table, "table"),
        (shapes.is_chart, "plot"),
        (shapes.is_annotated, "annotated"),
        (shapes.is_label, "label"),
        (shapes.is_edited, "edited"),
        (shapes.is_multimodal, "multimodal"),
    )
    return next((kind for test, kind in tests if test(value)), "json")


def kind_of_list(component: str, value: list[Any]) -> str:
    if component == "chatbot" and (all(map(shapes.is_message, value)) or all(map(shapes.is_exchange, value))):
        return "chat"
    if component == "imageslider" and len(value) == 2 and all(each is None or is_file(each) for each in value):
        return "slider"
    tests: tuple[tuple[Callable[[Any], bool], str], ...] = (
        (is_file, "files"),
        (shapes.is_picture, "gallery"),
        (shapes.is_span, "spans"),
        (shapes.is_line, "dialogue"),
    )
    if found := next((kind for test, kind in tests if is_list_of(test, value)), None):
        return found
    is_words = shapes.is_path if component == "fileexplorer" else is_scalar
    return "list" if all(map(is_words, value)) and component not in ("json", "api") else "json"


def draw_chat(value: list[Any], context: Context) -> tuple[list[conversations.Bubble], int]:
    """The last messages of a conversation, which share the characters of one output."""
    allowance = TextAllowance(MOST_CHARACTERS)
    return conversations.bubbles(value, Painter(context, allowance), allowance)


Drawer = Callable[[Any, Context], Any]
DRAWERS: Mapping[str, Drawer] = {
    "nothing": lambda value, _: value,
    "heavy": lambda value, _: None,
    "scalar": lambda value, _: value,
    "colour": lambda value, _: value,
    "file": lambda value, _: value,
    "slider": lambda value, _: value,
    "unchanged": lambda value, _: None,
    "picture": lambda value, _: None,
    "changes": lambda value, _: [drawings.word(name, 60) for name in value if name != UPDATE][:12],
    "moment": lambda value, _: drawings.moment(value),
    "text": lambda value, _: drawings.plain(value),
    "prose": lambda value, context: drawings.prosaic(value, context.is_live, context.cpu_budget),
    "code": lambda value, context: drawings.coloured(value, language(context), context.is_live),
    "html": lambda value, context: drawings.coloured(value, "html", context.is_live),
    "list": lambda value, _: drawings.listed(value),
    "json": lambda value, _: trees.tree(value),
    "figure": lambda value, _: drawings.figure(value),
    "label": lambda value, _: drawings.sure(value),
    "spans": lambda value, _: drawings.highlighted(value),
    "table": lambda value, _: drawings.table(value["headers"], value["data"]),
    "plot": lambda value, context: drawings.plotted(value, context.hints),
    "annotated": lambda value, _: drawings.annotated(value),
    "edited": lambda value, _: drawings.edited(value),
    "files": lambda value, _: drawings.kept(value),
    "gallery": lambda value, _: drawings.pictured(value),
    "dialogue": lambda value, _: drawings.spoken(value),
    "multimodal": lambda value, _: (drawings.plain(value["text"]), drawings.kept(value["files"])),
    "chat": draw_chat,
}


def language(context: Context) -> str:
    return "json" if context.component == "json" else context.hints.get("language", "")


class Painter:
    """Draws the parts of a conversation, each with what those drawn before have left of its share of the page."""

    def __init__(self, context: Context, allowance: TextAllowance) -> None:
        self._context, self._allowance = context, allowance
        self._prose, self._drawn = CHAT_PROSE, CHAT_DRAWN

    def __call__(self, component: str, value: Any, words: str) -> Shown:
        """A text as Markdown; a component's value as that component shows it; `words` describe a file."""
        if component == "" and isinstance(value, str):
            return self._text(value)
        text = as_text(value)
        self._drawn -= len(text)
        if self._drawn < 0:
            return Shown("text", drawings.Text(self._allowance.cut(text, drawings.WORD_CHARACTERS), is_cut=True))
        kind = kind_of(component.lower(), value)
        # A preview and a picture have an address, which a part of an output has not; a chat in a chat has no end.
        kind = {"html": "code", "picture": "json", "chat": "json"}.get(kind, kind)
        drawn = DRAWERS[kind](value, replace(self._context, component=component.lower(), hints={}))
        return Shown(
            kind, drawn, component[:COMPONENT_CHARACTERS], words or component[:COMPONENT_CHARACTERS] or "Conversation"
        )

    def _text(self, text: str) -> Shown:
        room = self._allowance.remaining
        if len(text) > min(self._prose, room):
            beginning = self._allowance.cut(text, room)
            return Shown("text", drawings.Text(beginning, is_cut=len(text) > room))
        self._allowance.remaining -= len(text)
        self._prose -= len(text)
        return Shown("prose", drawings.prosaic(text, self._context.is_live, self._context.cpu_budget))
