"""Presentation of the turns of a conversation: the message sent, and the answer rendered as chat messages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hfcourse.chat.answer_messages import Answer, find_answer, list_answer_messages
from hfcourse.chat.conversations import Branch
from hfcourse.chat.turn_loading import SentMessage, load_messages, load_runs, split_batches
from hfcourse.error_messages import ErrorExplanation
from hfcourse.failure_explanations import explain_failure
from hfcourse.runs import presenter
from hfcourse.runs.outputs import chat_messages
from hfcourse.runs.outputs.chat_messages import ChatMessage
from hfcourse.runs.outputs.output_kinds import get_output_value
from hfcourse.runs.outputs.rendered_outputs import ChatRenderer, OutputContext, stringify_value
from hfcourse.runs.store.conversation_models import Conversation
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.runs.values.page_budget import PageBudget, TextAllowance

MAX_SHOWN_TURNS = 20
MAX_SENT_TEXT_CHARACTERS = 20_000  # of one message of the visitor; the whole is in its run
# Of the answers of a page, the latest first; of these, what is parsed as Markdown, and in components.
MAX_PAGE_CHARACTERS, MAX_MARKDOWN_CHARACTERS, MAX_COMPONENT_CHARACTERS = 200_000, 120_000, 40_000


@dataclass(frozen=True)
class PresentedTurn:
    """Turn as the page shows it.

    Attributes:
        text: the visitor's message, or its beginning (`is_text_cut`).
        answer: the answer in the conversation that the Space returned.
        messages: the answer, rendered.
        budget: that of the page.
        left_out: how many messages of a very long answer come before those of `messages`.
        variant: its position among the edited and regenerated versions of this message, from 1.
        previous_id: the turn of the version before it, '' without one; `next_id` that of the one after.
        omitted_messages: how many messages of the branch were not sent with this one, the history being too long.
        other_outputs: number and label of the run's other outputs that are not empty.
    """

    id: str
    parent_id: str | None
    text: str
    files: Sequence[FileEntry]
    run: Run
    answer: Answer
    messages: Sequence[ChatMessage]
    budget: PageBudget
    is_text_cut: bool = False
    left_out: int = 0
    variant: int = 1
    variant_count: int = 1
    previous_id: str = ""
    next_id: str = ""
    omitted_messages: int = 0
    other_outputs: Sequence[tuple[int, str]] = ()

    @property
    def memory(self) -> dict[str, Any]:
        """How many earlier messages were sent again to the Space, and how many were not; {} for none."""
        return self.run.get_latest_event("memory")

    @property
    def explanation(self) -> ErrorExplanation | None:
        return explain_failure(self.run.error, self.run.error_detail) if self.run.error else None

    @property
    def age_ms(self) -> int:
        """Milliseconds since the run began: the page that reloads itself needs another number each time."""
        return int(presenter.measure_elapsed_seconds(self.run) * 1000)

    @property
    def queue(self) -> dict[str, Any]:
        return presenter.describe_queue(self.run)

    @property
    def progress(self) -> dict[str, Any]:
        return presenter.describe_progress(self.run)


@dataclass(frozen=True)
class PresentedBranch:
    """Last turns of a branch; `earlier_id` is the turn before them, '' if they begin the branch."""

    turns: Sequence[PresentedTurn]
    earlier_id: str
    is_beginning_lost: bool


class PageContext:
    """What the turns of one page share: their conversation, and the budgets of time and text.

    Args:
        is_live: is the only turn rendered repeatedly, while its answer arrives?
    """

    def __init__(
        self,
        conversation: Conversation,
        branch: Branch,
        characters: int = MAX_PAGE_CHARACTERS,
        *,
        is_live: bool = False,
    ) -> None:
        self.conversation, self.branch = conversation, branch
        self.budget, self.allowance = PageBudget(is_live), TextAllowance(characters)
        self._rendering_seconds = self.budget.cpu.remaining_seconds / 2
        output = OutputContext("chatbot", {}, is_live, self.budget.cpu, conversation.answer_index)
        self.render_part = ChatRenderer(output, self.allowance, MAX_MARKDOWN_CHARACTERS, MAX_COMPONENT_CHARACTERS)

    @property
    def has_time(self) -> bool:
        """Is there time to present another answer? The templates have half of the time to themselves."""
        has_half = self.budget.cpu.remaining_seconds > self._rendering_seconds
        return has_half or not self.budget.is_timed


def present_branch(conversation: Conversation, branch: Branch, until: str | None = None) -> PresentedBranch:
    """Present the last turns of a branch up to the turn `until`, the last one by default; fewer of very large ones.

    Rendered from the last one to the first, so that a page without budget cuts the oldest.
    """
    links = list(branch.links)
    positions = {link.id: number for number, link in enumerate(links)}
    end = positions.get(until or "", len(links) - 1) + 1
    latest_first = links[max(0, end - MAX_SHOWN_TURNS) : end][::-1]
    shown = next(split_batches(latest_first, MAX_SHOWN_TURNS), [])[::-1]
    messages, runs = load_messages(shown), load_runs(shown, conversation.visitor)
    context = PageContext(conversation, branch)
    turns = [
        present_turn(context, link, messages[link.id], runs[link.run_id])
        for link in reversed(shown)
        if link.id in messages and link.run_id in runs
    ]
    earlier = links[end - len(shown) - 1].id if end > len(shown) else ""
    return PresentedBranch(turns[::-1], earlier, bool(links and links[0].parent_id))


def present_turn(context: PageContext, link: TurnLink, message: SentMessage, run: Run) -> PresentedTurn:
    """Present one turn."""
    ids = [each.id for each in context.branch.find_siblings(link)]
    place = ids.index(link.id)
    answer = find_run_answer(context.conversation, run, message.text)
    messages, left_out = render_answer(context, answer)
    text = context.budget.sent_allowance.cut(message.text, MAX_SENT_TEXT_CHARACTERS)
    return PresentedTurn(
        id=link.id,
        parent_id=link.parent_id,
        text=text,
        is_text_cut=text != message.text,
        answer=answer,
        files=collect_sent_files(context.conversation, run),
        run=run,
        messages=messages,
        left_out=left_out,
        budget=context.budget,
        omitted_messages=message.omitted_messages,
        other_outputs=list_other_outputs(context.conversation, run),
        variant=place + 1,
        variant_count=len(ids),
        previous_id=ids[place - 1] if place else "",
        next_id=ids[place + 1] if place + 1 < len(ids) else "",
    )


def collect_sent_files(conversation: Conversation, run: Run) -> Sequence[FileEntry]:
    """Return the files that were sent with the message; those of the history are not."""
    if conversation.message_name is None or not run.files:
        return []
    return presenter.collect_files(presenter.collect_inputs(run).get(conversation.message_name))


def list_other_outputs(conversation: Conversation, run: Run) -> Sequence[tuple[int, str]]:
    """Return number and label of the outputs beside the answer; an emptied box of the message is none."""
    return [
        (number, str(output["label"]))
        for number, output in enumerate(run.outputs)
        if number != conversation.answer_index and get_output_value(output) not in (None, "", [], {})
    ]


def find_answer_value(conversation: Conversation, run: Run) -> Any:
    """Return the value of the answer with its files, None if nothing has arrived."""
    output = presenter.find_output(run, conversation.answer_index)
    return get_output_value(output) if output else None


def find_run_answer(conversation: Conversation, run: Run, text: str = "") -> Answer:
    """Find the answer of a run in the value that it returned.

    Args:
        text: the visitor's message.
    """
    value = find_answer_value(conversation, run)
    if value is None:
        return Answer([])
    if not conversation.returns_history or not isinstance(value, list | dict):
        return Answer(list_answer_messages(value))
    return find_answer(value, text=text, sent_history=list_sent_history(conversation, run))


def list_sent_history(conversation: Conversation, run: Run) -> Sequence[dict[str, Any]]:
    """Return the messages that were sent with the visitor's, [] if the Space keeps them."""
    value = run.inputs.get(conversation.history_name) if conversation.history_name else None
    messages = chat_messages.normalize_messages(value) if isinstance(value, list) else []
    return messages if conversation.message_name else messages[:-1]


def render_answer(context: PageContext, answer: Answer) -> tuple[Sequence[ChatMessage], int]:
    """Render the messages of an answer; return them and the number left out."""
    if not context.has_time:
        return [], answer.count
    shown = min(answer.count, chat_messages.MAX_MESSAGES)
    with reserve_half(context.allowance), context.budget.cpu.measure():
        context.budget.count_characters(len(stringify_value(answer.messages[len(answer.messages) - shown :])))
        rendered, _ = chat_messages.render_messages(answer.messages, context.render_part, context.allowance, shown)
    return rendered, answer.count - shown


@contextmanager
def reserve_half(allowance: TextAllowance) -> Iterator[None]:
    """Let one answer use at most half of what is left: a huge one leaves room for those before it."""
    reserved = allowance.remaining // 2
    allowance.remaining -= reserved
    try:
        yield
    finally:
        allowance.remaining += reserved
