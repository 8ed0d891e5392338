"""Kept files: whose they are, what type they are, how a browser gets them."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from hfcourse import database
from hfcourse.errors import CallError
from hfcourse.files import file_responses, file_store
from hfcourse.runs.history import archives
from hfcourse.tokens import AccessToken
from tests.support.factories import read_stored_file
from tests.support.s3 import both_storages, list_object_keys
from tests.support.samples import PNG_BYTES, WAV_BYTES

pytestmark = both_storages
KINDS = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff\xe0", "image/jpeg"),
    (b"GIF89a", "image/gif"),
    (b"GIF87a", "image/gif"),
    (b"RIFF\n\n\n\nWEBP", "image/webp"),
    (b"RIFF\0\0\0\0WAVE", "audio/wav"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb\x90", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\0\0\0\x20ftypisom", "video/mp4"),
    (b"\x1aE\xdf\xa3", "video/webm"),
]
OTHERS = [
    b"",
    b"<html>",
    b"<!doctype html>",
    b"<svg xmlns='http://www.w3.org/2000/svg'>",
    b"<?xml version='1.0'?>",
    b"%PDF-1.7",
    b"text",
    b" \x89PNG\r\n\x1a\n",
    b"\x89PNG",
    b"PK\x03\x04",
    b"GIF90a",
    b"RIFF\0\0\0\0RMID",
]


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("head", "kind"), KINDS)
def test_the_bytes_say_the_type(head: bytes, kind: str) -> None:
    assert file_store.save_file("v", "x", head + b"more").media_type == kind


@pytest.mark.parametrize("head", OTHERS)
def test_anything_else_is_only_downloaded(head: bytes) -> None:
    response = file_responses.make_file_response(file_store.save_file("v", "page.html", head))
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.mimetype == "application/octet-stream"
    response.close()


def test_a_file_is_kept_whole_in_the_instance_folder_or_in_the_bucket(app: Flask) -> None:
    kept = file_store.save_file("v", "photo.png", PNG_BYTES)
    assert read_stored_file(kept) == PNG_BYTES
    folder = Path(app.instance_path) / "files"
    place = f"{kept.id[:2]}/{kept.id}"
    here = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    if bucket := app.config["FILES_URL"].removeprefix("s3://").split("/")[0]:
        assert (here, list_object_keys(bucket)) == ([], [f"sous/dossier/{place}"])
    else:
        assert here == [place]
    assert file_store.find_file("v", kept.id) == kept


def test_nobody_else_finds_it() -> None:
    kept = file_store.save_file("v", "photo.png", PNG_BYTES)
    assert file_store.find_file("w", kept.id) is None
    assert file_store.find_file("", kept.id) is None


@pytest.mark.parametrize("file_id", ["", "x", "../secret-key", "../../../etc/passwd", "%00", "é"])
def test_a_name_that_is_none_finds_nothing(file_id: str) -> None:
    assert file_store.find_file("v", file_id) is None


def test_a_discarded_one_is_gone_and_may_be_discarded_twice() -> None:
    kept = file_store.save_file("v", "photo.png", PNG_BYTES)
    assert file_store.delete_file_bytes([kept.id]) == []
    assert file_store.delete_file_bytes([kept.id]) == []
    assert kept.is_missing()
    with pytest.raises(FileNotFoundError):
        read_stored_file(kept)
    with pytest.raises(FileNotFoundError):
        file_responses.make_file_response(kept)


@pytest.mark.parametrize(
    ("given", "kept_as"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\é à.png", "é à.png"),
        ("e\u0301.png", "é.png"),
        ("10\u00a0000\u202f€.png", "10\u00a0000\u202f€.png"),
        ("日本 №5 ؟.png", "日本 №5 ؟.png"),
        ("\U0001f469\u200d\U0001f680.png", "\U0001f469\u200d\U0001f680.png"),
        ('a"b\r\nX-Header: 1\0.png', 'a"bX-Header: 1.png'),
        ("", "fichier"),
        ("/", "fichier"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
        ("<script>.png", "<script>.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\ud800.png", ".png"),
    ],
)
def test_name_is_kept_in_any_script_without_what_controls_or_deceives(given: str, kept_as: str) -> None:
    kept = file_store.save_file("v", given, PNG_BYTES)
    response = file_responses.make_file_response(kept)
    assert kept.name == kept_as
    assert name_in(response.headers["Content-Disposition"]) == kept_as
    response.close()


def name_in(disposition: str) -> str:
    """The file name that a browser takes from this header (RFC 6266): `filename*` before `filename`."""
    _, options = parse_options_header(disposition)
    return options["filename"]


@pytest.mark.parametrize("name", ["é.png", 'a"b; c.png', "x\u202fy.png"])
def test_content_disposition_is_one_line_of_ascii(name: str) -> None:
    response = file_responses.make_file_response(file_store.save_file("v", name, PNG_BYTES))
    disposition = response.headers["Content-Disposition"]
    assert disposition.isascii()
    assert disposition.isprintable()
    response.close()


def test_a_file_that_comes_in_pieces_is_typed_and_measured_as_a_whole() -> None:
    kept = file_store.save_file("v", "photo.png", (PNG_BYTES[n : n + 1] for n in range(len(PNG_BYTES))))
    assert (kept.media_type, kept.size, read_stored_file(kept)) == ("image/png", len(PNG_BYTES), PNG_BYTES)
    assert list(file_store.iter_chunks(io.BytesIO(b"x" * 70_000))) == [b"x" * 65_536, b"x" * 4_464]


def test_a_file_whose_source_fails_is_not_kept(app: Flask) -> None:
    def fail() -> Iterator[bytes]:
        yield PNG_BYTES
        raise CallError("connection-lost")

    with pytest.raises(CallError):
        file_store.save_file("v", "photo.png", fail())
    assert [path for path in Path(app.instance_path, "files").rglob("*") if path.is_file()] == []
    with database.read_session() as session:
        assert session.scalars(select(file_store.StoredFile)).all() == []


@pytest.mark.parametrize(
    "name",
    [
        "{}",
        "a/{}.png",
        "%68f_{rest}.png",
        "h\u200bf_{rest}",
        "h\ue000f_{rest}",
        "hf:{rest}.txt",
        "hf {rest}",
        "hfé{rest}",
    ],
)
def test_a_name_never_holds_the_token_in_a_page_a_header_or_an_archive(
    app: Flask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    secret = "hf_" + "aB3" * 10
    monkeypatch.setitem(app.extensions, "token", AccessToken(secret))
    kept = file_store.save_file("v", name.format(secret, rest=secret[3:]), PNG_BYTES)
    assert secret[3:] not in kept.name + archives.clean_file_name(kept.name, 120)


@pytest.mark.parametrize("content", [PNG_BYTES, b"<html><script>alert(1)</script>"])
def test_every_file_is_sealed_off_from_our_pages(content: bytes, app: Flask) -> None:
    kept = file_store.save_file("v", "x", content)
    app.add_url_rule("/kept", "kept", lambda: file_responses.make_file_response(kept))
    response = app.test_client().get("/kept")
    assert response.data == content
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "ETag" not in response.headers
    response.close()


def test_an_image_is_shown_in_the_page() -> None:
    response = file_responses.make_file_response(file_store.save_file("v", "photo.png", PNG_BYTES))
    assert response.mimetype == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline")
    response.close()


@pytest.fixture
def sound(app: Flask) -> FlaskClient:
    """A browser at `/kept`, where a sound of a hundred bytes is."""
    kept = file_store.save_file("v", "voix.wav", WAV_BYTES)
    app.add_url_rule("/kept", "kept", lambda: file_responses.make_file_response(kept))
    return app.test_client()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, 99),
        ("bytes=10-19", 10, 19),
        ("bytes=90-500", 90, 99),
        ("bytes=-5", 95, 99),
        ("bytes=99-", 99, 99),
    ],
)
def test_a_part_of_a_file_is_given_so_that_a_player_can_seek(
    sound: FlaskClient, asked: str, first: int, last: int
) -> None:
    response = sound.get("/kept", headers={"Range": asked}, buffered=True)
    assert response.status_code == 206
    assert response.data == WAV_BYTES[first : last + 1]
    assert response.headers["Content-Range"] == f"bytes {first}-{last}/100"
    assert response.headers["Content-Length"] == str(last + 1 - first)
    assert_is_sealed(response)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=500-600"])
def test_a_part_that_is_not_there_is_416(sound: FlaskClient, asked: str) -> None:
    response = sound.get("/kept", headers={"Range": asked}, buffered=True)
    assert response.status_code == 416
    assert response.data == b""
    assert response.headers["Content-Range"] == "bytes */100"
    assert_is_sealed(response)


@pytest.mark.parametrize("asked", ["", "lines=1-2", "bytes", "bytes=b-a", "bytes=0-1,5-6"])
def test_what_is_no_part_is_the_whole(sound: FlaskClient, asked: str) -> None:
    response = sound.get("/kept", headers={"Range": asked}, buffered=True)
    assert (response.status_code, response.data) == (200, WAV_BYTES)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert_is_sealed(response)


def assert_is_sealed(response: TestResponse) -> None:
    assert {name: response.headers[name] for name in file_responses.FILE_HEADERS} == file_responses.FILE_HEADERS


@pytest.mark.parametrize(
    ("content", "is_drawing"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", True),
        (b"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE svg PUBLIC 'x'>\n<SVG>", True),
        (b"<html><svg>", False),
        (b"text <svg>", False),
        (b"<svgx>", False),
        (PNG_BYTES, False),
        (b"", False),
        (b"<!-- " * 500, False),
    ],
)
def test_a_drawing_is_known_by_its_first_bytes(content: bytes, is_drawing: bool) -> None:
    assert file_responses.is_svg(file_store.save_file("v", "x.svg", content)) is is_drawing
