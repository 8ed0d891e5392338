"""Sessions: opened as the Space's page opens one, once for a visitor, anew when the Space is started again."""

from typing import Any

import pytest
from flask import Flask

from hfcourse.runs.execution import sessions
from tests.spaces.fake_servers import ECHO_CONFIG, Exchange, FakeSpace, make_completed, make_component, make_failed
from tests.support.apps import forget_space_descriptions
from tests.support.clients import BrowserClient
from tests.support.form_parsing import parse_page

LOAD, ECHO = 1, 0


@pytest.fixture
def stateful(space: FakeSpace) -> FakeSpace:
    """A Space whose page fills the State of `/echo` as it opens; `opening` is what the load event answers."""
    space.config = {
        "app_id": 1,
        "components": [
            *ECHO_CONFIG["components"],
            make_component(3, "state"),
            make_component(4, "dropdown", value="a"),
        ],
        "dependencies": [
            {"id": ECHO, "api_name": "echo", "inputs": [1, 3], "outputs": [2, 3], "targets": [[1, "submit"]]},
            {"id": LOAD, "api_name": False, "inputs": [4, 3], "outputs": [3], "targets": [[None, "load"]]},
        ],
    }
    space.opening = [make_completed([None])]

    def tell(exchange: Exchange) -> None:
        joined = space.requests_to("/queue/join")[-1].json
        space.messages = space.opening if joined["fn_index"] == LOAD else [make_completed(["écho", None])]
        space.stream_result(exchange)

    space.answers["/queue/data"] = tell
    return space


def calls(space: FakeSpace) -> list[tuple[int, str]]:
    return [(each.json["fn_index"], each.json["session_hash"]) for each in space.requests_to("/queue/join")]


def run_echo(student: BrowserClient) -> dict[str, Any]:
    return student.wait_for_end(
        student.submit_form(student.open_page("/espaces/a/b"), words="bonjour").headers["Location"]
    )


def test_the_load_event_is_called_once_before_the_first_call(site: Flask, stateful: FakeSpace) -> None:
    awa, zoe = BrowserClient(site.test_client()), BrowserClient(site.test_client())
    assert [run_echo(each)["status"] for each in (awa, awa, zoe)] == ["succeeded"] * 3
    numbers, names = zip(*calls(stateful), strict=True)
    assert numbers == (LOAD, ECHO, ECHO, LOAD, ECHO)
    assert len({*names[:3]}) == 1
    assert len({*names}) == 2
    assert stateful.requests_to("/queue/join")[0].json["data"] == ["a", None]


def test_a_space_that_was_started_again_gets_a_new_session(site: Flask, stateful: FakeSpace) -> None:
    awa = BrowserClient(site.test_client())
    run_echo(awa)
    stateful.config["app_id"] = 2
    forget_space_descriptions(site)
    run_echo(awa)
    numbers, names = zip(*calls(stateful), strict=True)
    assert numbers == (LOAD, ECHO, LOAD, ECHO)
    assert len({*names}) == 2


def test_an_opening_that_fails_does_not_fail_the_run_and_is_said(site: Flask, stateful: FakeSpace) -> None:
    stateful.opening = [make_failed(error=None)]
    awa = BrowserClient(site.test_client())
    run = run_echo(awa)
    assert run["status"] == "succeeded"
    assert "cette préparation a échoué" in awa.open_page(f"/essais/{run['id']}").text
    run_echo(awa)
    assert [number for number, _ in calls(stateful)] == [LOAD, ECHO, ECHO], "the author's own fault comes again"


def test_an_opening_that_got_no_answer_is_tried_again(site: Flask, stateful: FakeSpace) -> None:
    stateful.opening = []
    awa = BrowserClient(site.test_client())
    assert run_echo(awa)["status"] == "succeeded"
    stateful.opening = [make_completed([None])]
    assert run_echo(awa)["status"] == "succeeded"
    assert [number for number, _ in calls(stateful)] == [LOAD, ECHO, LOAD, ECHO]


def test_an_endpoint_without_state_opens_nothing(site: Flask, stateful: FakeSpace) -> None:
    stateful.config["dependencies"][0] |= {"inputs": [1], "outputs": [2]}
    run_echo(BrowserClient(site.test_client()))
    assert [number for number, _ in calls(stateful)] == [ECHO]


def test_a_session_has_one_name_until_its_space_is_another(app: Flask) -> None:
    with app.app_context():
        name, is_new = sessions.get_or_create_session("awa", "a/b", "1")
        assert (len(name), is_new) == (32, True)
        assert sessions.get_or_create_session("awa", "a/b", "1") == (name, False)
        assert sessions.get_or_create_session("awa", "a/c", "1")[0] != name
        other, is_new = sessions.get_or_create_session("awa", "a/b", "2")
        assert (other != name, is_new) == (True, True)
        sessions.delete_session(other)
        assert sessions.get_or_create_session("awa", "a/b", "2")[1]


def test_the_page_of_a_run_says_nothing_of_an_opening_that_worked(site: Flask, stateful: FakeSpace) -> None:
    awa = BrowserClient(site.test_client())
    run = run_echo(awa)
    page = parse_page(awa.client.get(f"/essais/{run['id']}"))
    assert "préparation" not in page.text
