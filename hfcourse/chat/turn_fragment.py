"""Fragment of one turn: what the stream of its run sends, and what a script inserts after a message is sent."""

from flask import render_template

from hfcourse.chat import conversations
from hfcourse.chat.conversations import Branch
from hfcourse.chat.turn_loading import SentMessage
from hfcourse.chat.turn_presenter import PageContext, PresentedTurn, present_turn
from hfcourse.runs.store import conversation_store
from hfcourse.runs.store.conversation_models import Conversation, Turn
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.web.template_globals import wants_fragment

EMBED_CHAT = "discussion"
MAX_TURN_CHARACTERS = 200_000


def is_fragment_requested() -> bool:
    """Will the script of a conversation insert the response in its page?"""
    return wants_fragment(EMBED_CHAT)


def render_turn_of_run(run: Run) -> str:
    """Render the answer of a run, which is a turn; '' for a run outside of a conversation."""
    found = conversation_store.find_turn_of_run(run.id)
    if found is None:
        return ""
    turn, conversation = found
    presented = present_single_turn(conversation, turn, run)
    return render_template("chat/_answer.html", turn=presented, conversation=conversation, run=run)


def present_single_turn(conversation: Conversation, turn: Turn, run: Run) -> PresentedTurn:
    """Present one turn outside of its page."""
    link = TurnLink(turn.id, turn.parent_id, turn.run_id, run.status, turn.created)
    # The versions of a message are shown once its answer has ended; a stream renders an unfinished one repeatedly.
    branch = (
        conversations.load_branch(conversation.id, turn.id)
        if run.is_finished
        else Branch([link], {link.parent_id: [link]})
    )
    context = PageContext(conversation, branch, MAX_TURN_CHARACTERS, is_live=not run.is_finished)
    return present_turn(context, link, SentMessage(turn.text, turn.omitted_messages), run)
