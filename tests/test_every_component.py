"""Every component, in and out: real Spaces filled and sent through the site, which answer as to gradio_client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.spaces.served_apps import Served, serving
from tests.support.compare_with_gradio_client import Direct
from tests.support.component_cases import Case, cases_for, forms_for
from tests.support.component_trials import check_filled, check_labels, check_untouched, form_of, result_of
from tests.support.form_filling import filled, post
from tests.support.http_browser import Visitor, codes_of

GRADIO = 6
APPS = sorted({case.app for case in cases_for(GRADIO)} | {"trente"})
# Not the value of a form or of an answer: `gr.components` names them, and no endpoint has them.
NO_VALUE = {
    "Component": "the base of all",
    "FormComponent": "the base of those in a form",
    "StreamingInput": "the base of those that stream",
    "StreamingOutput": "the base of those that stream",
    "NativePlot": "the base of LinePlot, BarPlot and ScatterPlot",
    "Fallback": "what Gradio puts in the place of a component that is not installed",
    "Navbar": "the links between the pages of a Space; it has no value in an API",
    "Button": "skip_api",
    "ClearButton": "skip_api",
    "DeepLinkButton": "skip_api",
    "DuplicateButton": "skip_api",
    "LoginButton": "skip_api, and wants Hugging Face",
    "State": "skip_api; the app « temps » keeps one",
    "WorkflowCanvas": "skip_api",
}
ONLY_OUT = {
    "AnnotatedImage": "Gradio has no form of it: its author cannot take one",
    "BarPlot": "as LinePlot, which is taken",
    "DownloadButton": "gives a file; its value as an input is that of a File",
    "ParamViewer": "shows documentation",
    "ScatterPlot": "as LinePlot, which is taken",
}
ONLY_IN = {
    "Dataset": "the examples of a page: one chooses among them, no endpoint answers with them",
    "UploadButton": "takes files; what it would answer is a File",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """All our apps, in the Gradio of this environment."""
    with serving(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture(scope="module")
def direct(served: Served) -> Iterator[Direct]:
    client = Direct(served)
    yield client
    client.close()


@pytest.fixture
def visitor(served: Served) -> Iterator[Visitor]:
    somebody = Visitor(served.site)
    yield somebody
    somebody.close()


@pytest.mark.parametrize("case", cases_for(GRADIO), ids=str)
def test_a_form_filled_and_sent_answers_as_gradio_client_does(
    visitor: Visitor, direct: Direct, tmp_path: Path, case: Case
) -> None:
    check_filled(visitor, direct, case, tmp_path)


@pytest.mark.parametrize("case", forms_for(GRADIO), ids=str)
def test_a_form_sent_as_it_came_answers_as_gradio_client_does_with_the_defaults(
    visitor: Visitor, direct: Direct, tmp_path: Path, case: Case
) -> None:
    check_untouched(visitor, direct, case, tmp_path)


@pytest.mark.parametrize("app", APPS)
def test_every_parameter_has_a_control_with_a_label(visitor: Visitor, served: Served, app: str) -> None:
    check_labels(visitor, served, app)


# What these tests leave out


@pytest.mark.parametrize(("side", "left_out"), [("parameters", ONLY_OUT), ("returns", ONLY_IN)])
def test_every_component_of_gradio_is_tried_or_has_a_reason_not_to_be(
    served: Served, side: str, left_out: dict[str, str]
) -> None:
    tried = set()
    for case in cases_for(GRADIO):
        tried |= {item["component"].lower() for item in served.endpoints(case.app)[f"/{case.endpoint}"][side]}
    wanted = served.components - set(NO_VALUE)
    assert {name for name in wanted if name.lower() not in tried} == set(left_out)


def test_every_endpoint_of_our_apps_is_called_or_explained(served: Served) -> None:
    called = {(case.app, f"/{case.endpoint}") for case in cases_for(GRADIO)}
    offered = {(app, name) for app in served.addresses if app not in HIDDEN for name in served.endpoints(app)}
    others = {("trente", "/tout"), ("temps", "/echouer"), ("temps", "/casser")}
    others |= {("intacts", f"/{name}") for name in ("composer", "villes", "partir", *BEYOND_A_FORM)}
    assert offered - called - others == {("plomberie", name) for name in OBSTACLES}
    assert called <= offered


# What cannot be called, and what goes wrong

HIDDEN = {"ferme", "sans-chemin"}  # behind a password; another address of « chemin »
OBSTACLES = {
    "/choisir": "un geste fait dans la page du Space",
    "/aimer": "un geste fait dans la page du Space",
    "/mesurer": "tout un élément de la page du Space",
    "/filmer": "un flux continu",
    "/signer": "une personne connectée à Hugging Face",
}


@pytest.mark.parametrize("endpoint", OBSTACLES)
def test_an_endpoint_that_cannot_be_called_says_why_and_cannot(visitor: Visitor, endpoint: str) -> None:
    assert visitor.form_at("/espaces/essai/plomberie", endpoint=endpoint) is None
    assert OBSTACLES[endpoint] in visitor.visit.pages[-1]
    form = form_of(visitor, "plomberie", "compter_lettres")
    answer = post(visitor, form, filled(form, {}) | {"endpoint": [endpoint]})
    assert (answer.status_code, codes_of(answer)) == (404, ["endpoint-gone"])


def test_the_endpoint_that_the_author_meant_comes_before_the_plumbing(visitor: Visitor) -> None:
    form = visitor.form_at("/espaces/essai/plomberie")
    assert form is not None
    assert form["data-endpoint"] == "/compter_lettres"


@pytest.mark.parametrize(("app", "code"), [("sans-api", "no-api"), ("ferme", "space-login")])
def test_a_space_that_cannot_be_called_says_why(visitor: Visitor, app: str, code: str) -> None:
    assert visitor.form_at(f"/espaces/essai/{app}") is None
    assert visitor.visit.end == code
    assert visitor.visit.answers[-1].status_code == 200


FAILURES = {
    "a validator refuses": (Case("validation", "inscrire", {"age": "12"}), "invalid-input", "Il faut avoir 18 ans."),
    "the author refuses": (Case("temps", "echouer", {"words": "rien"}), "space-error", "rien ne convient pas."),
    "the author errs": (Case("temps", "casser", {"words": "rien"}), "space-exception", ""),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_call_that_fails_says_what_the_author_said(visitor: Visitor, failure: str) -> None:
    case, code, words = FAILURES[failure]
    run = result_of(visitor, case)
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert words in run["error"]["message"]
    page = visitor.get(f"/essais/{run['id']}").text
    assert words in page
    assert f'data-error="{code}"' in page


# What helps to fill a form


def test_an_example_of_the_space_fills_its_form(visitor: Visitor) -> None:
    form_of(visitor, "exemples", "resumer")
    page = BeautifulSoup(visitor.visit.pages[-1], "html.parser")
    addresses = [str(link["href"]) for link in page.select('a[href*="exemple="]')]
    assert [summary_of(visitor, address) for address in addresses[:2]] == ["Awa, 3, vert", "Zoé, 7.5, bleu"]


def summary_of(visitor: Visitor, address: str) -> str:
    """What the form at this address gives, sent as it came."""
    form = visitor.form_at(address)
    assert form is not None
    run = visitor.finished(post(visitor, form, filled(form, {})).headers["location"])
    return run["outputs"][0]["value"]


# What happens on the way


def test_messages_progress_and_partial_outputs_are_told(visitor: Visitor) -> None:
    runs = {
        name: result_of(visitor, Case("temps", name, {"words": "mot"})) for name in ("prevenir", "avancer", "epeler")
    }
    assert [(each["level"], each["text"]) for each in runs["prevenir"]["log"]] == [
        ("info", "Reçu : mot"),
        ("warning", "Attention, peut-être"),
    ]
    assert runs["avancer"]["progress"][-1]["desc"] == "À mi-chemin"
    assert runs["epeler"]["partials"] == len(["", "m", "mo", "mot"])


def test_a_space_with_state_remembers_each_visitor_and_mixes_none(served: Served, visitor: Visitor) -> None:
    other = Visitor(served.site)
    adding = Case("temps", "ajouter", {"by": "3"})
    totals = [result_of(somebody, adding)["outputs"][0]["value"] for somebody in (visitor, visitor, other)]
    other.close()
    assert totals == [3, 6, 3]


# What nobody touched, and what is sent again

BEYOND_A_FORM = ("texte_long", "releve")


@pytest.mark.parametrize("endpoint", BEYOND_A_FORM)
def test_a_default_that_no_form_shows_is_sent_whole(
    visitor: Visitor, direct: Direct, tmp_path: Path, endpoint: str
) -> None:
    check_untouched(visitor, direct, Case("intacts", endpoint), tmp_path)


def test_an_edited_table_keeps_the_rows_that_the_form_does_not_show(visitor: Visitor) -> None:
    run = result_of(visitor, Case("intacts", "releve", {"value-1-0": "Awa", "value-2-0": "", **emptied(2)}))
    sent = run["inputs"]["value"]["data"]
    assert [row[0] for row in sent] == ["élève 0", "Awa", *(f"élève {line}" for line in range(3, 200))]
    assert sent[-1] == ["élève 199", *(199 * column for column in range(9))]


def emptied(line: int) -> dict[str, str]:
    return {f"value-{line}-{column}": "" for column in range(10)}


def test_a_button_among_the_inputs_sends_its_own_words(visitor: Visitor) -> None:
    run = result_of(visitor, Case("intacts", "composer", {"subject": "le vent"}))
    assert run["outputs"][0]["value"] == {"vu": ["Sonnet", "le vent"]}


def test_choices_that_a_run_brought_are_offered_while_the_session_lives(visitor: Visitor) -> None:
    offered = result_of(visitor, Case("intacts", "villes", {"name": "Alsace"}))
    assert "Colmar" in visitor.get(f"/essais/{offered['id']}").text
    run = result_of(visitor, Case("intacts", "partir", {"town": "Colmar"}))
    assert run["outputs"][0]["value"] == {"vu": ["Colmar", ["Alsace"]]}


def test_choices_of_one_visitor_are_not_those_of_another(visitor: Visitor, served: Served) -> None:
    result_of(visitor, Case("intacts", "villes", {"name": "Alsace"}))
    stranger = Visitor(served.site)
    assert "Colmar" not in str(form_of(stranger, "intacts", "partir"))
    stranger.close()


@pytest.mark.parametrize("case", [case for case in cases_for(GRADIO) if case.app == "intacts"], ids=str)
def test_what_was_accepted_once_is_accepted_again(visitor: Visitor, case: Case) -> None:
    first = result_of(visitor, case)
    form = BeautifulSoup(visitor.get(f"/essais/{first['id']}").text, "html.parser").select_one("[name=csrf_token]")
    assert form is not None
    answer = visitor.browser.post(f"/essais/{first['id']}/refaire", data={"csrf_token": form["value"]})
    assert answer.status_code == 303, codes_of(answer)
    assert visitor.finished(answer.headers["location"])["inputs"] == first["inputs"]
