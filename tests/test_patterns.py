"""The page of patterns: the site's own partials, each with sample data, and nothing that leads nowhere."""

from collections import Counter
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from hfcourse.patterns import sample_form, sample_outputs
from hfcourse.patterns.gallery import make_harmless
from hfcourse.playground.badges import BADGES_BY_CODE
from hfcourse.runs.outputs.rendered_outputs import VALUE_PRESENTERS
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.spaces.schema.parameters.widgets import CONTROL_KINDS
from tests.support.site_process import ROOT

REFERENCES = ("for", "aria-labelledby", "aria-describedby", "list")


@pytest.fixture
def page(client: FlaskClient) -> BeautifulSoup:
    response = client.get("/motifs")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    return BeautifulSoup(response.text, "html.parser")


def test_every_kind_of_output_is_a_sample(page: BeautifulSoup) -> None:
    outputs = sample_outputs.render_sample_outputs(PageBudget(is_live=False), lambda name: name)
    assert {output.kind for output in outputs} == set(VALUE_PRESENTERS)
    sections = page.select("section[data-output]:not(.comparison *)")
    assert [section["data-component"] for section in sections] == [output.component for output in outputs]
    for section in sections:
        content = section.find_all(recursive=False)[1:]  # after its header
        assert any(part.get_text(strip=True) or part.select("img, video, svg") for part in content), section


def test_every_kind_of_control_is_a_sample(page: BeautifulSoup) -> None:
    form = sample_form.build_sample_form(sample_form.build_sample_endpoint())
    assert {entry.control for entry in form.fields} == CONTROL_KINDS
    names = {str(control["name"]) for control in page.select("form[data-endpoint] [name]")}
    for entry in form.fields:
        assert any(name == entry.name or name.startswith(f"{entry.name}-") for name in names), entry.name


def test_errors_of_the_sample_form_link_to_their_controls(page: BeautifulSoup) -> None:
    links = page.select(".error-summary a")
    assert len(links) == 2
    for link in links:
        control = page.find(id=str(link["href"])[1:])
        assert control is not None and control["aria-invalid"] == "true"  # noqa: PT018 (one thing)


def test_runs_and_badges_have_every_status(page: BeautifulSoup) -> None:
    badges = [badge.get_text(strip=True) for badge in page.select(".badge")]
    assert {"En file", "En cours", "Réussi", "Échec", "Arrêté", "Interrompu"} <= set(badges)
    assert {badge.word for badge in BADGES_BY_CODE.values()} <= set(badges)
    samples = [str(each["data-status"]) for each in page.select("div[data-status]")]
    assert samples == ["queued", "running", "succeeded", "failed"]


def test_workbench_has_a_strip_a_comparison_and_a_series(page: BeautifulSoup) -> None:
    strip = page.select(".recent-runs > li")
    assert len(strip) == 4
    assert [bool(each.select_one(".tag")) for each in strip] == [True, False, False, False]
    assert [mark.get_text() for mark in page.select(".comparison mark")] == ["Awa", "Inès"]
    assert [pair.p.get_text() for pair in page.select(".comparison .compared-output")] == ["Diffère"]
    series = page.find(attrs={"aria-label": "Les essais de la série"})
    assert [row.td.get_text(strip=True) for row in series.select("tbody tr")] == [
        "Réussi",
        "Réussi",
        "Échec",
        "En cours",
    ]
    assert not [link for link in page.select("a[href^='/']") if "essai=" in link["href"] or "comparer?" in link["href"]]


def test_conversation_has_an_answer_that_arrives_and_one_that_is_complete(page: BeautifulSoup) -> None:
    answers = page.select("article.chat-reply")
    assert [str(each["data-status"]) for each in answers] == ["succeeded", "running"]
    assert answers[0].select_one("details.thinking-step") is not None
    assert "Version 2 sur 2" in answers[0].get_text(" ", strip=True)
    assert page.select_one("form.composer details.composer-options") is not None


def test_ids_are_unique_and_references_lead_to_them(page: BeautifulSoup) -> None:
    ids = Counter(str(element["id"]) for element in page.select("[id]"))
    assert [name for name, count in ids.items() if count > 1] == []
    lists = (element.get(name) or "" for element in page.find_all(True) for name in REFERENCES)
    named = {name for value in lists for name in (value.split() if isinstance(value, str) else value)}
    named |= {str(link["href"])[1:] for link in page.select('[href^="#"]')}
    assert named <= set(ids)


def test_nothing_on_the_page_leads_to_a_run_that_does_not_exist(app: Flask, page: BeautifulSoup) -> None:
    addresses = {str(element[name]) for name in ("src", "href") for element in page.select(f"[{name}]")}
    paths = {urlsplit(each).path for each in addresses if each.startswith("/")}
    wakes = {each for each in paths if each.startswith("/espaces/") and each != "/espaces/"}
    for path in sorted(paths - wakes):
        with app.test_client().get(path) as response:
            assert response.status_code < 400, path
    assert not [form for form in page.select("form") if str(form.get("method", "")).lower() == "post"]


def test_samples_of_the_page_are_partials_of_the_site() -> None:
    copies = [path.name for path in (ROOT / "templates/patterns").glob("*.html") if 'class="field' in path.read_text()]
    assert copies == []


def test_harmless_sample_keeps_its_text_and_loses_what_acts() -> None:
    sample = (
        '<form method="post" action="/cours/essais/exemple/arreter" id="a"><label for="b c">id="x"</label>'
        '<input id="b" autofocus><a href="#a">a</a><img src="/essais/exemple/sorties/3/image?v=2"></form>'
    )
    app = Flask(__name__)
    with app.test_request_context():
        harmless = make_harmless(sample, "p")
    assert harmless.startswith('<form method="dialog" action="#essais" id="p-a"><label for="p-b p-c">')
    assert '<input id="p-b"><a href="#p-a">a</a><img src="/static/samples/keyboard.svg">' in harmless
