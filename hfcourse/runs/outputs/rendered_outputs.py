"""Rendering of an output: its kind selects a presenter and a partial template. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.runs.outputs import chat_messages, json_tree, value_presenters
from hfcourse.runs.outputs.chat_messages import MessagePart, normalize_messages
from hfcourse.runs.outputs.output_kinds import classify_value, get_component, get_output_value
from hfcourse.runs.outputs.scores import present_label
from hfcourse.runs.outputs.table_presenters import present_dataframe, present_parameters
from hfcourse.runs.outputs.value_presenters import MAX_SHOWN_TEXT_CHARACTERS, decode_plot_image
from hfcourse.runs.values.brief_text import MAX_BRIEF_CHARACTERS, format_brief_value
from hfcourse.runs.values.page_budget import MAX_EXCERPT_CHARACTERS, PageBudget, TextAllowance
from hfcourse.spaces.schema.component_updates import UPDATE_KEY, is_component_update
from hfcourse.spaces.schema.endpoints.return_values import CHAT_ANSWER, read_rendering_hints
from hfcourse.spaces.schema.listed_choices import get_choice_label

# Budgets of a conversation: characters parsed as Markdown, characters of components; the rest is plain text.
MAX_CHAT_MARKDOWN_CHARACTERS, MAX_CHAT_COMPONENT_CHARACTERS = 30_000, 20_000
# Budget of a page in characters, smaller while it is polled; one value, being rendered in part, is charged at most its
# own share. Five hundred lists of ones would be a page of 50 MB.
MAX_PAGE_CHARACTERS, MAX_LIVE_PAGE_CHARACTERS, MAX_CHARGED_CHARACTERS = 200_000, 60_000, 10_000
MAX_OMITTED_NAME_CHARACTERS, MAX_COMPONENT_NAME_CHARACTERS = 40, 60
WIDE_KINDS = {
    "text",
    "markdown",
    "code",
    "html",
    "json",
    "table",
    "parameters",
    "native_plot",
    "chat",
    "dialogue",
    "gallery",
    "highlighted_text",
    "plot_spec",
}
# Export format by kind; files are downloads already, and null has no export.
EXPORT_FORMATS = {
    **dict.fromkeys(
        ("text", "markdown", "code", "html", "scalar", "datetime", "color", "list", "chat", "dialogue"), "txt"
    ),
    **dict.fromkeys(("table", "native_plot"), "csv"),
    **dict.fromkeys(("json", "label", "highlighted_text", "plot_spec", "multimodal", "parameters", "omitted"), "json"),
}


@dataclass(frozen=True)
class RenderedOutput:
    """Output, or a part of one, for its partial template; `export_format` is txt, csv, json or ''.

    `excerpt` is the beginning of its value as text, shown if the page has no budget to render it.
    `place` is its position in a conversation (see chat_messages.find_part_value), '' for a complete
    output.
    """

    kind: str
    value: Any
    component: str = ""
    label: str = ""
    number: int = 0
    excerpt: str = ""
    place: str = ""

    @property
    def export_format(self) -> str:
        return EXPORT_FORMATS.get(self.kind, "")

    @property
    def is_wide(self) -> bool:
        return self.kind in WIDE_KINDS

    @property
    def omitted_version(self) -> "RenderedOutput":
        """Return the version shown on a page without budget to render it."""
        names = self.component[:MAX_OMITTED_NAME_CHARACTERS], self.label[:MAX_OMITTED_NAME_CHARACTERS]
        return replace(self, kind="omitted", value=None, component=names[0], label=names[1])


@dataclass(frozen=True)
class OutputContext:
    """Context of a value: component in lower case, hints, whether it is live, number of its output."""

    component: str
    hints: Mapping[str, str]
    is_live: bool
    cpu_budget: CpuBudget | None = None
    number: int = 0


def render_outputs(
    outputs: Iterable[Mapping[str, Any]], *, is_live: bool = False, budget: PageBudget | None = None
) -> list[RenderedOutput]:
    """Render one section for each output; those beyond the page's budget are only named."""
    budget = budget or PageBudget(is_live)
    room, sections = MAX_LIVE_PAGE_CHARACTERS if is_live else MAX_PAGE_CHARACTERS, []
    for number, output in enumerate(outputs):
        text = stringify_value(output["value"])
        budget.count_characters(len(text))
        if room > 0 and not budget.is_exhausted:
            with budget.cpu.measure():
                section = render_output(output, number, is_live=is_live, cpu_budget=budget.cpu)
        else:
            section = RenderedOutput("omitted", None, output["component"], output["label"], number)
        sections.append(replace(section, excerpt=text[: MAX_EXCERPT_CHARACTERS + 1]))
        room -= min(MAX_CHARGED_CHARACTERS, len(text))
    budget.reserve_omitted_sections(len(sections))
    return sections


def stringify_value(value: Any) -> str:
    """Return a text unchanged, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def render_output(
    output: Mapping[str, Any], number: int, *, is_live: bool = False, cpu_budget: CpuBudget | None = None
) -> RenderedOutput:
    """Render an output (label, component, value with its files, hints) as its section."""
    context = OutputContext(get_component(output), merge_hints(output), is_live, cpu_budget, number)
    value = get_output_value(output)
    kind = classify_value(context.component, value)
    return RenderedOutput(kind, VALUE_PRESENTERS[kind](value, context), output["component"], output["label"], number)


def merge_hints(output: Mapping[str, Any]) -> dict[str, str]:
    """Merge the component's hints with those of an update, which may name other columns."""
    value = output["value"]
    update = value if is_component_update(value) else {}
    own = {name: hint for name, hint in output.get("hints", {}).items() if update.get(name, hint) is not None}
    return own | read_rendering_hints(update)


def present_choices(pairs: list[Any]) -> value_presenters.TruncatedList:
    """Prepare the labels of the first choices, with the number omitted."""
    first = value_presenters.present_list(
        [get_choice_label(pair) for pair in pairs[: value_presenters.MAX_SHOWN_ITEMS]]
    )
    return value_presenters.TruncatedList(first.items, len(pairs) - len(first.items))


def present_chat(value: Any, context: OutputContext) -> tuple[list[chat_messages.ChatMessage], int]:
    """Prepare the last messages of a conversation, which share the budget of one output."""
    allowance = TextAllowance(MAX_SHOWN_TEXT_CHARACTERS)
    return chat_messages.render_messages(normalize_messages(value), ChatRenderer(context, allowance), allowance)


ValuePresenter = Callable[[Any, OutputContext], Any]
VALUE_PRESENTERS: Mapping[str, ValuePresenter] = {
    "null": lambda value, _: value,
    "omitted": lambda value, _: None,
    "scalar": lambda value, _: value,
    "color": lambda value, _: value,
    "file": lambda value, _: value,
    "image_slider": lambda value, _: value,
    "unchanged": lambda value, _: None,
    "plot_image": lambda value, _: None,
    "component_update": lambda value, _: [format_brief_value(name, 60) for name in value if name != UPDATE_KEY][:12],
    "choices": lambda value, _: present_choices(value["choices"]),
    "datetime": lambda value, _: value_presenters.parse_datetime(value),
    "text": lambda value, _: value_presenters.present_text(value),
    "markdown": lambda value, context: value_presenters.present_markdown(
        value, is_live=context.is_live, cpu_budget=context.cpu_budget
    ),
    "code": lambda value, context: value_presenters.present_code(
        value, get_code_language(context), is_live=context.is_live
    ),
    "html": lambda value, context: value_presenters.present_code(value, "html", is_live=context.is_live),
    "list": lambda value, _: value_presenters.present_list(value),
    "json": lambda value, _: json_tree.build_json_tree(value),
    "plot_spec": lambda value, _: value_presenters.present_plot_spec(value),
    "label": lambda value, _: present_label(value),
    "highlighted_text": lambda value, _: value_presenters.present_highlighted_text(value),
    "table": lambda value, _: present_dataframe(value),
    "parameters": lambda value, _: present_parameters(value),
    "video": lambda value, _: value_presenters.present_video(value),
    "native_plot": lambda value, context: value_presenters.present_plot(value, context.hints),
    "annotated_image": lambda value, _: value_presenters.present_annotated_image(value),
    "image_editor": lambda value, _: value_presenters.present_edited_image(value),
    "files": lambda value, _: value_presenters.present_files(value),
    "gallery": lambda value, _: value_presenters.present_gallery(value),
    "dialogue": lambda value, _: value_presenters.present_dialogue(value),
    "multimodal": lambda value, _: (
        value_presenters.present_text(value["text"]),
        value_presenters.present_files(value["files"]),
    ),
    "chat": present_chat,
}


def get_code_language(context: OutputContext) -> str:
    """Return the language of a code, '' if it is unknown."""
    return "json" if context.component in ("json", CHAT_ANSWER) else context.hints.get("language", "")


class ChatRenderer:
    """Renderer of the parts of a conversation, which share one budget of the page.

    Args:
        allowance: of all texts; within it the first `markdown_characters` are parsed as Markdown.
        component_characters: of the values of components; later ones are plain text.
    """

    def __init__(
        self,
        context: OutputContext,
        allowance: TextAllowance,
        markdown_characters: int = MAX_CHAT_MARKDOWN_CHARACTERS,
        component_characters: int = MAX_CHAT_COMPONENT_CHARACTERS,
    ) -> None:
        self._context, self._allowance = context, allowance
        self._markdown_characters_left, self._component_characters_left = markdown_characters, component_characters

    def __call__(self, part: MessagePart) -> RenderedOutput:
        """Render a text as Markdown, a component's value by its kind."""
        component, value = part.component.lower(), part.effective_value
        if not component and isinstance(value, str):
            return self._render_text(value)
        text = stringify_value(value)
        self._component_characters_left -= 0 if decode_plot_image(value) else len(text)
        if self._component_characters_left < 0:
            return RenderedOutput(
                "text", value_presenters.FormattedText(self._allowance.cut(text, MAX_BRIEF_CHARACTERS), is_cut=True)
            )
        kind = classify_value(component, value)
        # A preview needs a URL, which a part of an output lacks; nested chats could recurse without limit.
        kind = {"html": "code", "chat": "json"}.get(kind, kind)
        presented = VALUE_PRESENTERS[kind](
            value, replace(self._context, component=component, hints=read_rendering_hints(part.props))
        )
        name = part.component[:MAX_COMPONENT_NAME_CHARACTERS]
        label = part.words or name or "Conversation"
        return RenderedOutput(kind, presented, name, label, self._context.number, place=part.place)

    def _render_text(self, text: str) -> RenderedOutput:
        room = self._allowance.remaining
        if len(text) > min(self._markdown_characters_left, room):
            beginning = self._allowance.cut(text, room)
            return RenderedOutput("text", value_presenters.FormattedText(beginning, is_cut=len(text) > room))
        self._allowance.remaining -= len(text)
        self._markdown_characters_left -= len(text)
        return RenderedOutput(
            "markdown",
            value_presenters.present_markdown(text, is_live=self._context.is_live, cpu_budget=self._context.cpu_budget),
        )
