"""Each visitor's share of the disk: what the form says when its files find no room, and what it keeps."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from hfcourse import create_app, database
from hfcourse.runs import looks, pruning, store
from hfcourse.spaces.files import StoredFile
from tests.conftest import end
from tests.keeping import kept_run, known_as
from tests.posting import Student, error_codes, fields_of, read
from tests.spaces import fake
from tests.spaces.fake import FakeSpace
from tests.spaces.hostile import described
from tests.test_french import faults_in

SHARE = 1000


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space that takes a file, and some words beside it."""
    taking = described(("file", "piece", {}), ("textbox", "words", {}), outputs=(("textbox", "Sortie"),))
    made = FakeSpace(config=taking["config"], info=taking["info"], answers={"/upload": fake.says(["/tmp/x"])})
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, space: FakeSpace) -> Iterator[Flask]:
    """A site with this Space, on which a visitor may keep SHARE bytes."""
    (tmp_path / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    settings = {"INSTANCE": str(tmp_path), "TESTING": True, "KEEP_BYTES": SHARE * pruning.SHARES}
    made = create_app(settings)
    yield made
    end(made)


@pytest.fixture
def awa(site: Flask) -> Iterator[Student]:
    with site.app_context():
        yield known_as(Student(site.test_client()), "awa")


def send(student: Student, size: int, name: str = "note.bin"):
    """Send a form with a file of this size."""
    page = student.open("/espaces/a/b")
    return student.send(page, piece=(io.BytesIO(b"x" * size), name), words="bonjour")


def stored_bytes() -> int:
    with database.reading() as session:
        return session.scalar(select(func.sum(StoredFile.size))) or 0


def refusal(response) -> BeautifulSoup:
    """The form that came back: its words are kept, its file is not."""
    assert response.status_code == 400
    page = read(response)
    assert error_codes(page)[0] == "invalid-input"
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    assert fields_of(form)["arg-words"] == ["bonjour"]
    assert "note.bin" not in form.get_text()
    assert faults_in(read(response)) == []
    return page


def test_a_form_larger_than_the_share_is_told_so(awa: Student, space: FakeSpace) -> None:
    page = refusal(send(awa, SHARE + 1))
    fault = page.select_one("form .error")
    assert fault is not None
    assert "Un visiteur peut garder 1\u00a0ko de fichiers ici" in fault.get_text()
    assert (stored_bytes(), space.asked("/join")) == (0, [])


def test_older_runs_of_the_same_visitor_make_room(awa: Student) -> None:
    old, theirs = kept_run("awa", file=("a.bin", b"x" * 600)), kept_run("bilal", file=("b.bin", b"x" * 600))
    response = send(awa, 700)
    assert response.status_code == 303
    assert store.load(old) is None
    assert store.load(theirs) is not None
    assert stored_bytes() == 1300


def test_runs_of_the_last_hour_do_not_and_the_form_says_how_to_make_room(awa: Student) -> None:
    shown = kept_run("awa", file=("a.bin", b"x" * 600))
    awa.open(f"/essais/{shown}")
    page = refusal(send(awa, 700))
    assert "vos essais de la dernière heure remplissent cette place" in page.get_text()
    assert stored_bytes() == 600
    form = awa.open(f"/essais/{shown}/supprimer").select_one("main form")
    assert form is not None
    awa.client.post(str(form["action"]), data=fields_of(form))
    assert send(awa, 700).status_code == 303


def test_a_disk_that_others_fill_is_told(awa: Student) -> None:
    for visitor in "bcdef":
        looks.note(kept_run(visitor, file=("a.bin", b"x" * SHARE)))
    page = refusal(send(awa, 10))
    assert "Le site n’a plus de place pour ces fichiers" in page.get_text()
    assert stored_bytes() == SHARE * pruning.SHARES


def test_files_that_a_refused_form_still_names_are_not_lost_to_the_next_look_at_the_disk(awa: Student) -> None:
    page = awa.open("/espaces/a/b")
    refused = awa.send(page, piece=(io.BytesIO(b"x" * 600), "note.bin"), words="hf_" + "a1B2" * 8)
    assert refused.status_code == 400
    pruning.prune()
    response = awa.send(read(refused), words="bonjour")
    assert response.status_code == 303
    assert awa.finished(response.headers["Location"])["inputs"]["piece"]["name"] == "note.bin"


def test_whoever_sends_files_to_no_space_at_all_does_not_fill_the_disk(awa: Student) -> None:
    form = awa.open("/espaces/a/b").select_one("form[data-endpoint]")
    sent = fields_of(form) | {"space": ["x"], "arg-piece": [(io.BytesIO(b"x" * 600), "note.bin")]}
    for _ in range(4):
        sent["arg-piece"] = [(io.BytesIO(b"x" * 600), "note.bin")]
        assert awa.post("/essais", sent).status_code == 404
    assert stored_bytes() <= SHARE
