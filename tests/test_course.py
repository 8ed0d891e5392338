"""The whole course on one page, and as one file: nothing is lost, nothing collides, nothing is loaded."""

import itertools
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse.lessons import library
from hfcourse.lessons.single_page import rewrite_link, rewrite_tag
from tests.support.clients import BrowserClient
from tests.support.french_typography import find_page_typography_faults
from tests.support.lesson_parts import GLOSSARY_TOML, SINGLE_CHOICE_QUIZ
from tests.support.lessons import CourseFolder
from tests.support.plain_typography import untypeset

TABS = "::: onglets Appeler\n```python\n1\n```\n```bash\n2\n```\n:::\n"
BODY = f"""Un jeton.

## Ici

Un [lien](#ici), un [autre](/lecons/deux#ici), [toute la leçon](/lecons/deux), [le site](/espaces/).

::: figure A.svg
Une figure.
:::

::: essayez hfcourse/entrainement /saluer
Un prénom.
:::

{TABS}
{SINGLE_CHOICE_QUIZ}"""
FIGURE = (
    '<svg aria-labelledby="t"><title id="t">A</title><clipPath id="c"/><g clip-path="url(#c)"/><use href="#c"/></svg>'
)


@pytest.fixture
def two(course: CourseFolder) -> CourseFolder:
    """Two lessons that have everything, with the same ids in both."""
    (course.figures / "A.svg").write_text(FIGURE)
    (course.content / "glossary.toml").write_text(GLOSSARY_TOML, encoding="utf-8")
    course.write("31.md", "3.1", "un", BODY)
    course.write("32.md", "3.2", "deux", BODY)
    return course


@pytest.mark.parametrize(
    ("address", "site", "leads"),
    [
        ("#ici", "", "#un-ici"),
        ("#i-play", "", "#i-play"),
        ("/lecons/deux", "", "#deux"),
        ("/lecons/deux#ici", "", "#deux-ici"),
        ("/lecons/", "", "#sommaire"),
        ("/glossaire", "", "#glossaire"),
        ("/glossaire#jeton", "", "#glossaire-jeton"),
        ("/espaces/a/b?endpoint=/x", "", "/espaces/a/b?endpoint=/x"),
        ("/espaces/", "/cours", "/cours/espaces/"),
        ("/espaces/", "https://cours.example", "https://cours.example/espaces/"),
        ("/espaces/", None, None),
        ("https://huggingface.co", None, "https://huggingface.co"),
        ("mailto:a@b.example", None, "mailto:a@b.example"),
    ],
)
def test_where_a_link_leads_on_the_page_of_all(address: str, site: str | None, leads: str | None):
    assert rewrite_link(address, "un", site) == leads


def test_a_tag_is_moved_with_all_its_names():
    assert rewrite_tag('<a id="x" href="/espaces/">', "un", None) == '<a id="un-x">'
    assert (
        rewrite_tag('<p data-id="x" aria-labelledby="a b">', "un", "") == '<p data-id="x" aria-labelledby="un-a un-b">'
    )
    assert rewrite_tag('<input name="langage-1" value="x">', "un", "") == '<input name="un-langage-1" value="x">'
    assert rewrite_tag('<input name="choix">', "un", "") == '<input name="choix">'


def names_and_targets(page: BeautifulSoup) -> tuple[list[str], set[str]]:
    """The ids of a page, and all that something of it points to."""
    ids = [str(each["id"]) for each in page.select("[id]")]
    targets = {str(each["href"])[1:] for each in page.select("[href^='#']")}
    for name in ("for", "aria-labelledby", "aria-describedby"):
        targets |= {one for each in page.select(f"[{name}]") for one in str(each[name]).split()}
    return ids, targets | set(re.findall(r"url\(#([^)]+)\)", str(page)))


def exported(app: Flask, folder: Path, *options: str) -> str:
    """The file that the command writes."""
    with app.app_context():
        said = app.test_cli_runner().invoke(args=["export", str(folder / "course.html"), *options])
    assert said.exit_code == 0, said.output
    return (folder / "course.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("two")
def test_a_figure_without_a_narrow_drawing_opens_large_where_the_site_is(
    student: BrowserClient, app: Flask, tmp_path: Path
) -> None:
    links = student.open_page("/imprimer").select("figure .enlarge a")
    assert [link["href"] for link in links] == ["/static/figures/A.svg"] * 2
    site = "https://cours.example"
    here, away = (BeautifulSoup(exported(app, tmp_path, *each), "html.parser") for each in ((), ("--site", site)))
    assert here.select("figure .enlarge") == []
    assert [link["href"] for link in away.select("figure .enlarge a")] == [f"{site}/static/figures/A.svg"] * 2


@pytest.mark.usefixtures("two")
class TestPage:
    def test_ids_do_not_meet_and_every_link_has_its_target(self, student: BrowserClient) -> None:
        ids, targets = names_and_targets(student.open_page("/imprimer"))
        assert len(ids) == len(set(ids))
        assert targets <= set(ids)
        assert {"un-ici", "deux-ici", "un-quiz-1", "glossaire-jeton", "un-mot-jeton", "un-c"} <= set(ids)

    def test_tabs_of_two_lessons_are_two_groups(self, student: BrowserClient) -> None:
        page = student.open_page("/imprimer")
        assert len(page.select("[name=un-langage-1]")) == 2
        assert len(page.select("[checked]")) == 2

    def test_headings_of_the_page_are_in_order_under_one_title(self, student: BrowserClient) -> None:
        levels = [int(each.name[1]) for each in student.open_page("/imprimer").select("main :is(h1, h2, h3, h4)")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_an_answer_leads_to_the_lesson(self, student: BrowserClient) -> None:
        form = student.open_page("/imprimer").select_one("form.quiz")
        assert form is not None
        assert (form["action"], form["method"]) == ("/lecons/un", "post")

    def test_behind_a_proxy_the_links_keep_the_path_of_the_site(self, student: BrowserClient) -> None:
        page = student.client.get("/imprimer", environ_overrides={"SCRIPT_NAME": "/cours"}).text
        assert 'action="/cours/lecons/un"' in page
        assert not re.search(r'href="/(?!cours/)', page)

    def test_page_sets_no_cookie_and_is_not_sent_twice(self, student: BrowserClient) -> None:
        first = student.client.get("/imprimer")
        assert "Set-Cookie" not in first.headers
        again = student.client.get("/imprimer", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.usefixtures("two")
class TestFile:
    def test_file_has_every_lesson_and_word(self, app: Flask, tmp_path: Path) -> None:
        page = BeautifulSoup(exported(app, tmp_path), "html.parser")
        assert [each["id"] for each in page.select(".chapter > h2")] == ["un", "deux", "glossaire"]
        ids, targets = names_and_targets(page)
        assert len(ids) == len(set(ids))
        assert targets <= set(ids)

    def test_file_loads_nothing_and_may_load_nothing(self, app: Flask, tmp_path: Path) -> None:
        html = exported(app, tmp_path)
        page = BeautifulSoup(html, "html.parser")
        assert not page.select("[src], link, img, iframe, [action]")
        assert "@import" not in html
        assert "default-src 'none'" in page.select_one("meta[http-equiv]")["content"]  # type: ignore[index]

    def test_questions_of_the_file_need_no_site(self, app: Flask, tmp_path: Path) -> None:
        page = BeautifulSoup(exported(app, tmp_path), "html.parser")
        assert len(page.select("form.quiz [data-right]")) == 2
        assert not page.select("form[method]")
        assert "function showVerdict" in str(page.select_one("script"))

    def test_links_to_the_site_are_no_links_without_one(self, app: Flask, tmp_path: Path) -> None:
        page = BeautifulSoup(exported(app, tmp_path), "html.parser")
        assert not page.select("a[href^='/']")
        assert [each.get_text() for each in page.select("a:not([href])")].count("le site") == 2

    def test_links_lead_to_the_site_that_is_named(self, app: Flask, tmp_path: Path) -> None:
        html = exported(app, tmp_path, "--site", "https://cours.example/")
        assert 'href="https://cours.example/espaces/hfcourse/entrainement?endpoint=/saluer"' in html

    def test_a_place_that_cannot_be_written_is_told_in_one_line(self, app: Flask, tmp_path: Path) -> None:
        with app.app_context():
            said = app.test_cli_runner().invoke(args=["export", str(tmp_path / "none" / "course.html")])
        assert said.exit_code == 1
        reason = "ne peut pas être écrit : ce fichier, ou son dossier, n'existe pas."
        assert untypeset(said.output).strip().endswith(reason)


def test_the_real_course_is_on_one_page_and_in_one_file(student: BrowserClient, app: Flask, tmp_path: Path):
    with app.app_context():
        sections = [f"{one.slug}-{section.anchor}" for one in library.get_lessons() for section in one.sections]
    for page in (student.open_page("/imprimer"), BeautifulSoup(exported(app, tmp_path), "html.parser")):
        ids, targets = names_and_targets(page)
        assert len(ids) == len(set(ids))
        assert targets <= set(ids)
        assert set(sections) <= set(ids)
        for policy in page.select("meta[http-equiv]"):
            policy.decompose()  # which is no French
        assert find_page_typography_faults(page) == []
