"""What the privacy page promises, held to what the site does: cookies and their ages, what is kept, for how long."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import database, instructors, visitors
from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.retention import pruning
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as, make_run
from tests.support.form_parsing import collect_form_fields

pytestmark = pytest.mark.usefixtures("app_context")
PRACTICE = Path(__file__).parents[1] / "hfcourse" / "practice" / "page.py"
SCRIPTS = Path(__file__).parents[1] / "static" / "js"


def words_of(student: BrowserClient) -> str:
    """The text of the page, its no-break spaces as plain ones."""
    return " ".join(student.open_page("/confidentialite").get_text(" ").split())


def practice_constant(name: str) -> int:
    """A number of the practice Space, whose module loads Gradio."""
    for node in ast.parse(PRACTICE.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            for target, value in zip(ast.walk(node.targets[0]), ast.walk(node.value), strict=False):
                if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant):
                    return int(value.value)
    raise AssertionError(name)


def test_privacy_page_says_how_long_runs_and_progress_are_kept(app: Flask, student: BrowserClient) -> None:
    app.config["KEEP_DAYS"] = 17
    assert "17 jours, ou jusqu’à ce que vous le supprimiez" in words_of(student)
    old, young = (make_run("awa", at=database.utc_now() - timedelta(days=days)) for days in (18, 16))
    pruning.delete_expired()
    left = [run_id for run_ids in queries.iter_run_ids("awa", RunFilter()) for run_id in run_ids]
    assert (old in left, young in left) == (False, True)


def test_cookie_has_the_name_and_the_age_that_the_privacy_page_says(student: BrowserClient) -> None:
    assert "Le cookie hfcourse : un nom tiré au hasard" in words_of(student)
    assert f"{visitors.COOKIE_DAYS} jours au plus, dans votre navigateur" in words_of(student)
    student.open_page("/lecons/3-1-presentation")
    assert student.client.get_cookie("hfcourse") is None
    log_in_as(student, "awa")
    answer = student.client.get("/confidentialite")
    cookie = student.client.get_cookie("hfcourse")
    assert cookie is not None, answer.headers
    assert {each.split("=")[0] for each in answer.headers.getlist("Set-Cookie")} <= {"hfcourse"}


def test_privacy_page_names_the_cookies_of_https(student: BrowserClient) -> None:
    page = student.client.get("/confidentialite", base_url="https://localhost").text
    assert "<code>__Host-hfcourse</code>" in page
    assert "<code>__Host-hfcourse-device</code>" in page


def test_theme_cookie_lasts_a_year_as_the_privacy_page_says(student: BrowserClient) -> None:
    assert "Le cookie theme : clair ou sombre Garder votre choix Un an" in words_of(student)
    script = (SCRIPTS / "site.js").read_text("utf-8")
    assert "theme=" in script
    assert "max-age=31536000" in script


def test_shortcut_cookie_lasts_a_year_as_the_privacy_page_says(student: BrowserClient) -> None:
    assert "Le cookie raccourci : la touche « / » est désactivée Garder votre choix Un an" in words_of(student)
    script = (SCRIPTS / "search_shortcut.js").read_text("utf-8")
    assert '"raccourci=non"' in script
    assert "31536000" in script


def test_practice_space_forgets_when_the_privacy_page_says(student: BrowserClient) -> None:
    text = words_of(student)
    assert practice_constant("CACHE_CHECK_INTERVAL_SECONDS") + practice_constant("CACHE_TTL_SECONDS") == 6 * 60
    assert "un fichier reçu au bout de six minutes" in text
    assert practice_constant("CONVERSATION_TTL_SECONDS") == 3600
    assert "une conversation au bout d’une heure" in text


@pytest.mark.parametrize(
    "promise",
    ["sans les mots cherchés", "douze mois au plus", "hors de l’Union européenne", "article 6.1 e", "CNIL",
     "« Tout télécharger »", "pas de bandeau", "Une sauvegarde du serveur garde ce qu’elle contenait",
     "leurs traces dans la base de données effacées", "fichier envoyé avec un formulaire qui n’a donné aucun essai"],
)  # fmt: skip
def test_privacy_page_tells_what_the_law_asks_for(student: BrowserClient, promise: str) -> None:
    assert promise in words_of(student)


def test_page_of_a_computer_that_was_left_promises_no_more_than_this_browser(student: BrowserClient) -> None:
    form = log_in_as(student, "awa").open_page("/confidentialite").select_one("form[action='/quitter']")
    assert form is not None
    student.client.set_cookie("theme", "dark")
    student.client.set_cookie("raccourci", "non")
    student.client.set_cookie(instructors.DEVICE_COOKIE, "x")
    page = student.client.post("/quitter", data=collect_form_fields(form)).text
    for name in ("hfcourse", "theme", "raccourci", instructors.DEVICE_COOKIE):
        assert student.client.get_cookie(name) is None, name
    assert "Ce navigateur ne peut plus les ouvrir" in page
    assert "Plus personne" not in page
