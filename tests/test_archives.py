"""All of a visitor's runs in one zip: what is in it, under which names, and that it is written while it is sent."""

import io
import json
import os
import zipfile
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pytest
from flask import Flask

from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle
from hfcourse.runs.history import archives, queries
from hfcourse.runs.store import run_store
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as, make_run
from tests.support.french_typography import find_typography_faults
from tests.support.s3 import both_storages

pytestmark = [both_storages, pytest.mark.usefixtures("app_context")]
BYTES = bytes(range(256)) * 1000
AT = datetime(2026, 7, 14, 12, 5, tzinfo=UTC)


def with_output_file(run_id: str, visitor: str, name: str, content: bytes) -> None:
    """Give the run a file that came back."""
    run_store.attach_output_file(run_id, file_store.save_file(visitor, name, content).id)


def archive_of(student: BrowserClient) -> zipfile.ZipFile:
    """The zip, as it is downloaded; every entry's checksum is right."""
    response = student.client.get("/essais/archive.zip")
    assert response.status_code == 200
    assert response.mimetype == "application/zip"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=essais-20")
    assert response.headers["Cache-Control"] == "private, no-store"
    opened = zipfile.ZipFile(io.BytesIO(response.data))
    assert opened.testzip() is None
    return opened


def test_archive_has_a_folder_for_each_run_with_its_files_its_report_and_its_json(awa: BrowserClient) -> None:
    run_id = make_run("awa", "running", at=AT, sent={"prenom": "Zoé"}, file=("chat d’été.png", BYTES))
    with_output_file(run_id, "awa", "flou.png", b"PNG")
    run_store.finish_run(run_id, "succeeded", [{"label": "Sortie", "component": "Image", "value": {"$file": 1}}])
    made, folder = archive_of(awa), f"2026-07-14_14h05_saluer_{run_id}"
    assert made.namelist() == [
        "LISEZMOI.txt",
        f"{folder}/envoyes/0-chat d’été.png",
        f"{folder}/recus/1-flou.png",
        f"{folder}/essai.json",
        f"{folder}/essai.md",
    ]
    assert made.read(f"{folder}/envoyes/0-chat d’été.png") == BYTES
    assert made.read(f"{folder}/recus/1-flou.png") == b"PNG"
    told = json.loads(made.read(f"{folder}/essai.json"))
    assert told == awa.client.get(f"/essais/{run_id}.json").get_json()
    assert made.read(f"{folder}/essai.md").decode() == awa.client.get(f"/essais/{run_id}.md").get_data(as_text=True)
    assert made.getinfo(f"{folder}/essai.md").date_time == (2026, 7, 14, 14, 5, 0)


def test_archive_has_every_run_of_the_visitor_and_nobody_elses(
    awa: BrowserClient, stranger: BrowserClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfcourse.runs.retention.pruning.RUNS_PER_BATCH", 2)
    mine = [make_run("awa", status) for status in ("succeeded", "failed", "queued", "stopped", "interrupted")]
    make_run("bilal")
    made = {name.split("/")[0][-16:] for name in archive_of(awa).namelist() if "/" in name}
    assert made == set(mine)
    for nobody in (stranger, log_in_as(stranger, "cora")):
        assert archive_of(nobody).namelist() == ["LISEZMOI.txt"]


def test_a_file_whose_bytes_are_gone_is_told_in_the_report(awa: BrowserClient) -> None:
    run_id = make_run("awa", file=("chat.png", BYTES))
    run = run_store.load_run(run_id)
    assert run is not None
    file_store.get_file_storage().remove(run.files[0].file_id)
    made = archive_of(awa)
    assert not [name for name in made.namelist() if "envoyes" in name]
    report = next(name for name in made.namelist() if name.endswith(".md"))
    assert "ce fichier n’est plus sur le disque du site" in made.read(report).decode()


def test_a_run_that_is_deleted_meanwhile_is_left_out_and_the_others_are_whole(app: Flask, awa: BrowserClient) -> None:
    newest, middle, oldest = (make_run("awa", file=("a.png", BYTES)) for _ in range(3))
    with app.test_request_context():
        order = [line.id for line in queries.fetch_page("awa", queries.RunFilter()).summaries]
        pieces = archives.stream_archive("awa")
        begun = next(pieces)
        queries.stop_and_delete_runs(order[1:2])
        made = zipfile.ZipFile(io.BytesIO(begun + b"".join(pieces)))
    assert made.testzip() is None
    names = " ".join(made.namelist())
    assert [run_id in names for run_id in order] == [True, False, True]
    assert {newest, middle, oldest} == set(order)


def test_no_more_of_it_is_in_memory_than_a_piece(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = os.urandom(20 * archives.ARCHIVE_CHUNK_BYTES)  # nothing that compression makes smaller
    for _ in range(3):
        make_run("awa", file=("grand.bin", noise))
    read: list[str] = []
    report = archives.report.render_report

    def noted(run: Any, *lost: Any) -> str:
        read.append(run.id)
        return report(run, *lost)

    monkeypatch.setattr(archives.report, "render_report", noted)
    with app.test_request_context():
        pieces = archives.stream_archive("awa")
        first = next(pieces)
        assert read == [], "the first piece comes before the first run is written to its end"
        assert max(len(piece) for piece in (first, *pieces)) < 3 * archives.ARCHIVE_CHUNK_BYTES
    assert len(read) == 3


def test_archive_closes_its_file_when_the_client_leaves(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("awa", file=("grand.bin", BYTES))
    opened: list[BinaryIO] = []
    open_file = FileHandle.open
    monkeypatch.setattr(FileHandle, "open", lambda handle: opened.append(open_file(handle)) or opened[-1])
    with app.test_request_context():
        pieces = archives.stream_archive("awa")
        while not opened:
            next(pieces)
        assert not opened[0].closed
        pieces.close()
    assert [file.closed for file in opened] == [True]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "sans-nom"),
        ("C:\\Windows\\x.png", "C__Windows_x.png"),
        ('a<b>:"|?*.png', "a_b______.png"),
        ("fin. . ", "fin"),
        ("\u202egnp.exe", "_gnp.exe"),
        ("a\0b\n.png", "a_b_.png"),
        ("demi\ud800.png", "demi_.png"),
        ("", "sans-nom"),
        ("x" * 200 + ".png", "x" * 56 + ".png"),
        ("chat d’été.png", "chat d’été.png"),
    ],
)
def test_a_name_is_one_that_every_system_takes(name: str, wanted: str) -> None:
    assert archives.clean_file_name(name, archives.MAX_FILE_NAME_CHARACTERS) == wanted


def test_no_name_leads_out_of_its_folder(awa: BrowserClient) -> None:
    run_id = make_run("awa", endpoint="/../../x\\y", file=("../CON", b"x"))
    for name in archive_of(awa).namelist()[1:]:
        folder, *rest = name.split("/")
        assert folder.endswith(f"_{run_id}")
        assert "\\" not in name
        assert ".." not in (folder, *rest)
        assert len(rest) <= 2


def test_what_is_to_read_is_typeset_as_french_is(awa: BrowserClient) -> None:
    words = archive_of(awa).read("LISEZMOI.txt").decode()
    assert "90\u00a0jours" in words
    assert [fault for line in words.splitlines() for fault in find_typography_faults(line)] == []
