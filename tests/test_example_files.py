"""Example files of a Space that lies, is slow or refuses: what is fetched, shown and kept, before a stand-in."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.limits.rate_limits import KeyedTokenBuckets
from hfcourse.playground import example_files, sample_previews
from hfcourse.playground.sample_previews import ENTRY_OVERHEAD_BYTES, PreviewCache
from tests.spaces.fake_servers import ECHO_CONFIG, Exchange, FakeSpace, make_component
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes
from tests.support.samples import make_image

ADDRESS, PREVIEW = "/espaces/a/b?exemple=0", "/espaces/a/b/exemples/0-0-0-0"
SAMPLE = {"path": "/tmp/gradio/chat.png", "url": "http://elsewhere.test/chat.png", "orig_name": "chat.png"}
PARAMETERS = [("photo", "Image", {"type": "object"}), ("words", "Textbox", {"type": "string"})]


@pytest.fixture
def illustrated(space: FakeSpace) -> FakeSpace:
    """A Space with one example: a picture and a word."""
    space.file_content = make_image("red")
    offer(space, SAMPLE)
    space.info = {
        "named_endpoints": {
            "/echo": {
                "parameters": [
                    {"label": name.title(), "parameter_name": name, "type": schema, "component": kind}
                    for name, kind, schema in PARAMETERS
                ],
                "returns": [{"label": "Écho", "type": {"type": "string"}, "component": "Textbox"}],
            }
        }
    }
    return space


def offer(space: FakeSpace, sample: Any) -> None:
    """Let the example of the Space be this."""
    dataset = make_component(9, "dataset", component_ids=[1, 2], samples=[[sample, "un chat"]])
    shown = [
        make_component(1, "image", label="Photo"),
        make_component(2, "textbox", label="Words"),
        make_component(3, "textbox"),
    ]
    space.config = {
        "components": [*shown, dataset],
        "dependencies": [ECHO_CONFIG["dependencies"][0] | {"inputs": [1, 2], "outputs": [3]}],
    }


def files_asked(space: FakeSpace) -> list[str]:
    return [each.path for each in space.requests if "file=" in each.path]


def kept(site: Flask) -> list[str]:
    with site.app_context(), database.read_session() as session:
        return [*session.scalars(select(StoredFile.name))]


def says_lost(page: BeautifulSoup) -> bool:
    """Is the file said to be lost, above the form and beside its field, while the word is there?"""
    assert (
        page.select_one('[name="arg-words"]').get("value", page.select_one('[name="arg-words"]').text).strip()
        == "un chat"
    )
    assert list_error_codes(page) == []
    assert (page.select_one("#fichier-perdu") is None) == (page.select_one("#e-arg-photo") is None)
    return page.select_one("#fichier-perdu") is not None


def test_a_chosen_file_is_asked_of_the_space_alone_and_kept(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient
) -> None:
    page = site_student.open_page(ADDRESS)
    assert not says_lost(page)
    assert "chat.png" in page.select_one(".uploaded-file").text
    assert files_asked(illustrated) == ["/gradio_api/file=/tmp/gradio/chat.png"]
    assert kept(site) == ["chat.png"]


def test_an_opened_form_fetches_no_file(site: Flask, illustrated: FakeSpace, site_student: BrowserClient) -> None:
    site_student.open_page("/espaces/a/b")
    assert (files_asked(illustrated), kept(site)) == ([], [])


@pytest.mark.parametrize("path", ["../../etc/passwd", "/tmp/\0", "x" * 2_000, "/tmp/../../x.png"])
def test_a_path_that_leads_elsewhere_is_not_asked_for(
    illustrated: FakeSpace, site_student: BrowserClient, path: str
) -> None:
    offer(illustrated, SAMPLE | {"path": path})
    assert says_lost(site_student.open_page(ADDRESS))
    assert site_student.client.get(PREVIEW).status_code == 404
    assert files_asked(illustrated) == []


@pytest.mark.parametrize("status", [403, 404, 500, 302])
def test_a_file_that_the_space_refuses_leaves_the_other_values(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient, status: int
) -> None:
    illustrated.answers["chat.png"] = lambda exchange: exchange.reply({}, status, Location="http://elsewhere.test/")
    assert says_lost(site_student.open_page(ADDRESS))
    assert site_student.client.get(PREVIEW).status_code == 404
    assert kept(site) == []


def test_a_file_that_is_too_large_leaves_nothing(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example_files, "MAX_EXAMPLE_BYTES", len(illustrated.file_content) - 1)
    assert says_lost(site_student.open_page(ADDRESS))
    assert kept(site) == []


def test_a_file_beyond_the_visitors_share_is_not_kept(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient
) -> None:
    site.config["KEEP_BYTES"] = 5 * (len(illustrated.file_content) - 1)
    page = site_student.open_page(ADDRESS)
    assert "Un visiteur peut garder" in page.select_one("#e-arg-photo").text
    assert kept(site) == []


def test_a_visitor_has_so_many_files_fetched_a_minute(
    illustrated: FakeSpace, site_student: BrowserClient, site: Flask
) -> None:
    site.extensions["example_files"].rate_limits.capacity = 1
    assert not says_lost(site_student.open_page(ADDRESS))
    with site.app_context(), database.write_session() as session:
        session.query(StoredFile).delete()
    assert says_lost(site_student.open_page(ADDRESS))
    assert not says_lost(BrowserClient(site.test_client()).open_page(ADDRESS))


# --- previews


@pytest.mark.parametrize("content", [b"<!doctype html><script>alert(1)</script>", b"<svg xmlns='x'/>", b"", b"PK\3\4"])
def test_a_preview_is_a_picture_a_sound_or_a_film_by_its_bytes(
    illustrated: FakeSpace, site_student: BrowserClient, content: bytes
) -> None:
    illustrated.file_content = content
    assert site_student.client.get(PREVIEW).status_code == 404


def test_a_preview_can_do_nothing_in_a_page(illustrated: FakeSpace, site_student: BrowserClient) -> None:
    answer = site_student.client.get(PREVIEW)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", illustrated.file_content)
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_a_preview_is_asked_for_once_for_all(site: Flask, illustrated: FakeSpace) -> None:
    answers = [site.test_client().get(PREVIEW).data for _ in range(3)]
    assert answers == [illustrated.file_content] * 3
    assert len(files_asked(illustrated)) == 1


def test_previews_that_are_pushed_out_are_asked_for_again(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient
) -> None:
    content = illustrated.file_content
    site.extensions["previews"] = previews = PreviewCache(len(content) + ENTRY_OVERHEAD_BYTES)
    assert site_student.client.get(PREVIEW).data == content
    previews.put("another", content)
    assert site_student.client.get(PREVIEW).data == content
    assert len(files_asked(illustrated)) == 2


def test_preview_larger_than_the_cache_is_not_shown(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient
) -> None:
    site.extensions["previews"] = PreviewCache(max_bytes=1)
    assert site_student.client.get(PREVIEW).status_code == 404


def test_a_large_preview_is_not_shown(
    illustrated: FakeSpace, site_student: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_previews, "MAX_PREVIEW_BYTES", len(illustrated.file_content) - 1)
    assert site_student.client.get(PREVIEW).status_code == 404


def test_a_network_has_so_many_previews_fetched_a_minute(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient
) -> None:
    site.extensions["previews"].fetch_limits.capacity = 0
    assert site_student.client.get(PREVIEW).status_code == 404
    site.extensions["previews"].fetch_limits = KeyedTokenBuckets(1, 60)
    assert site_student.client.get(PREVIEW).status_code == 200, "being refused is no answer of the Space's"


def test_a_slow_file_is_not_waited_for(
    site: Flask, illustrated: FakeSpace, site_student: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example_files, "EXAMPLE_FETCH_TIMEOUT_SECONDS", 0.3)

    def drip(exchange: Exchange) -> None:
        exchange.start_chunked("image/png")
        while not exchange.server.closing.wait(0.1):
            exchange.send_chunk(b"x")

    illustrated.answers["chat.png"] = drip
    assert says_lost(site_student.open_page(ADDRESS))
    assert kept(site) == []
