"""Folds of an older edition, kinds of questions, differences between files, zips."""

import io
import zipfile

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from hfcourse.lessons import zips
from hfcourse.lessons.markup.markdown import render_lesson
from hfcourse.lessons.reference.edition_notes import find_edition_notes
from hfcourse.lessons.single_page import render_course_export
from tests.support.clients import BrowserClient
from tests.support.lesson_parts import SINGLE_CHOICE_QUIZ, parse_quiz
from tests.support.lessons import (
    BODY_FIRST_LINE,
    FRONT_MATTER,
    CourseFolder,
    collect_lint_messages,
    list_lint_messages,
    render_lesson_body,
)
from tests.support.plain_typography import untypeset

FOLD = "::: edition\nLe menu était autre. Voyez [plus haut](#un-titre).\n:::\n"
FILES = {
    "chat/1-un/app.py": "import os\n\n\n# >>> page\ndef page():\n    return 1\n# <<< page\n",
    "chat/2-deux/app.py": "import os\n\n\ndef page():\n    return 2  # - oui\n",
}


class TestEdition:
    def test_edition_is_one_folded_line(self) -> None:
        rendered = render_lesson_body(f"## Un titre\n\n{FOLD}")
        assert list_lint_messages(rendered) == []
        fold = BeautifulSoup(rendered.html, "html.parser").select_one("details.edition-note")
        assert fold is not None
        assert fold["id"] == "edition-1"
        assert not fold.has_attr("open")
        assert fold.summary is not None
        assert fold.summary.get_text(strip=True) == "Ce que disait l’édition 2025"

    def test_folds_are_found_with_their_section_and_links_that_lead_back(self) -> None:
        html = render_lesson_body(f"{FOLD}\n## Un *titre*\n\n{FOLD}").html
        found = list(find_edition_notes(html, "/lecons/un"))
        assert [(each.section, each.anchor) for each in found] == [
            ("", "edition-1"),
            ("Un <em>titre</em>", "edition-2"),
        ]
        assert all('href="/lecons/un#un-titre"' in each.body for each in found)

    def test_a_page_collects_them_with_links_to_their_places(
        self, student: BrowserClient, course: CourseFolder
    ) -> None:
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n## Un titre\n\n{FOLD}")
        course.write("32.md", "3.2", "deux", "Rien de changé : [tout](/lecons/depuis-2025).")
        page = student.open_page("/lecons/depuis-2025")
        assert [each["href"] for each in page.select("h3 a")] == ["/lecons/un#edition-1"]
        assert "Le menu était autre." in page.get_text()
        assert "deux" not in {each.get_text() for each in page("h2")}

    def test_a_lesson_with_folds_leads_there_at_its_very_end(self) -> None:
        rendered = render_lesson_body(f"## Sources\n\nUn livre.\n\n## Un titre\n\n{FOLD}")
        page = BeautifulSoup(rendered.html, "html.parser")
        assert [each["href"] for each in page("a")][-1] == "/lecons/depuis-2025"
        assert "/lecons/depuis-2025" not in render_lesson_body("## Un titre\n").html

    def test_that_page_is_no_lesson_for_the_links_of_lessons(self, app: Flask, course: CourseFolder) -> None:
        course.write("31.md", "3.1", "un", f"[Tout](/lecons/depuis-2025).\n\n## Un titre\n\n{FOLD}")
        assert collect_lint_messages(app) == []
        page = app.test_client().get("/imprimer").text
        assert 'href="/lecons/depuis-2025"' in page

    def test_the_search_does_not_find_what_holds_no_more(self, student: BrowserClient, course: CourseFolder) -> None:
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n## Un titre\n\n{FOLD}")
        assert student.open_page("/recherche?q=menu").select(".results li") == []

    def test_words_after_its_name_are_a_fault(self) -> None:
        assert list_lint_messages(render_lesson_body("::: edition 2024\nUn mot.\n:::\n")) == [
            f"{BODY_FIRST_LINE}: « 2024 », après ::: edition, n'est pas affiché."
        ]


class TestKinds:
    CODE = "\n```python\nclient.predict(nom='Awa')\n```\n"
    TEXT = "\n```text\nTypeError: nom\n```\n"

    @pytest.mark.parametrize(
        ("kind", "label", "shown"),
        [
            ("prediction", "Avant de lancer", ""),
            ("prediction", "Avant de lancer", CODE),
            ("correction", "Réparez l’appel", CODE),
            ("traceback", "Lisez le message", TEXT),
        ],
    )
    def test_a_kind_is_said_before_the_question(self, kind: str, label: str, shown: str) -> None:
        found = parse_quiz(
            SINGLE_CHOICE_QUIZ.replace("quiz", f"quiz {kind}").replace("`jeton` ?\n", f"`jeton` ?\n{shown}")
        )
        legend = BeautifulSoup(found.render_html({}), "html.parser").legend
        assert legend is not None
        assert legend.get_text().startswith(f"{label} Où vit")
        assert ("<pre" in found.body) == bool(shown)

    @pytest.mark.parametrize(
        ("kind", "shown", "what"),
        [
            ("correction", "", "un quiz correction ne montre pas le code et sa faute."),
            ("traceback", "", "un quiz traceback ne montre pas le message, dans un bloc ```text."),
            ("traceback", CODE, "un quiz traceback ne montre pas le message, dans un bloc ```text."),
            ("devinette", "", "« devinette », après ::: quiz, n'est pas affiché."),
        ],
    )
    def test_what_a_kind_lacks_is_reported(self, kind: str, shown: str, what: str) -> None:
        source = SINGLE_CHOICE_QUIZ.replace("quiz", f"quiz {kind}").replace("`jeton` ?\n", f"`jeton` ?\n{shown}")
        assert list_lint_messages(render_lesson_body(source)) == [f"{BODY_FIRST_LINE}: {what}"]

    def test_one_question_is_asked_of_two_programs(self) -> None:
        first = SINGLE_CHOICE_QUIZ.replace("quiz", "quiz prediction").replace("`jeton` ?\n", f"`jeton` ?\n{self.CODE}")
        assert list_lint_messages(render_lesson_body(first + "\n" + first.replace("Awa", "Inès"))) == []


class TestDifference:
    SOURCE = "```diff chat/1-un/app.py chat/2-deux/app.py\n```\n"

    def test_difference_is_made_from_the_files_without_marks(self) -> None:
        rendered = render_lesson(FRONT_MATTER + self.SOURCE, {}, FILES)
        assert list_lint_messages(rendered) == []
        code = BeautifulSoup(rendered.html, "html.parser").select_one(".diff pre")
        assert code is not None
        assert code.get_text().splitlines()[1:] == [
            " ", " ", " def page():", "−    return 1", "+    return 2  # - oui",
        ]  # fmt: skip
        assert [each.get_text() for each in code("ins")] == ["+    return 2  # - oui"]

    def test_difference_has_three_lines_around_and_no_names_of_files(self) -> None:
        long = {name: "a\n" * 9 + text for name, text in FILES.items()}
        code = BeautifulSoup(render_lesson(FRONT_MATTER + self.SOURCE, {}, long).html, "html.parser").select_one(
            ".diff pre"
        )
        assert code is not None
        assert code.get_text().startswith("@@ ")
        assert len(code.get_text().splitlines()) == 1 + 3 + 2

    @pytest.mark.parametrize(
        ("source", "what"),
        [
            ("```diff chat/1-un/app.py\n```\n", "un diff ne nomme pas deux fichiers, ou contient ses propres lignes."),
            ("```diff\n+ x\n```\n", "un diff ne nomme pas deux fichiers, ou contient ses propres lignes."),
            ("```diff chat/1-un/app.py chat/3/app.py\n```\n", "le fichier « chat/3/app.py » est introuvable."),
            ("```diff chat/1-un/app.py chat/1-un/app.py\n```\n", "les deux fichiers d'un diff sont identiques."),
        ],
    )
    def test_a_mistake_is_reported(self, source: str, what: str) -> None:
        assert list_lint_messages(render_lesson(FRONT_MATTER + source, {}, FILES)) == [f"{BODY_FIRST_LINE}: {what}"]


class TestDownload:
    SOURCE = "::: telecharger chat/1-un\nTout le dossier.\n:::\n"

    @pytest.fixture
    def offered(self, course: CourseFolder) -> CourseFolder:
        for name, text in FILES.items():
            path = course.content / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
        folder = course.content / "chat" / "1-un"
        (folder / ".env").write_text("HF_TOKEN=hf_secret")
        (folder / ".env.exemple").write_text("HF_TOKEN=\n")
        (folder / ".gitignore").write_text(".env\n")
        (folder / "app.pyc").write_bytes(b"\xff")
        (folder / "templates").mkdir()
        (folder / "templates" / "page.html").write_text("<p>é</p>\n", encoding="utf-8")
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{self.SOURCE}")
        return course

    @pytest.mark.usefixtures("offered")
    def test_the_zip_holds_the_files_of_the_folder_alone(self, student: BrowserClient) -> None:
        link = student.open_page("/lecons/un").select_one(".download a")
        assert link is not None
        assert link["href"] == "/lecons/fichiers/chat-1-un.zip"
        answer = student.client.get(str(link["href"]))
        assert answer.mimetype == "application/zip"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="chat-1-un.zip"'
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert archive.namelist() == [
                "1-un/.env.exemple", "1-un/.gitignore", "1-un/app.py", "1-un/templates/page.html",
            ]  # fmt: skip
            assert archive.read("1-un/app.py").decode() == "import os\n\n\ndef page():\n    return 1\n"
            assert archive.testzip() is None

    @pytest.mark.usefixtures("offered")
    def test_bytes_of_a_download_are_always_the_same(self, client: FlaskClient) -> None:
        first = client.get("/lecons/fichiers/chat-1-un.zip")
        zips.build_zip.cache_clear()
        assert client.get("/lecons/fichiers/chat-1-un.zip").data == first.data
        again = client.get("/lecons/fichiers/chat-1-un.zip", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304

    @pytest.mark.usefixtures("offered")
    @pytest.mark.parametrize("name", ["chat-2-deux.zip", "chat.zip", "..%2f..%2finstance.zip", "31.md", ".zip"])
    def test_no_other_folder_is_served(self, client: FlaskClient, name: str) -> None:
        assert client.get(f"/lecons/fichiers/{name}").status_code == 404

    @pytest.mark.usefixtures("offered")
    @pytest.mark.parametrize("site", [None, "https://cours.example"])
    def test_a_file_that_is_read_without_a_site_has_no_dead_button(self, app: Flask, site: str | None) -> None:
        with app.test_request_context():
            page = BeautifulSoup(render_course_export(site), "html.parser")
        found = [link.get("href") for link in page.select(".download a")]
        assert found == ([f"{site}/lecons/fichiers/chat-1-un.zip"] if site else [])
        assert "Tout le dossier." in page.get_text()

    def test_a_missing_folder_is_a_fault(self) -> None:
        rendered = render_lesson(FRONT_MATTER + self.SOURCE.replace("1-un", "1-une"), {}, FILES)
        assert list_lint_messages(rendered) == [f"{BODY_FIRST_LINE}: le dossier « chat/1-une » est introuvable."]
        assert untypeset(rendered.lint_errors[0].advice) == "Vouliez-vous écrire « chat/1-un » ?"
        assert "Tout le dossier." in rendered.html
