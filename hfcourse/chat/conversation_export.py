"""Export of a conversation as Markdown, for a reader, and as JSON, for a program."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from flask import render_template

from hfcourse.chat import conversations, turn_loading, turn_presenter
from hfcourse.runs import presenter
from hfcourse.runs.outputs.chat_messages import get_message_parts, parse_message_part
from hfcourse.runs.outputs.rendered_outputs import stringify_value
from hfcourse.runs.store import conversation_store
from hfcourse.runs.store.conversation_models import Conversation
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import FileEntry
from hfcourse.runs.values.value_types import is_file
from hfcourse.text.markdown_quoting import quote_code_block, quote_inline_code

TURNS_PER_BATCH = 50  # of the runs in memory at once


def iter_exported_turns(conversation: Conversation, links: Sequence[TurnLink]) -> Iterator[tuple[TurnLink, str, Run]]:
    """Yield each turn with its message and its run, in batches."""
    for batch in turn_loading.split_batches(links, TURNS_PER_BATCH):
        texts, runs = turn_loading.load_messages(batch), turn_loading.load_runs(batch, conversation.visitor)
        for link in batch:
            if link.id in texts and link.run_id in runs:
                yield link, texts[link.id].text, runs[link.run_id]


def iter_json(conversation: Conversation) -> Iterator[str]:
    """Yield the conversation with all its branches as JSON, turn by turn; `parent` is the turn that a turn follows."""
    links = conversation_store.list_turn_links(conversation.id)
    head = {
        "id": conversation.id,
        "title": conversation.title,
        "space": conversation.space,
        "endpoint": conversation.endpoint,
        "created": presenter.format_iso_timestamp(conversation.created),
        "updated": presenter.format_iso_timestamp(conversation.updated),
    }
    yield json.dumps(head).removesuffix("}") + ', "turns": ['
    separator = ""
    for turn in iter_exported_turns(conversation, links):
        yield separator + json.dumps(serialize_turn(conversation, *turn))
        separator = ","
    yield "]}"


def serialize_turn(conversation: Conversation, link: TurnLink, text: str, run: Run) -> dict[str, Any]:
    """Return a turn with its answer."""
    return {
        "id": link.id,
        "parent": link.parent_id,
        "run": run.id,
        "status": run.status,
        "error": presenter.describe_error(run),
        "created": presenter.format_iso_timestamp(link.created),
        "message": {"text": text, "files": turn_presenter.collect_sent_files(conversation, run)},
        "answer": list_answer(conversation, run),
    }


def list_answer(conversation: Conversation, run: Run) -> list[dict[str, Any]]:
    """Return the messages of an answer as the Space sent them, with a file entry for each file."""
    answer = turn_presenter.find_run_answer(conversation, run)
    return list(answer.messages[answer.start :])


def iter_markdown(conversation: Conversation, turn_id: str | None) -> Iterator[str]:
    """Yield a branch, the latest by default, as Markdown, turn by turn. Untrusted text is quoted as code."""
    branch = conversations.load_branch(conversation.id, turn_id)
    quoting = {"in_code": quote_inline_code, "fenced": quote_code_block}
    yield render_template("chat/export_head.md", conversation=conversation, **quoting)
    for _, text, run in iter_exported_turns(conversation, branch.links):
        yield render_template(
            "chat/export_turn.md",
            text=text,
            files=turn_presenter.collect_sent_files(conversation, run),
            run=run,
            error=presenter.describe_error(run),
            parts=[*iter_exported_parts(list_answer(conversation, run))],
            **quoting,
        )


def iter_exported_parts(messages: Sequence[dict[str, Any]]) -> Iterator[str | FileEntry | Any]:
    """Yield the texts and files of an answer, in order."""
    for message in messages:
        for part in get_message_parts(message):
            value = parse_message_part(part).effective_value
            yield value if isinstance(value, str) or is_file(value) else stringify_value(value)
