"""How an output is shown: which partial template draws it (kinds.py), and what that draws (drawings.py). Pure."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.runs.outputs import chat_messages, json_tree, value_presenters
from hfcourse.runs.outputs.chat_messages import Part, messages_of
from hfcourse.runs.outputs.output_kinds import component_of, kind_of, value_of
from hfcourse.runs.outputs.scores import draw_label
from hfcourse.runs.outputs.table_presenters import dataframe_table, parameters_table
from hfcourse.runs.outputs.value_presenters import MOST_CHARACTERS, picture_of
from hfcourse.runs.values.brief_text import WORD_CHARACTERS, word
from hfcourse.runs.values.page_budget import MAX_EXCERPT_CHARACTERS, PageBudget, TextAllowance
from hfcourse.spaces.schema.component_updates import UPDATE, is_update
from hfcourse.spaces.schema.endpoints.space_description import CHAT_ANSWER, hints_in
from hfcourse.spaces.schema.listed_choices import label_of_pair

# Of a conversation, so many characters are read as Markdown, so many drawn of components; the rest comes as it is.
CHAT_PROSE, CHAT_DRAWN = 30_000, 20_000
# A page holds values of so many characters, and of fewer while it is asked for again and again; one value, being
# drawn in part, takes no more than its own share. Five hundred lists of ones would be a page of 50 MB.
ROOM, LIVE_ROOM, SHARE = 200_000, 60_000, 10_000
UNDRAWN_NAME_CHARACTERS, COMPONENT_CHARACTERS = 40, 60
WIDE = {
    "text",
    "prose",
    "code",
    "html",
    "json",
    "table",
    "parameters",
    "plot",
    "chat",
    "dialogue",
    "gallery",
    "spans",
    "figure",
}
# How an output can be had as a whole, by its kind; files are links by themselves, and of nothing there is no copy.
WHOLE = {
    **dict.fromkeys(("text", "prose", "code", "html", "scalar", "moment", "colour", "list", "chat", "dialogue"), "txt"),
    **dict.fromkeys(("table", "plot"), "csv"),
    **dict.fromkeys(("json", "label", "spans", "figure", "multimodal", "parameters", "heavy"), "json"),
}


@dataclass(frozen=True)
class Shown:
    """An output, or a part of one: which partial draws it, and what; `whole` is txt, csv, json or ''.

    `excerpt` is the beginning of its value as text, which is shown where the page has no room for its drawing. `place`
    says which part of a conversation it is (see conversations.find_part), '' for an output as a whole.
    """

    kind: str
    value: Any
    component: str = ""
    label: str = ""
    number: int = 0
    excerpt: str = ""
    place: str = ""

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
    """A value's component in lower case, hints on it, whether it still grows, and the number of its output."""

    component: str
    hints: Mapping[str, str]
    is_live: bool
    cpu_budget: CpuBudget | None = None
    number: int = 0


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
    context = Context(component_of(output), hints_on(output), is_live, cpu_budget, number)
    value = value_of(output)
    kind = kind_of(context.component, value)
    return Shown(kind, DRAWERS[kind](value, context), output["component"], output["label"], number)


def hints_on(output: Mapping[str, Any]) -> dict[str, str]:
    """What its component said of it, and above that what an update brings along: it may name other columns."""
    value = output["value"]
    brought = value if is_update(value) else {}
    own = {name: hint for name, hint in output.get("hints", {}).items() if brought.get(name, hint) is not None}
    return own | hints_in(brought)


def draw_choices(pairs: list[Any]) -> value_presenters.Items:
    """The labels of the first choices, and how many there are besides."""
    first = value_presenters.listed([label_of_pair(pair) for pair in pairs[: value_presenters.MOST_ITEMS]])
    return value_presenters.Items(first.items, len(pairs) - len(first.items))


def draw_chat(value: Any, context: Context) -> tuple[list[chat_messages.Bubble], int]:
    """The last messages of a conversation, which share the characters of one output."""
    allowance = TextAllowance(MOST_CHARACTERS)
    return chat_messages.bubbles(messages_of(value), Painter(context, allowance), allowance)


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
    "changes": lambda value, _: [word(name, 60) for name in value if name != UPDATE][:12],
    "choices": lambda value, _: draw_choices(value["choices"]),
    "moment": lambda value, _: value_presenters.moment(value),
    "text": lambda value, _: value_presenters.plain(value),
    "prose": lambda value, context: value_presenters.prosaic(value, context.is_live, context.cpu_budget),
    "code": lambda value, context: value_presenters.coloured(value, language(context), context.is_live),
    "html": lambda value, context: value_presenters.coloured(value, "html", context.is_live),
    "list": lambda value, _: value_presenters.listed(value),
    "json": lambda value, _: json_tree.tree(value),
    "figure": lambda value, _: value_presenters.figure(value),
    "label": lambda value, _: draw_label(value),
    "spans": lambda value, _: value_presenters.highlighted(value),
    "table": lambda value, _: dataframe_table(value),
    "parameters": lambda value, _: parameters_table(value),
    "video": lambda value, _: value_presenters.video(value),
    "plot": lambda value, context: value_presenters.plotted(value, context.hints),
    "annotated": lambda value, _: value_presenters.annotated(value),
    "edited": lambda value, _: value_presenters.edited(value),
    "files": lambda value, _: value_presenters.kept(value),
    "gallery": lambda value, _: value_presenters.pictured(value),
    "dialogue": lambda value, _: value_presenters.spoken(value),
    "multimodal": lambda value, _: (value_presenters.plain(value["text"]), value_presenters.kept(value["files"])),
    "chat": draw_chat,
}


def language(context: Context) -> str:
    return "json" if context.component in ("json", CHAT_ANSWER) else context.hints.get("language", "")


class Painter:
    """Draws the parts of a conversation, each with what those drawn before have left of its share of the page."""

    def __init__(self, context: Context, allowance: TextAllowance) -> None:
        self._context, self._allowance = context, allowance
        self._prose, self._drawn = CHAT_PROSE, CHAT_DRAWN

    def __call__(self, part: Part) -> Shown:
        """Draw a text as Markdown, a component's value as that component shows it."""
        component, value = part.component.lower(), part.shown_value
        if not component and isinstance(value, str):
            return self._text(value)
        text = as_text(value)
        self._drawn -= 0 if picture_of(value) else len(text)
        if self._drawn < 0:
            return Shown("text", value_presenters.Text(self._allowance.cut(text, WORD_CHARACTERS), is_cut=True))
        kind = kind_of(component, value)
        # A preview has an address, which a part of an output has not; a chat in a chat has no end.
        kind = {"html": "code", "chat": "json"}.get(kind, kind)
        drawn = DRAWERS[kind](value, replace(self._context, component=component, hints=hints_in(part.props)))
        name = part.component[:COMPONENT_CHARACTERS]
        label = part.words or name or "Conversation"
        return Shown(kind, drawn, name, label, self._context.number, place=part.place)

    def _text(self, text: str) -> Shown:
        room = self._allowance.remaining
        if len(text) > min(self._prose, room):
            beginning = self._allowance.cut(text, room)
            return Shown("text", value_presenters.Text(beginning, is_cut=len(text) > room))
        self._allowance.remaining -= len(text)
        self._prose -= len(text)
        return Shown("prose", value_presenters.prosaic(text, self._context.is_live, self._context.cpu_budget))
