"""The preview of a page that a Space wrote shows its looks, and fetches nothing."""

import pytest

from hfcourse.runs.outputs import html_preview
from tests.support.cpu_time import measure_cpu_seconds


@pytest.mark.parametrize(
    "html",
    [
        '<iframe src="http://x"></iframe>',
        '<object data="http://x"></object><embed src="http://x">',
        '<link rel="preconnect" href="http://x"><meta http-equiv="refresh" content="0;url=http://x"><base href="http://x">',
        '<img src="http://x"><img srcset="http://x 2x"><video poster="http://x" src="http://x"></video>',
        '<style>@import "http://x";</style><style>p{background:u\\72l(http://x)}</style>',
        "<style><!-- <b> p{background:url(http://x)}</style>",
        '<p style="background:url(http://x)">a</p><svg><use href="http://x"/><rect fill="url(http://x)"/></svg>',
    ],
)
def test_preview_names_no_address_that_is_fetched(html: str) -> None:
    assert "http" not in html_preview.clean_preview(html)


def test_preview_keeps_the_looks_of_its_author() -> None:
    html = '<style>p{color:red}</style><p style="color:red" class="a">o</p>'
    html += '<svg viewBox="0 0 1 1"><rect width="1"></rect></svg>'
    assert html_preview.clean_preview(html) == html


def test_preview_keeps_style_sheets_without_their_comments_and_local_gradients() -> None:
    html = '<svg><defs><linearGradient id="g"></linearGradient></defs><rect fill="url(#g)"></rect></svg>'
    assert html_preview.clean_preview(f"<style>/* url(x) */a{{b:c}}</style>{html}") == f"<style> a{{b:c}}</style>{html}"
    assert html_preview.clean_preview('<p style="/* a */color:red"></p>') == '<p style=" color:red"></p>'


@pytest.mark.parametrize("piece", ["<div>", "<span>", "<ul><li>", "<b><i>", "<svg><g>", "</p><div>", "<table><td>"])
def test_preview_of_a_deep_page_is_cut_where_it_would_take_long(piece: str) -> None:
    deep = piece * 40_000
    assert (
        measure_cpu_seconds(lambda: html_preview.clean_preview(deep))
        < 20 * measure_cpu_seconds(lambda: html_preview.clean_preview("<p>a</p>" * 40_000)) + 1
    )
    assert "trop longue" in html_preview.clean_preview(deep)
