"""A run as a report in Markdown: what stands in it, and that nobody's words get out of their place."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from hfcourse.text.markdown_quoting import quote_code_block, quote_inline_code
from tests.support.clients import BrowserClient
from tests.support.factories import make_run
from tests.support.french_typography import find_typography_faults

pytestmark = pytest.mark.usefixtures("app_context")

# What would be markup, in a reader that lets HTML through.
HOSTILE = (
    "<script>alert(1)</script>",
    "![x](https://elsewhere.example/x.png)",
    "[a](javascript:alert(1))",
    "```\n<img src=x onerror=alert(1)>\n```",
    "````\n~~~\n</pre><b>b</b>\n`````",
    "`` ` <b>x</b>",
    "`",
    "\n\n# Essai réussi\n\n> quote\n\n---\n",
    "    <b>indented</b>",
    "\r\r<b>x</b>\r\r",
    "a\u2028```\u2028<b>x</b>",
    "a\x0b```\x0c<b>x</b>\x85```",
    "\0```\0\n<b>x</b>",
    "<!-- ",
    "| a | b |\n|---|---|\n| <b>x</b> | |",
    "https://elsewhere.example/",
)
ALLOWED = {"h1", "h2", "h3", "ul", "li", "p", "code", "pre"}


def output(component: str, value: Any, label: str = "Sortie") -> dict[str, Any]:
    return {"label": label, "component": component, "value": value}


def report_of(student: BrowserClient, run_id: str) -> str:
    """The report, as it is downloaded."""
    response = student.client.get(f"/essais/{run_id}.md")
    assert response.status_code == 200
    assert response.mimetype == "text/markdown"
    assert response.headers["Content-Disposition"] == f"attachment; filename=essai-{run_id}.md"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return response.get_data(as_text=True)


def drawn(report: str) -> BeautifulSoup:
    """The report as a reader draws it that lets HTML and bare addresses through."""
    return BeautifulSoup(MarkdownIt("commonmark", {"html": True}).enable("table").render(report), "html.parser")


def test_report_tells_what_was_sent_what_came_back_and_when(awa: BrowserClient) -> None:
    run_id = make_run("awa", sent={"prenom": "Zoé", "age": 7, "tutoyer": True}, came=[output("Textbox", "Bonjour Zoé")])
    report = report_of(awa, run_id)
    assert report.startswith("# Essai réussi\n")
    for line in ("- Space\u00a0: `a/b`", "- Point d’accès\u00a0: `/saluer`", f"- Numéro\u00a0: `{run_id}`"):
        assert line in report.splitlines()
    assert "- Envoyé le " in report
    assert "- Durée\u00a0: " in report
    page = drawn(report)
    assert [each.get_text() for each in page.select("h2")] == ["Ce que vous avez envoyé", "Ce qui est revenu"]
    assert [each.get_text() for each in page.select("h3")] == ["Prénom", "age", "tutoyer", "Sortie, Textbox"]
    assert [each.get_text() for each in page.select("pre")] == ["Zoé\n", "7\n", "Bonjour Zoé\n"]
    assert "oui" in [each.get_text() for each in page.select("p")]


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("queued", "Essai en file d’attente"),
        ("running", "Essai en cours"),
        ("stopped", "Essai arrêté"),
        ("interrupted", "Essai interrompu"),
    ],
)
def test_report_is_written_at_any_moment(awa: BrowserClient, status: str, title: str) -> None:
    report = report_of(awa, make_run("awa", status))
    assert report.startswith(f"# {title}\n")
    assert "n’attend aucune valeur" in report
    assert report.rstrip().endswith("Rien.")


def test_a_failure_is_explained_and_the_author_quoted(awa: BrowserClient) -> None:
    words = "On ne divise pas par ```zéro```"
    report = report_of(awa, make_run("awa", "failed", error="space-error", error_detail=words))
    page = drawn(report)
    assert "Le Space a refusé ces valeurs" in page.get_text()
    assert [each.get_text() for each in page.select("pre")] == ["On ne divise pas par ```zéro```\n"]


def test_files_are_named_with_their_size_and_those_that_are_not_there_told(awa: BrowserClient) -> None:
    lost = {"$file": None, "$why": "surplus", "$name": "grand.png"}
    run_id = make_run("awa", file=("chat `d’été`.png", b"x" * 1500), came=[output("Gallery", [lost])])
    report = report_of(awa, run_id)
    assert "- ``chat `d’été`.png``, 1,5\u00a0ko\n" in report
    assert "- `grand.png`\u00a0: ce fichier n’a pas pu être gardé\n" in report
    assert "/fichiers/" not in report


def test_a_table_and_a_structure_are_written_as_such(awa: BrowserClient) -> None:
    table = output("Dataframe", {"headers": ["fruit", "prix"], "data": [["figue", 2.5]]})
    report = report_of(awa, make_run("awa", came=[table, output("Json", {"a": [1]})]))
    assert "```csv\nfruit,prix\nfigue,2.5\n```" in report
    assert '```json\n{\n  "a": [\n    1\n  ]\n}\n```' in report


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_get_out_of_their_place(awa: BrowserClient, words: str) -> None:
    run_id = make_run(
        "awa",
        "failed",
        sent={"prenom": words, words: "x", "liste": [words, {words: words}]},
        came=[
            output("Textbox", words),
            output("Markdown", words, words),
            output(words, {"a": words}),
            output("Html", words),
        ],
        error="space-error",
        error_detail=words,
    )
    plain = drawn(report_of(awa, make_run("awa", "failed", sent={"prenom": "x", "y": "x", "liste": ["x"]},
        came=[output("Textbox", "x")] * 4, error="space-error", error_detail="x")))  # fmt: skip
    page = drawn(report_of(awa, run_id))
    assert {tag.name for tag in page.find_all(True)} <= ALLOWED
    for level in ("h1", "h2", "h3"):
        assert len(page.select(level)) == len(plain.select(level)), level
    assert [each.get_text() for each in page.select("h1, h2")] == [each.get_text() for each in plain.select("h1, h2")]


@pytest.mark.parametrize("words", HOSTILE)
def test_words_in_code_are_one_line_and_words_in_a_block_are_all_there(words: str) -> None:
    assert "\n" not in quote_inline_code(words)
    for written, tag in (
        (f"a {quote_inline_code(words)} b", "p > code"),
        (f"a\n\n{quote_code_block(words)}\n\nb", "pre > code"),
    ):
        page = drawn(written)
        assert len(page.select(tag)) == 1, written
        assert page.get_text().strip().startswith("a")
        assert page.get_text().strip().endswith("b")
    block = drawn(quote_code_block(words)).select_one("pre > code")
    assert block is not None
    assert block.get_text().split() == words.replace("\0", "").split()


def test_half_a_letter_breaks_no_report(awa: BrowserClient) -> None:
    run_id = make_run("awa", sent={"prenom": "x\ud800y"}, came=[output("Textbox", "\udfff")])
    assert "x?y" in report_of(awa, run_id)


def test_report_is_typeset_as_french_is(awa: BrowserClient) -> None:
    lost = {"$file": None, "$why": "surplus", "$name": "grand.png"}
    for run_id in (
        make_run("awa", sent={"prenom": "", "age": None}, file=("a.png", b"a"), came=[output("Gallery", [lost])]),
        make_run("awa", "failed", error="space-error", error_detail="no"),
        make_run("awa", "queued"),
    ):
        page = drawn(report_of(awa, run_id))
        for code in page.select("code"):
            code.replace_with("\ufffc")
        assert [fault for line in page.get_text().splitlines() for fault in find_typography_faults(line)] == []
