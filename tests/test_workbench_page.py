"""What is beside a form on the page of its Space: the answer of a run, the latest ones, also after a refusal."""

import pytest
from sqlalchemy.exc import OperationalError

from hfcourse.playground import space_page
from hfcourse.runs.store import run_store
from hfcourse.spaces.catalogue import PRACTICE_SPACE_ID
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.form_parsing import list_error_codes, parse_page

pytestmark = pytest.mark.usefixtures("awake_practice", "app_context")

TEXT = {"label": "Salutation", "component": "Textbox", "value": "Bonjour Awa"}


def make_greeting(**sent: object) -> str:
    return make_run("awa", space=PRACTICE_SPACE_ID, sent={"prenom": "Awa", "tutoyer": False} | sent, came=[TEXT])


def test_refused_form_keeps_its_answer_and_the_latest_runs(awa: BrowserClient) -> None:
    sent = {"a": 12, "operation": "division", "b": 4}
    run_id = make_run("awa", space=PRACTICE_SPACE_ID, endpoint="/calculer", sent=sent, came=[TEXT])
    form = awa.open_form("/calculer", f"&essai={run_id}")
    page = parse_page(awa.submit_form(form, a="douze"))
    assert list_error_codes(page)[0] == "invalid-input"
    assert page.select_one(f"#reponse article[data-run='{run_id}']") is not None
    assert len(page.select("#derniers-essais li")) == 1
    page = parse_page(awa.submit_form(form, a="hf_" + "a1B2" * 8))
    assert page.select_one("#reponse article, #derniers-essais li") is None


def test_form_is_refused_without_what_is_beside_it_if_the_database_fails(
    awa: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_values: object) -> None:
        raise OperationalError("", {}, Exception())

    form = awa.open_form("/saluer")
    monkeypatch.setattr(run_store, "create_run", fail)
    monkeypatch.setattr(space_page, "build_workbench", fail)
    page = parse_page(awa.submit_form(form, prenom="Awa"))
    assert list_error_codes(page)[0] == "not-stored"
    assert page.select_one("[name=arg-prenom]").get_text().strip() == "Awa"


def test_run_of_a_form_that_changed_says_so_and_fills_what_is_left(awa: BrowserClient) -> None:
    page = awa.open_form("/saluer", f"&essai={make_greeting(langue='wolof')}")
    assert "a changé depuis cet essai" in page.select_one("#reponse").get_text()
    assert page.select_one("[name=arg-prenom]").get_text().strip() == "Awa"
    page = awa.open_form("/saluer", f"&essai={make_greeting()}")
    assert "a changé" not in page.select_one("#reponse").get_text()


@pytest.mark.parametrize("run_id", ["inconnu", "%00", "x" * 300])
def test_run_that_does_not_exist_is_announced_and_the_form_is_there(awa: BrowserClient, run_id: str) -> None:
    page = awa.open_form("/saluer", f"&essai={run_id}")
    assert "Cet essai n’existe plus" in page.select_one("#reponse").get_text()


def test_run_of_another_visitor_is_announced_as_one_that_does_not_exist(
    awa: BrowserClient, bilal: BrowserClient
) -> None:
    run_id = make_greeting()
    assert "Cet essai n’existe plus" in bilal.open_form("/saluer", f"&essai={run_id}").select_one("#reponse").get_text()
    assert "n’existe plus" not in awa.open_form("/calculer", f"&essai={run_id}").select_one("#reponse").get_text()
