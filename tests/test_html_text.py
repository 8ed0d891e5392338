"""The HTML of a Space's messages, reduced to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.untrusted.html_text import MAX_HTML_CHARACTERS, html_to_text
from tests.support.cpu_time import measure_cpu_seconds

STYLED = (
    '<a style="white-space: nowrap;color: var(--body-text-color)" href="https://example.org/join?a=1&amp;b=2">Join</a>'
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Rien à lire.", "Rien à lire."),
        (f"No quota. {STYLED} to get more.", "No quota. Join (https://example.org/join?a=1&b=2) to get more."),
        ("<A HREF='https://example.org/'>example.org</A>", "example.org (https://example.org/)"),
        ("<a href=https://example.org>https://example.org/</a>", "https://example.org/"),
        ("<a href='https://example.org'></a>", "https://example.org"),
        ('<a href="mailto:awa@example.org">Écrire</a>', "Écrire (awa@example.org)"),
        ("<a href='javascript:alert(1)'>lien</a>", "lien"),
        ("<a href='//example.org'>lien</a>", "lien"),
        ("<b>Trop <i>long</i></b>", "Trop long"),
        ("un<br>deux<br/>trois<p>quatre</p>", "un deux trois quatre"),
        ("<ul><li>un</li><li>deux</li></ul>", "un deux"),
        ("avant<script>alert(1)</script><style>b{}</style>après", "avantaprès"),
        ("avant<!-- caché -->après", "avantaprès"),
        ("5 &gt; 3 &amp; 2 &lt; 4 &#39;ok&#x27;", "5 > 3 & 2 < 4 'ok'"),
        ("https://example.org?a=1&copy=2", "https://example.org?a=1&copy=2"),
        ("", ""),
    ],
)
def test_markup_of_a_message_leaves_its_text_and_addresses(raw: str, text: str) -> None:
    assert html_to_text(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "a < b and c > d",
        "expected <class 'str'>, got <class 'list'>",
        "<PIL.Image.Image image mode=RGB size=3x3>",
        "List<int>, Dict<str, float>",
        "<3 <lambda> <module>",
        "x <b",
    ],
)
def test_text_with_angle_brackets_that_are_no_tags_stays(raw: str) -> None:
    assert html_to_text(raw) == raw


def test_a_tag_that_is_cut_by_the_bound_is_left_out() -> None:
    raw = "x" * (MAX_HTML_CHARACTERS - 10) + '<a href="https://example.org">fin</a>'
    assert html_to_text(raw) == "x" * (MAX_HTML_CHARACTERS - 10)


@given(st.text(alphabet="<>/a b=\"'&;!-p", max_size=60))
def test_any_text_is_read_and_grows_by_no_more_than_its_links(raw: str) -> None:
    assert len(html_to_text(raw)) <= len(raw) + 3


@pytest.mark.parametrize("piece", ['<a "', "<a ", "<!--", "<a href='", "<script>", "<b>", "<a \t\t", '<a x="', "</p"])
def test_hostile_markup_takes_little_of_the_processor(piece: str) -> None:
    assert measure_cpu_seconds(lambda: html_to_text(piece * 500_000)) < 1
