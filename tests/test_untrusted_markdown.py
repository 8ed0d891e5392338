"""What a Space writes in Markdown or in code can do nothing but be read."""

import pytest
from bs4 import BeautifulSoup

from hfcourse.runs.outputs import untrusted_markdown
from hfcourse.runs.outputs.untrusted_markdown import render_code
from tests.support.cpu_time import measure_cpu_seconds


def parse_rendered_prose(text: str) -> BeautifulSoup:
    return BeautifulSoup(str(untrusted_markdown.render_untrusted_markdown(text)), "html.parser")


def test_words_lists_quotations_and_tables_are_written() -> None:
    page = parse_rendered_prose(
        "**fort** *doux* ~~non~~ `x`\n\n1. un\n2. deux\n\n> dit\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n"
    )
    for tag in ("strong", "em", "s", "code", "ol > li", "blockquote", "table th[scope=col]", "td", "hr"):
        assert page.select_one(tag), tag


def test_a_wide_table_scrolls_by_itself() -> None:
    frame = parse_rendered_prose("| a |\n|---|\n| 1 |\n").select_one("div.scroll-region")
    assert frame is not None
    assert (frame["tabindex"], frame["role"], bool(frame["aria-label"])) == ("0", "group", True)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n### c\n", ["h3", "h4", "h5"]),
        ("## a\n# b\n", ["h3", "h3"]),
        ("# a\n#### b\n## c\n##### d\n", ["h3", "h4", "h4", "h5"]),
        ("# a\n## b\n### c\n#### d\n##### e\n###### f\n", ["h3", "h4", "h5", "h6", "h6", "h6"]),
        ("a\n=\nb\n-\n", ["h3", "h4"]),
    ],
)
def test_headings_go_on_from_those_of_the_page_and_skip_none(text: str, levels: list[str]) -> None:
    assert [tag.name for tag in parse_rendered_prose(text).find_all(True) if tag.name.startswith("h")] == levels


@pytest.mark.parametrize(
    "address", ["https://huggingface.co/docs?a=1&b=2#c", "http://example.org", "HTTPS://example.org"]
)
def test_a_link_leads_outside_and_tells_nobody_where_from(address: str) -> None:
    for text in (f"[mot]({address})", f"<{address}>", f"[mot]\n\n[mot]: {address}"):
        [link] = parse_rendered_prose(text).select("a")
        assert str(link["href"]).lower() == address.lower()
        assert link["rel"] == ["noopener", "noreferrer", "nofollow"]
        assert set(link.attrs) == {"href", "rel"}


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#115;cript:alert(1)", "data:text/html,x", "vbscript:x",
     "file:///x", "//example.org", "/essais/", "essais", "#x", "ftp://example.org", "mailto:a@b.c", " javascript:x",
     "http:javascript:x"],
)  # fmt: skip
def test_any_other_link_is_text(address: str) -> None:
    for text in (f"[mot]({address})", f"<{address}>", f"![mot]({address})", f"[mot]\n\n[mot]: <{address}>"):
        assert parse_rendered_prose(text).select("a, img") == []


def test_an_image_is_a_link() -> None:
    page = parse_rendered_prose('![un <b>chat</b>](https://example.org/chat.png "x")')
    [link] = page.select("a")
    assert (link["href"], link.get_text()) == ("https://example.org/chat.png", "un <b>chat</b>")
    assert page.select("img, b") == []


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<div>\n<style>x</style>\n</div>", "a <b>x</b>",
     "<!-- x -->", "<svg onload=x>", "`<script>`", "    <script>",
     "```html\n<script>x</script>\n```", "&lt;script&gt;"],
)  # fmt: skip
def test_html_is_text(text: str) -> None:
    assert parse_rendered_prose(text).select("script, img, style, svg, b, div") == []
    assert "<" in parse_rendered_prose(text).get_text()


@pytest.mark.parametrize("language", ['python" onload="x', "<script>", "pas-une-langue", ""])
def test_the_language_of_a_fence_is_no_markup(language: str) -> None:
    page = parse_rendered_prose(f"```{language}\nx = 1\n```")
    assert page.get_text().strip() == "x = 1"
    assert {name for tag in page.find_all(True) for name in tag.attrs} <= {"class", "tabindex"}


@pytest.mark.parametrize(
    "formula",
    ["$a_1 * b_2 * c$", "$$\\frac{a}{b}_1 *x*$$", "\\(x_1 * y * z\\)", "\\[\na_1 \\\\ *b*\n\\]", "$<b>$"],
)
def test_a_formula_stays_as_it_is_typed(formula: str) -> None:
    page = parse_rendered_prose(f"Soit {formula}, donc.")
    assert page.get_text().strip() == f"Soit {formula}, donc."
    assert page.select("em, strong, b") == []


def test_what_a_price_costs_is_no_formula() -> None:
    assert parse_rendered_prose("De $5 à **$6**").select("strong")


def test_code_is_in_colours_by_its_language() -> None:
    written = BeautifulSoup(str(render_code("def f(): return '<b>'\n", "python")), "html.parser")
    assert written.get_text() == "def f(): return '<b>'\n"
    assert written.select(".k")
    assert written.select("b") == []
    assert str(render_code("<b>", "pas-une-langue")) == "&lt;b&gt;"


@pytest.mark.parametrize(
    "fenced",
    [
        "```c\na" + " " * 5_000 + "b()" + " " * 5_000 + "x\n```",
        "````md\n```tads3\nextern//" + "\\" * 60 + "\n```\n````",
        "```tads3\nextern//" + "\\" * 60 + "\n```",
    ],
)  # fmt: skip
def test_a_fence_that_keeps_a_regular_expression_busy_for_days_is_read_at_once(fenced: str) -> None:
    assert measure_cpu_seconds(lambda: untrusted_markdown.render_untrusted_markdown(fenced)) < 1


@pytest.fixture(scope="module")
def effort_of_a_list() -> float:
    """What it takes to read as much of what a Space may well write."""
    return measure_cpu_seconds(
        lambda: untrusted_markdown.render_untrusted_markdown(
            to_the_brim("- un *mot*, un `nom` et [un lien](https://exemple.fr)\n")
        )
    )


def to_the_brim(piece: str) -> str:
    return (piece * untrusted_markdown.MAX_MARKDOWN_CHARACTERS)[: untrusted_markdown.MAX_MARKDOWN_CHARACTERS]


@pytest.mark.parametrize(
    "piece",
    ["[", "![", "*a ", "*a_ ", "> ", "- ", "|", "a|", "`", "$a", "\\(", "\\[a", "<http://a", "[a](", "~~a", "&", "<!--",
     "[a]: http://b\n", "# a\n", "```c\n\n", "**a*", "\\"],
)  # fmt: skip
def test_markdown_written_to_be_slow_takes_no_more_than_some_lists(piece: str, effort_of_a_list: float) -> None:
    assert (
        measure_cpu_seconds(lambda: untrusted_markdown.render_untrusted_markdown(to_the_brim(piece)))
        < 20 * effort_of_a_list
    )
