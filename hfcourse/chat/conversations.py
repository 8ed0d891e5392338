"""Queries and changes of a visitor's conversations: list, search, branch, creation, title, deletion."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort
from sqlalchemy import Connection, Select, insert, or_, select, update

from hfcourse import database, tokens, visitors
from hfcourse.runs.history import queries
from hfcourse.runs.retention.pruning import RUNS_PER_BATCH
from hfcourse.runs.store import conversation_store
from hfcourse.runs.store.conversation_models import MAX_CONVERSATION_TITLE_CHARACTERS, Conversation, Turn
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import RUNS, RunSearchText
from hfcourse.runs.store.search_text import fold_text, replace_unprintable, split_query

ID_BYTES = 12
CONVERSATIONS_PER_PAGE = 30
MAX_SEARCHED_TITLES = 1_000
UNTITLED = "Discussion"


@dataclass(frozen=True)
class Branch:
    """Turns of one branch, the oldest first, and the siblings of each: edited and regenerated messages."""

    links: Sequence[TurnLink]
    siblings: Mapping[str | None, Sequence[TurnLink]]

    @property
    def last(self) -> TurnLink | None:
        return self.links[-1] if self.links else None

    def find_siblings(self, link: TurnLink) -> Sequence[TurnLink]:
        """Return the turns with the same parent, this one included, the oldest first."""
        return self.siblings[link.parent_id]


def find_own_conversation(conversation_id: str) -> Conversation | None:
    """Return the visitor's own conversation, None for another visitor's or one that does not exist."""
    with database.read_session() as session:
        found = session.get(Conversation, conversation_id)
    return found if found is not None and found.visitor == visitors.get_visitor() else None


def get_own_conversation_or_404(conversation_id: str) -> Conversation:
    """Return the visitor's own conversation; abort with 404 for another visitor's, as for one that does not exist."""
    found = find_own_conversation(conversation_id)
    if found is None:
        abort(404)
    return found


def get_own_turn_or_404(conversation: Conversation, turn_id: str) -> Turn:
    """Return a turn of this conversation, or abort with 404."""
    with database.read_session() as session:
        found = session.get(Turn, turn_id) if "\0" not in turn_id else None  # PostgreSQL rejects NUL in a text
    if found is None or found.conversation_id != conversation.id:
        abort(404)
    return found


def find_own_turn(turn_id: str) -> Turn | None:
    """Return a turn of the visitor, None for another visitor's or one that does not exist."""
    query = select(Turn).join(Conversation, Conversation.id == Turn.conversation_id)
    with database.read_session() as session:
        return session.scalar(query.where(Turn.id == turn_id, Conversation.visitor == visitors.get_visitor()))


def has_turn(turn_id: str) -> bool:
    """Does a turn with this id exist?"""
    with database.read_session() as session:
        return session.get(Turn, turn_id) is not None


def list_conversations(visitor: str | None, words: str, page: int) -> tuple[Sequence[Conversation], bool]:
    """Return a page of the conversations that match, the latest first, and whether older ones follow.

    Args:
        words: searched in titles and in what was sent; '' for all.
        page: from 0.
    """
    if visitor is None:
        return [], False
    query = apply_search(select(Conversation).where(Conversation.visitor == visitor), visitor, words)
    query = query.order_by(Conversation.updated.desc(), Conversation.id.desc())
    with database.read_session() as session:
        found = session.scalars(query.offset(page * CONVERSATIONS_PER_PAGE).limit(CONVERSATIONS_PER_PAGE + 1)).all()
    return found[:CONVERSATIONS_PER_PAGE], len(found) > CONVERSATIONS_PER_PAGE


def apply_search(query: Select[Conversation], visitor: str, words: str) -> Select[Conversation]:
    """Restrict a query to the conversations whose title or messages have all these words."""
    searched = split_query(words)
    titles = fetch_folded_titles(visitor) if searched else {}
    for word in searched:
        found = (
            select(Turn.conversation_id)
            .join(RunSearchText, RunSearchText.run_id == Turn.run_id)
            .where(RunSearchText.visitor == visitor, RunSearchText.words.contains(word, autoescape=True))
        )
        titled = [conversation_id for conversation_id, title in titles.items() if word in title]
        query = query.where(or_(Conversation.id.in_(titled), Conversation.id.in_(found)))
    return query


def fetch_folded_titles(visitor: str) -> dict[str, str]:
    """Return the titles of the latest conversations of a visitor, without case or accents, by id."""
    latest = select(Conversation.id, Conversation.title).where(Conversation.visitor == visitor)
    with database.read_connection() as connection:
        rows = connection.execute(latest.order_by(Conversation.updated.desc()).limit(MAX_SEARCHED_TITLES))
        return {row.id: fold_text(row.title) for row in rows}


def load_branch(conversation_id: str, turn_id: str | None = None) -> Branch:
    """Return the branch through this turn down to its latest descendant; that of the latest turn by default."""
    links = conversation_store.list_turn_links(conversation_id)
    siblings: dict[str | None, list[TurnLink]] = {}
    for link in links:
        siblings.setdefault(link.parent_id, []).append(link)
    known = {link.id for link in links}
    leaf = turn_id if turn_id in known else links[-1].id if links else None
    while leaf in siblings:
        leaf = siblings[leaf][-1].id
    return Branch(conversation_store.walk_to_root(links, leaf), siblings)


def find_branch_before(conversation_id: str, turn_id: str | None) -> list[TurnLink]:
    """Return the branch that ends with this turn, [] for None."""
    return conversation_store.walk_to_root(conversation_store.list_turn_links(conversation_id), turn_id)


def make_id() -> str:
    """Return a new id of a conversation or a turn."""
    return secrets.token_urlsafe(ID_BYTES)


def make_title(text: str) -> str:
    """Return the title of a conversation from its first message."""
    line = replace_unprintable(" ".join(text.split()))
    if len(line) > MAX_CONVERSATION_TITLE_CHARACTERS // 2:
        line = line[: MAX_CONVERSATION_TITLE_CHARACTERS // 2].rstrip() + "…"
    return line or UNTITLED


def build_insertion(
    conversation: Mapping[str, Any],
    turn: Mapping[str, Any],
    *,
    is_new: bool,
    search_columns: Mapping[str, str] | None = None,
) -> Callable[[Connection, str], None]:
    """Return a function that inserts a turn in the transaction of its run, with its conversation if that is new.

    Args:
        search_columns: those of the run, in place of what its inputs give; None for these.
    """
    moment = database.utc_now()

    def insert_rows(connection: Connection, run_id: str) -> None:
        if is_new:
            connection.execute(insert(Conversation), {**conversation, "created": moment, "updated": moment})
        else:
            touched = update(Conversation).where(Conversation.id == conversation["id"])
            connection.execute(touched.values(updated=moment))
        connection.execute(insert(Turn), {**turn, "run_id": run_id, "created": moment})
        if search_columns is not None:
            connection.execute(update(RunSearchText).where(RunSearchText.run_id == run_id).values(**search_columns))
        size = len(turn["text"].encode())
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(text_bytes=RUNS.c.text_bytes + size))

    return insert_rows


def rename_conversation(conversation_id: str, title: str) -> bool:
    """Store a new title, without tokens and cut to its limit; return False if it is blank."""
    line = replace_unprintable(tokens.mask_tokens(" ".join(title.split())))[:MAX_CONVERSATION_TITLE_CHARACTERS]
    if not line:
        return False
    with database.write_session() as session:
        session.execute(update(Conversation).where(Conversation.id == conversation_id).values(title=line))
    return True


def delete_conversation(conversation_id: str) -> None:
    """Stop and delete the runs of a conversation; it is deleted with the last of them."""
    run_ids = [link.run_id for link in conversation_store.list_turn_links(conversation_id)]
    for start in range(0, len(run_ids), RUNS_PER_BATCH):
        queries.stop_and_delete_runs(run_ids[start : start + RUNS_PER_BATCH])
