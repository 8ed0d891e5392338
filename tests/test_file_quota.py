"""Each visitor's share of the disk: what the form says when its files find no room, and what it keeps."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from hfcourse import create_app, database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.retention import disk_usage, eviction, recent_views
from hfcourse.runs.store import run_store
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeSpace
from tests.spaces.hostile_spaces import build_description
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as, make_run
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.french_typography import find_page_typography_faults

SHARE = 100_000


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space that takes a file, and some words beside it."""
    taking = build_description(("file", "piece", {}), ("textbox", "words", {}), outputs=(("textbox", "Sortie"),))
    made = FakeSpace(
        config=taking["config"], info=taking["info"], answers={"/upload": fake_servers.reply_with(["/tmp/x"])}
    )
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, space: FakeSpace) -> Iterator[Flask]:
    """A site with this Space, on which a visitor may keep SHARE bytes."""
    (tmp_path / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    settings = {"INSTANCE": str(tmp_path), "TESTING": True, "KEEP_BYTES": SHARE * disk_usage.QUOTA_DIVISOR}
    made = create_app(settings)
    yield made
    close_app(made)


def send(student: BrowserClient, size: int, name: str = "note.bin"):
    """Send a form with a file of this size."""
    page = student.open_page("/espaces/a/b")
    return student.submit_form(page, piece=(io.BytesIO(b"x" * size), name), words="bonjour")


def names_erased(run_id: str) -> list[str]:
    """The files of a run that made room for others."""
    run = run_store.load_run(run_id)
    assert run is not None
    return [item.file.name for item in run.files if item.file.erased]


def stored_bytes() -> int:
    with database.read_session() as session:
        return session.scalar(select(func.sum(StoredFile.size))) or 0


def refusal(response) -> BeautifulSoup:
    """The form that came back: its words are kept, its file is not."""
    assert response.status_code == 400
    page = parse_page(response)
    assert list_error_codes(page)[0] == "invalid-input"
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    assert collect_form_fields(form)["arg-words"] == ["bonjour"]
    assert "note.bin" not in form.get_text()
    assert find_page_typography_faults(parse_page(response)) == []
    return page


def test_a_form_larger_than_the_share_is_told_so(site_awa: BrowserClient, space: FakeSpace) -> None:
    page = refusal(send(site_awa, SHARE + 1))
    fault = page.select_one("form .error")
    assert fault is not None
    assert "Un visiteur peut garder 100\u00a0ko de fichiers ici" in fault.get_text()
    assert (stored_bytes(), space.requests_to("/join")) == (0, [])


def test_older_runs_of_the_same_visitor_make_room(site_awa: BrowserClient) -> None:
    old, theirs = make_run("awa", file=("a.bin", b"x" * 60_000)), make_run("bilal", file=("b.bin", b"x" * 60_000))
    response = send(site_awa, 70_000)
    assert response.status_code == 303
    assert [names_erased(run_id) for run_id in (old, theirs)] == [["a.bin"], []]
    page = site_awa.open_page(f"/essais/{old}")
    assert "a.bin, fichier effacé, le site manquait de place" in page.get_text(" ", strip=True).replace(" ,", ",")
    assert "Ce fichier n’est plus là" in site_awa.open_page(f"/essais/{old}/fichiers/0", 404).get_text()
    assert site_awa.client.get(f"/essais/{old}.json").get_json()["inputs"]["image"]["file"] is None
    assert stored_bytes() == 130_000


def test_runs_of_the_last_hour_do_not_and_the_form_says_how_to_make_room(site_awa: BrowserClient) -> None:
    shown = make_run("awa", file=("a.bin", b"x" * 60_000))
    site_awa.open_page(f"/essais/{shown}")
    page = refusal(send(site_awa, 70_000))
    assert "vos essais de la dernière heure remplissent cette place" in page.get_text()
    assert stored_bytes() == 60_000
    form = site_awa.open_page(f"/essais/{shown}/supprimer").select_one("main form")
    assert form is not None
    site_awa.client.post(str(form["action"]), data=collect_form_fields(form))
    assert send(site_awa, 70_000).status_code == 303


def test_a_disk_that_others_fill_is_told(site_awa: BrowserClient) -> None:
    for visitor in "bcdef":
        recent_views.record_view(make_run(visitor, file=("a.bin", b"x" * SHARE)))
    page = refusal(send(site_awa, 10))
    assert "Le site n’a plus de place pour ces fichiers" in page.get_text()
    assert stored_bytes() == SHARE * disk_usage.QUOTA_DIVISOR


def test_files_that_a_refused_form_still_names_are_not_lost_to_the_next_look_at_the_disk(
    site_awa: BrowserClient,
) -> None:
    page = site_awa.open_page("/espaces/a/b")
    refused = site_awa.submit_form(page, piece=(io.BytesIO(b"x" * 60_000), "note.bin"), words="hf_" + "a1B2" * 8)
    assert refused.status_code == 400
    eviction.prune_all()
    response = site_awa.submit_form(parse_page(refused), words="bonjour")
    assert response.status_code == 303
    assert site_awa.wait_for_end(response.headers["Location"])["inputs"]["piece"]["name"] == "note.bin"


def test_whoever_sends_files_to_no_space_at_all_does_not_fill_the_disk(site_awa: BrowserClient) -> None:
    form = site_awa.open_page("/espaces/a/b").select_one("form[data-endpoint]")
    sent = collect_form_fields(form) | {"space": ["x"], "arg-piece": [(io.BytesIO(b"x" * 60_000), "note.bin")]}
    for _ in range(4):
        sent["arg-piece"] = [(io.BytesIO(b"x" * 60_000), "note.bin")]
        assert site_awa.post_form("/essais", sent).status_code == 404
    assert stored_bytes() <= SHARE


def forged(student: BrowserClient, space_id: str = "a/b", cookie: bool = True):
    """A form with a file, sent by the page of another site, which has no CSRF token."""
    sent = {"csrf_token": ["forged"], "space": [space_id], "endpoint": ["/predict"], "arg-words": ["à garder"]}
    sent["arg-piece"] = [(io.BytesIO(b"x" * 10_000), "note.bin")]
    if not cookie:
        student.client.delete_cookie("hfcourse")
    return student.post_form("/essais", sent)


def files_on_disk(site: Flask) -> list[Path]:
    return [path for path in (Path(site.instance_path) / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("cookie", [True, False])
def test_a_form_without_csrf_token_comes_back_with_its_texts_and_nothing_is_kept(
    site: Flask, site_awa: BrowserClient, cookie: bool
) -> None:
    endpoint = str(site_awa.open_page("/espaces/a/b").select_one("form[data-endpoint]")["data-endpoint"])
    sent = {"csrf_token": ["forged"], "space": ["a/b"], "endpoint": [endpoint], "arg-words": ["à garder"]}
    sent["arg-piece"] = [(io.BytesIO(b"x" * 10_000), "note.bin")]
    if not cookie:
        site_awa.client.delete_cookie("hfcourse")
    response = site_awa.post_form("/essais", sent)
    page = parse_page(response)
    assert (response.status_code, list_error_codes(page)[0]) == (400, "invalid-input")
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    assert collect_form_fields(form)["arg-words"] == ["à garder"]
    assert "faute de preuve que l’envoi vient de vous" in form.get_text()
    assert "aucun fichier n’a été gardé" in page.get_text()
    assert find_page_typography_faults(parse_page(response)) == []
    assert (stored_bytes(), files_on_disk(site)) == (0, [])
    if cookie:
        assert site_awa.submit_form(page, piece=(io.BytesIO(b"x" * 10_000), "note.bin")).status_code == 303


@pytest.mark.parametrize("space_id", ["x", "no/such", "a/b"])
def test_a_form_without_csrf_token_that_cannot_be_drawn_names_the_files_that_were_not_kept(
    site: Flask, site_awa: BrowserClient, space_id: str
) -> None:
    site.config["OPEN_CATALOGUE"] = False
    response = forged(site_awa, space_id, cookie=False)
    assert response.status_code == 404
    page = parse_page(response)
    assert "note.bin n’a pas été gardé" in page.get_text()
    assert "à garder" in page.get_text()
    assert find_page_typography_faults(parse_page(response)) == []
    assert (stored_bytes(), files_on_disk(site)) == (0, [])


def test_a_form_without_csrf_token_still_names_the_files_that_are_kept_already(
    site: Flask, site_awa: BrowserClient
) -> None:
    page = site_awa.open_page("/espaces/a/b")
    kept = parse_page(site_awa.submit_form(page, piece=(io.BytesIO(b"x" * 600), "note.bin"), words="hf_" + "a1B2" * 8))
    token = kept.select_one("[name=csrf_token]")
    assert token is not None
    token["value"] = "forged"
    again = parse_page(site_awa.submit_form(kept, words="bonjour"))
    assert list_error_codes(again) == ["invalid-input"]
    assert site_awa.submit_form(again).status_code == 303


def jar(site: Flask, size: int, address: str = "198.51.100.7") -> int:
    """A new visitor who sends one file; the status of the answer."""
    student = BrowserClient(site.test_client())
    student.client.environ_base["REMOTE_ADDR"] = address
    return send(student, size).status_code


def test_one_student_with_many_jars_pushes_out_nobodys_run_and_leaves_room(site: Flask) -> None:
    awa = log_in_as(BrowserClient(site.test_client()), "awa")
    awa.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    with site.app_context():
        old = make_run("awa", file=("a.bin", b"x" * 60_000))
    statuses = [jar(site, 60_000) for _ in range(14)]
    assert statuses.count(303) <= 5
    assert statuses[-1] == 400
    assert send(awa, 30_000).status_code == 303, "somebody with standing, of the same address"
    assert jar(site, 60_000, "203.0.113.9") == 303, "a newcomer of another"
    with site.app_context():
        assert names_erased(old) == []
