"""Every component, in and out: real Spaces filled and sent through the site, which answer as to gradio_client."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.compare_with_gradio_client import DirectClient
from tests.support.component_cases import ComponentCase, select_cases, select_form_cases
from tests.support.component_trials import (
    check_filled_form,
    check_form_labels,
    check_untouched_form,
    open_endpoint_form,
    submit_case,
)
from tests.support.form_filling import fill_form, post_form
from tests.support.http_browser import HttpBrowser, read_error_codes

GRADIO = 6
# Endpoints with a form that no case sends.
OTHER_FORMS = {
    "trente": ["tout"],
    "temps": ["echouer", "casser"],
    "intacts": ["composer", "villes", "partir", "texte_long", "releve"],
}
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
def served_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    """All our apps, in the Gradio of this environment."""
    with run_site_with_apps(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture(scope="module")
def direct_client(served_apps: ServedApps) -> Iterator[DirectClient]:
    client = DirectClient(served_apps)
    yield client
    client.close()


@pytest.mark.parametrize("case", select_cases(GRADIO), ids=str)
def test_a_labelled_form_filled_and_sent_answers_as_gradio_client_does(
    apps_browser: HttpBrowser, direct_client: DirectClient, tmp_path: Path, case: ComponentCase
) -> None:
    check_filled_form(apps_browser, direct_client, case, tmp_path)


@pytest.mark.parametrize("case", select_form_cases(GRADIO), ids=str)
def test_a_form_sent_as_it_came_answers_as_gradio_client_does_with_the_defaults(
    apps_browser: HttpBrowser, direct_client: DirectClient, tmp_path: Path, case: ComponentCase
) -> None:
    check_untouched_form(apps_browser, direct_client, case, tmp_path)


@pytest.mark.parametrize("app", OTHER_FORMS)
def test_form_that_no_case_sends_is_labelled(apps_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
    for name in OTHER_FORMS[app]:
        check_form_labels(open_endpoint_form(apps_browser, app, name), served_apps.fetch_endpoints(app)[f"/{name}"])


# What these tests leave out


@pytest.mark.parametrize(("side", "left_out"), [("parameters", ONLY_OUT), ("returns", ONLY_IN)])
def test_every_component_of_gradio_is_tried_or_has_a_reason_not_to_be(
    served_apps: ServedApps, side: str, left_out: dict[str, str]
) -> None:
    tried = set()
    for case in select_cases(GRADIO):
        tried |= {
            item["component"].lower() for item in served_apps.fetch_endpoints(case.app)[f"/{case.endpoint}"][side]
        }
    wanted = served_apps.components - set(NO_VALUE)
    assert {name for name in wanted if name.lower() not in tried} == set(left_out)


def test_every_endpoint_of_our_apps_is_called_or_explained(served_apps: ServedApps) -> None:
    called = {(case.app, f"/{case.endpoint}") for case in select_cases(GRADIO)}
    offered = {
        (app, name) for app in served_apps.addresses if app not in HIDDEN for name in served_apps.fetch_endpoints(app)
    }
    others = {(app, f"/{name}") for app, names in OTHER_FORMS.items() for name in names}
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
def test_an_endpoint_that_cannot_be_called_says_why_and_cannot(apps_browser: HttpBrowser, endpoint: str) -> None:
    assert apps_browser.open_form("/espaces/essai/plomberie", endpoint=endpoint) is None
    assert OBSTACLES[endpoint] in apps_browser.record.pages[-1]
    form = open_endpoint_form(apps_browser, "plomberie", "compter_lettres")
    answer = post_form(apps_browser, form, fill_form(form, {}) | {"endpoint": [endpoint]})
    assert (answer.status_code, read_error_codes(answer)) == (404, ["endpoint-gone"])


def test_the_endpoint_that_the_author_meant_comes_before_the_plumbing(apps_browser: HttpBrowser) -> None:
    form = apps_browser.open_form("/espaces/essai/plomberie")
    assert form is not None
    assert form["data-endpoint"] == "/compter_lettres"


@pytest.mark.parametrize(("app", "code"), [("sans-api", "no-api"), ("ferme", "space-login")])
def test_a_space_that_cannot_be_called_says_why(apps_browser: HttpBrowser, app: str, code: str) -> None:
    assert apps_browser.open_form(f"/espaces/essai/{app}") is None
    assert apps_browser.record.outcome == code
    assert apps_browser.record.responses[-1].status_code == 200


FAILURES = {
    "a validator refuses": (
        ComponentCase("validation", "inscrire", {"age": "12"}),
        "invalid-input",
        "Il faut avoir 18 ans.",
    ),
    "the author refuses": (
        ComponentCase("temps", "echouer", {"words": "rien"}),
        "space-error",
        "rien ne convient pas.",
    ),
    "the author errs": (ComponentCase("temps", "casser", {"words": "rien"}), "space-exception", ""),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_call_that_fails_says_what_the_author_said(apps_browser: HttpBrowser, failure: str) -> None:
    case, code, words = FAILURES[failure]
    run = submit_case(apps_browser, case)
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert words in run["error"]["message"]
    page = apps_browser.get(f"/essais/{run['id']}").text
    assert words in page
    assert f'data-error="{code}"' in page


# What helps to fill a form


def test_an_example_of_the_space_fills_its_form(apps_browser: HttpBrowser) -> None:
    open_endpoint_form(apps_browser, "exemples", "resumer")
    page = BeautifulSoup(apps_browser.record.pages[-1], "html.parser")
    addresses = [str(link["href"]) for link in page.select('a[href*="exemple="]')]
    assert [summary_of(apps_browser, address) for address in addresses[:2]] == ["Awa, 3, vert", "Zoé, 7.5, bleu"]


def summary_of(visitor: HttpBrowser, address: str) -> str:
    """What the form at this address gives, sent as it came."""
    form = visitor.open_form(address)
    assert form is not None
    run = visitor.wait_for_end(post_form(visitor, form, fill_form(form, {})).headers["location"])
    return run["outputs"][0]["value"]


# What happens on the way


def test_messages_progress_and_partial_outputs_are_told(apps_browser: HttpBrowser) -> None:
    runs = {
        name: submit_case(apps_browser, ComponentCase("temps", name, {"words": "mot"}))
        for name in ("prevenir", "avancer", "epeler")
    }
    assert [(each["level"], each["text"]) for each in runs["prevenir"]["log"]] == [
        ("info", "Reçu : mot"),
        ("warning", "Attention, peut-être"),
    ]
    assert runs["avancer"]["progress"][-1]["desc"] == "À mi-chemin"
    assert runs["epeler"]["partials"] == len(["", "m", "mo", "mot"])


def test_a_space_with_state_remembers_each_visitor_and_mixes_none(
    served_apps: ServedApps, apps_browser: HttpBrowser
) -> None:
    other = HttpBrowser(served_apps.site)
    adding = ComponentCase("temps", "ajouter", {"by": "3"})
    totals = [submit_case(somebody, adding)["outputs"][0]["value"] for somebody in (apps_browser, apps_browser, other)]
    other.close()
    assert totals == [3, 6, 3]


# What nobody touched, and what is sent again

BEYOND_A_FORM = ("texte_long", "releve")


@pytest.mark.parametrize("endpoint", BEYOND_A_FORM)
def test_a_default_that_no_form_shows_is_sent_whole(
    apps_browser: HttpBrowser, direct_client: DirectClient, tmp_path: Path, endpoint: str
) -> None:
    check_untouched_form(apps_browser, direct_client, ComponentCase("intacts", endpoint), tmp_path)


def test_an_edited_table_keeps_the_rows_that_the_form_does_not_show(apps_browser: HttpBrowser) -> None:
    run = submit_case(
        apps_browser, ComponentCase("intacts", "releve", {"value-1-0": "Awa", "value-2-0": "", **emptied(2)})
    )
    sent = run["inputs"]["value"]["data"]
    assert [row[0] for row in sent] == ["élève 0", "Awa", *(f"élève {line}" for line in range(3, 200))]
    assert sent[-1] == ["élève 199", *(199 * column for column in range(9))]


def emptied(line: int) -> dict[str, str]:
    return {f"value-{line}-{column}": "" for column in range(10)}


def test_a_button_among_the_inputs_sends_its_own_words(apps_browser: HttpBrowser) -> None:
    run = submit_case(apps_browser, ComponentCase("intacts", "composer", {"subject": "le vent"}))
    assert run["outputs"][0]["value"] == {"vu": ["Sonnet", "le vent"]}


def test_choices_that_a_run_brought_are_offered_while_the_session_lives(apps_browser: HttpBrowser) -> None:
    offered = submit_case(apps_browser, ComponentCase("intacts", "villes", {"name": "Alsace"}))
    assert "Colmar" in apps_browser.get(f"/essais/{offered['id']}").text
    run = submit_case(apps_browser, ComponentCase("intacts", "partir", {"town": "Colmar"}))
    assert run["outputs"][0]["value"] == {"vu": ["Colmar", ["Alsace"]]}


def test_choices_of_one_visitor_are_not_those_of_another(apps_browser: HttpBrowser, served_apps: ServedApps) -> None:
    submit_case(apps_browser, ComponentCase("intacts", "villes", {"name": "Alsace"}))
    stranger = HttpBrowser(served_apps.site)
    assert "Colmar" not in str(open_endpoint_form(stranger, "intacts", "partir"))
    stranger.close()


@pytest.mark.parametrize("case", [case for case in select_cases(GRADIO) if case.app == "intacts"], ids=str)
def test_what_was_accepted_once_is_accepted_again(apps_browser: HttpBrowser, case: ComponentCase) -> None:
    first = submit_case(apps_browser, case)
    form = BeautifulSoup(apps_browser.get(f"/essais/{first['id']}").text, "html.parser").select_one("[name=csrf_token]")
    assert form is not None
    answer = apps_browser.http.post(f"/essais/{first['id']}/refaire", data={"csrf_token": form["value"]})
    assert answer.status_code == 303, read_error_codes(answer)
    assert apps_browser.wait_for_end(answer.headers["location"])["inputs"] == first["inputs"]
