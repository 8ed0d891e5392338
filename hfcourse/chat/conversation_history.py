"""History that a Space takes as a parameter, from the stored turns of a branch.

What a Space returned last is what its own page would send it back: the value of the previous turn's gr.Chatbot goes
back as it came, with its files. Only a message that the visitor adds is built here. Pure but for the stored files.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.chat.chat_roles import ChatRoles, HistoryFormat
from hfcourse.chat.turn_loading import load_messages
from hfcourse.files.file_store import FileHandle
from hfcourse.playground.continuations import insert_stored_files, is_missing_file
from hfcourse.runs.execution.conversation_sessions import REMEMBERED_STATUSES
from hfcourse.runs.outputs.output_kinds import get_output_value
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.run_store import load_run
from hfcourse.spaces.untrusted.json_tree import contains_node

MAX_SEARCHED_TURNS = 10  # for the latest that returned a history
# Of the JSON of a history. Each run stores the history that it was sent and the one that came back: with this limit a
# conversation of n turns stores n times twice as much at most, without it n² messages.
MAX_HISTORY_CHARACTERS = 60_000


@dataclass(frozen=True)
class History:
    """Messages that go with the next one, and how many before them do not."""

    messages: list[Any]
    omitted_messages: int = 0


def collect_history(branch: Sequence[TurnLink], roles: ChatRoles) -> History:
    """Return the history after these turns, the latest of which that returned one has it whole.

    Args:
        branch: the oldest turn first.
    """
    for link in reversed(branch[-MAX_SEARCHED_TURNS:]):
        run = load_run(link.run_id) if link.status in REMEMBERED_STATUSES else None
        value = find_returned_history(run, roles.answer_index) if run else []
        if run and value:
            messages = trim_history(restore_files(run, value))
            omitted = (len(value) - len(messages)) * (2 if roles.history_format is HistoryFormat.PAIRS else 1)
            return History(messages, omitted + load_messages([link])[link.id].omitted_messages)
    return History([])


def find_returned_history(run: Run, answer_index: int) -> list[Any]:
    """Return the history that a run returned, [] if it returned none."""
    value = get_output_value(run.outputs[answer_index]) if answer_index < len(run.outputs) else None
    return value if isinstance(value, list) else []


def restore_files(run: Run, value: list[Any]) -> list[Any]:
    """Return the messages with a FileHandle for each stored file, without those whose file was deleted."""
    stored = {
        item.position: FileHandle.from_row(item.file)
        for item in run.files
        if item.parameter is None and not item.file.erased
    }
    messages = [insert_stored_files(each, stored) for each in value]
    return [each for each in messages if not contains_node(each, is_missing_file)]


def trim_history(messages: Sequence[Any]) -> list[Any]:
    """Return the last messages whose JSON has MAX_HISTORY_CHARACTERS at most; cut ones begin with the visitor's."""
    kept: list[Any] = []
    left = MAX_HISTORY_CHARACTERS
    for message in reversed(messages):
        left -= len(json.dumps(message, ensure_ascii=False, default=lambda file: file.name))
        if left < 0:
            break
        kept.append(message)
    while len(kept) < len(messages) and kept and isinstance(kept[-1], dict) and kept[-1].get("role") != "user":
        kept.pop()  # many models take no answer without its question
    return kept[::-1]


def append_message(history: Sequence[Any], roles: ChatRoles, text: str) -> list[Any]:
    """Return the history with the visitor's message as its last entry, for the second step of a two-step chat."""
    return [*history, *iter_message_entries(roles.history_format, text)]


def iter_message_entries(history_format: HistoryFormat, text: str) -> Iterator[Any]:
    """Yield the entries of a visitor's message in this format."""
    if history_format is HistoryFormat.PAIRS:
        yield [text, None]
    elif history_format is HistoryFormat.PARTS:
        yield {"role": "user", "content": [{"type": "text", "text": text}], "metadata": None, "options": None}
    else:
        yield {"role": "user", "content": text, "metadata": None, "options": None}
