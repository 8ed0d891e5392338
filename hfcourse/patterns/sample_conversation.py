"""Sample conversation, in memory only: an answer with a thought and proposed replies, one that arrives, the form."""

from dataclasses import replace
from typing import Any

from flask import current_app

from hfcourse.chat import turn_submission
from hfcourse.chat.chat_roles import ChatRoles, HistoryFormat
from hfcourse.chat.conversations import Branch
from hfcourse.chat.turn_loading import SentMessage
from hfcourse.chat.turn_presenter import PageContext, PresentedTurn, present_turn
from hfcourse.patterns.sample_runs import RUN_ID, SENT_AT, make_run
from hfcourse.runs.store.conversation_models import Conversation
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.spaces.form.rendering_budget import RenderingBudget
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

FIRST_MESSAGE, SECOND_MESSAGE = typeset_french("Comment lire un jeton en Python ?"), typeset_french("Et sans jeton ?")
ANSWER = [
    {
        "role": "assistant",
        "content": typeset_french("La question est courte : une phrase suffit."),
        "metadata": {"title": "Réflexion", "duration": 1.2, "status": "done"},
    },
    {
        "role": "assistant",
        "content": typeset_french("Un **jeton** se lit dans l’environnement :")
        + '\n\n```python\nimport os\nos.environ["HF_TOKEN"]\n```',
        "options": [{"value": SECOND_MESSAGE}],
    },
]
BEGINNING = "On peut appeler un Space public sans jet"
MESSAGE = Parameter(name="message", label="Message", component="multimodaltextbox")
TEMPERATURE = Parameter(name="temperature", label="Température", component="slider", minimum=0, maximum=2, default=0.7)


def build_conversation_context() -> dict[str, Any]:
    """Build the template context of the sample: its turns, and the form of the next message."""
    roles = ChatRoles(MESSAGE, None, HistoryFormat.SESSION, 0, returns_history=False, options=(TEMPERATURE,))
    endpoint = Endpoint("/discuter", "Discuter", "", (MESSAGE, TEMPERATURE), ())
    return {
        "conversation": make_sample_conversation(),
        "turns": [
            make_turn("succeeded", FIRST_MESSAGE, ANSWER),
            make_turn("running", SECOND_MESSAGE, BEGINNING),
        ],
        "composer": turn_submission.bind_composer(endpoint, roles),
        "rendering_budget": RenderingBudget(),
        "upload_limit_bytes": current_app.config["UPLOAD_LIMIT_BYTES"],
        "action": "#discussion",
        "hidden": {},
        "is_live": False,
        "label": "Votre message",
        "has_focus": False,
    }


def make_sample_conversation() -> Conversation:
    """Make a conversation that is stored nowhere."""
    return Conversation(
        id=RUN_ID, visitor="", space="hfcourse/entrainement", endpoint="/discuter", title="Les jetons",
        message_name="message", history_name=None, answer_index=0, returns_history=False,
        created=SENT_AT, updated=SENT_AT,
    )  # fmt: skip


def make_turn(status: str, text: str, answer: Any) -> PresentedTurn:
    """Make a turn whose run has this status; a finished one is the second of two versions."""
    run = make_answered_run(status, answer)
    link = TurnLink(f"{RUN_ID}-{status}", None, run.id, status, SENT_AT)
    earlier = replace(link, id=f"{RUN_ID}-avant")
    branch = Branch([link], {None: [earlier, link] if run.is_finished else [link]})
    return present_turn(PageContext(make_sample_conversation(), branch), link, SentMessage(text), run)


def make_answered_run(status: str, answer: Any) -> Run:
    """Make a run with this answer, a partial one if the run has not finished."""
    run = make_run(status)
    outputs = [{"label": "Réponse", "component": "Json", "value": answer}]
    run.outputs = outputs if run.is_finished else []
    for event in run.events:
        if event.kind == "progress":
            event.kind, event.data = "partial", {"outputs": outputs}
    return run
