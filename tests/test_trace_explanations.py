"""Sentences of a trace: true of what arrived, whatever became of the run."""

import re

import pytest

from hfcourse.runs.trace import explanations

JOIN, STREAM = "/gradio_api/queue/join", "/gradio_api/queue/data"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("error", ["", "token-rejected", "connection-lost", "space-exception", "bad-answer", "closed"])
@pytest.mark.parametrize("path", [JOIN, STREAM])
def test_refusal_is_explained_by_its_status_and_not_by_what_the_run_made_of_it(
    status: int, error: str, path: str
) -> None:
    sentence = explanations.explain_response("space", path, status, error)
    assert re.match(rf"(Refus|Réponse) {status}\u00a0: ", sentence)


def test_404_of_a_space_says_that_a_private_one_hides_itself() -> None:
    for path in ("/config", "/gradio_api/info", JOIN, "/"):
        assert "Space privé" in explanations.explain_response("space", path, 404)
    for actor, path in (("space", "/gradio_api/file=/x.png"), ("space", STREAM), ("hub", "/api/spaces/a/b")):
        assert "Space privé" not in explanations.explain_response(actor, path, 404)


@pytest.mark.parametrize("error", ["timeout", "connection-lost"])
def test_answer_that_began_and_one_that_never_came_are_told_apart(error: str) -> None:
    begun, never = (explanations.explain_response("space", STREAM, status, error) for status in (200, None))
    assert begun.startswith("La réponse a commencé")
    assert not never.startswith("La réponse a commencé")


def test_request_that_may_be_refused_is_not_said_to_be_accepted() -> None:
    assert "vers la file" in explanations.explain_request("space", JOIN)
