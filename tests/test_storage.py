"""Where the bytes of kept files are, in a folder or a bucket; and what students are told when it fails."""

import errno
import gc
import io
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from hfcourse import create_app
from hfcourse.errors import CallError
from hfcourse.files import file_store, storage_backends
from hfcourse.files.file_store import StoredFile
from hfcourse.files.storage_backends import FsspecBackend, LocalBackend, Storage
from hfcourse.practice import app_process
from hfcourse.runs.retention import disk_usage, pruning
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from tests.spaces.fake_servers import FakeSpace, make_completed
from tests.spaces.hostile_spaces import build_description
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.factories import count_rows, make_run
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.paths import ROOT
from tests.support.processes import find_free_port
from tests.support.s3 import S3_ACCESS_KEY, S3_SECRET_KEY, both_storages, list_object_keys
from tests.support.samples import PNG_BYTES, WAV_BYTES

NAME = "ab" * 16
LARGE = bytes(range(256)) * 10_000
PICTURE = {"path": "/tmp/x.png", "orig_name": "x.png", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(params=["folder", "s3", "memory"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return LocalBackend(tmp_path / "not" / "yet")
    if request.param == "s3":
        return FsspecBackend(f"s3://{request.getfixturevalue('bucket')}")
    return FsspecBackend(f"memory://{tmp_path.name}")


class TestStorage:
    def test_what_is_written_is_read_and_sought_in(self, backend: Storage) -> None:
        backend.write_bytes(NAME, LARGE)
        with backend.open(NAME) as file:
            assert file.read() == LARGE
            assert file.seek(-10, os.SEEK_END) == len(LARGE) - 10
            assert file.read() == LARGE[-10:]
            assert file.read(1) == b""
            file.seek(1_500_000)
            assert file.read(1000) == LARGE[1_500_000:1_501_000]

    def test_one_that_is_empty_is_read(self, backend: Storage) -> None:
        backend.write_bytes(NAME, b"")
        with backend.open(NAME) as file:
            assert file.read() == b""

    def test_what_is_removed_is_not_there_and_may_be_removed_twice(self, backend: Storage) -> None:
        backend.write_bytes(NAME, b"x")
        assert backend.exists(NAME)
        backend.remove(NAME)
        backend.remove(NAME)
        assert not backend.exists(NAME)
        with pytest.raises(FileNotFoundError):
            backend.open(NAME)

    def test_many_threads_write_and_read_at_once(self, backend: Storage) -> None:
        def there_and_back(number: int) -> bytes:
            backend.write_bytes(f"{number:02}", bytes([number]))
            with backend.open(f"{number:02}") as file:
                return file.read()

        with ThreadPoolExecutor(20) as pool:
            assert list(pool.map(there_and_back, range(40))) == [bytes([number]) for number in range(40)]

    def test_whoever_asks_whether_it_is_reachable_leaves_nothing(self, backend: Storage, tmp_path: Path) -> None:
        assert storage_backends.is_storage_writable(backend)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("read_size", [8192, -1])
    def test_file_of_a_bucket_is_read_in_pieces(
        self, bucket: str, monkeypatch: pytest.MonkeyPatch, read_size: int
    ) -> None:
        place, ranges = FsspecBackend(f"s3://{bucket}"), []
        place.write_bytes(NAME, LARGE)
        system = place.get_filesystem()
        call = system._call_s3

        async def call_and_note(method: str, *first: object, **named: object) -> object:
            if method == "get_object":
                ranges.append(named["Range"])
            return await call(method, *first, **named)

        monkeypatch.setattr(system, "_call_s3", call_and_note)
        with place.open(NAME) as file:
            assert b"".join(iter(lambda: file.read(read_size), b"")) == LARGE
        assert ranges == ["bytes=0-999999", "bytes=1000000-1999999", "bytes=2000000-2999999"]  # S3 clips the last

    def test_file_of_a_bucket_that_is_removed_while_it_is_read_is_missing(self, bucket: str) -> None:
        place = FsspecBackend(f"s3://{bucket}")
        place.write_bytes(NAME, LARGE)
        with place.open(NAME) as file:
            assert file.read(10) == LARGE[:10]
            place.remove(NAME)
            assert file.read(999_990) == LARGE[10:1_000_000]  # what was in the buffer
            with pytest.raises(FileNotFoundError, match="the store has no such file"):
                file.read(1)

    @pytest.mark.parametrize("failure", ["gone", "forbidden", "whole"])
    def test_store_that_fails_while_it_is_read_is_an_error_without_its_words(
        self, bucket: str, monkeypatch: pytest.MonkeyPatch, failure: str
    ) -> None:
        place = FsspecBackend(f"s3://{bucket}")
        place.write_bytes(NAME, LARGE)
        system = place.get_filesystem()
        call = system._call_s3

        async def fail(method: str, *first: object, **named: object) -> object:
            if failure == "whole":  # it ignores the range
                return await call(method, *first, **{key: value for key, value in named.items() if key != "Range"})
            raise ConnectionResetError(S3_ACCESS_KEY) if failure == "gone" else PermissionError(S3_ACCESS_KEY)

        with place.open(NAME) as file:
            file.read(1)
            monkeypatch.setattr(system, "_call_s3", fail)
            file.seek(1_500_000)
            with pytest.raises(OSError, match="the store of the files does not answer") as caught:
                file.read(1)
        assert S3_ACCESS_KEY not in str(caught.value)

    def test_a_process_that_was_forked_has_one_of_its_own(self, bucket: str) -> None:
        code = (
            "import os, sys; from hfcourse.files.storage_backends import FsspecBackend\n"
            f"place = FsspecBackend('s3://{bucket}'); place.write_bytes('first', b'1')\n"
            "if not (pid := os.fork()):\n"
            "    place.write_bytes('second', place.open('first').read() + b'2'); os._exit(0)\n"
            "print(os.waitpid(pid, 0)[1], place.open('second').read())"
        )
        said = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        assert said.stdout.strip() == "0 b'12'"

    def test_a_write_that_fails_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_paths: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(storage_backends.os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            LocalBackend(tmp_path).write_bytes(NAME, b"x")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("size", [10, 100_000, 12_000_000])
    def test_a_file_is_written_in_pieces(self, backend: Storage, size: int) -> None:
        content = (bytes(range(251)) * (size // 251 + 1))[:size]
        with backend.create(NAME) as file:
            for start in range(0, size, 65_536):
                file.write(content[start : start + 65_536])
        with backend.open(NAME) as file:
            assert file.read() == content

    @pytest.mark.parametrize("size", [0, 10, 12_000_000])
    def test_a_file_whose_source_fails_is_not_there(self, backend: Storage, tmp_path: Path, size: int) -> None:
        def fail_after() -> None:
            with backend.create(NAME) as file:
                for _ in range(size // 65_536 + (size > 0)):
                    file.write(b"x" * min(size, 65_536))
                raise CallError("timeout")

        with pytest.raises(CallError):
            fail_after()
        gc.collect()  # what is forgotten half-way must not be sent when it is collected
        assert not backend.exists(NAME)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_a_bucket_that_does_not_exist_is_not_made(self, bucket: str) -> None:
        import boto3

        place = FsspecBackend("s3://no-such-bucket-here/x")
        with pytest.raises(FileNotFoundError):
            place.write_bytes(NAME, b"x")
        assert not storage_backends.is_storage_writable(place)
        assert "no-such-bucket-here" not in str(boto3.client("s3").list_buckets()["Buckets"])


class TestSetting:
    def made(self, folder: Path, url: str) -> Flask:
        return create_app({"INSTANCE": str(folder), "TESTING": True, "FILES_URL": url})

    def test_a_folder_that_several_machines_share(self, tmp_path: Path) -> None:
        site = self.made(tmp_path / "site", f"file://{tmp_path}/partag%C3%A9")
        with site.app_context():
            kept = file_store.save_file("v", "photo.png", PNG_BYTES)
        assert (tmp_path / "partagé" / kept.id[:2] / kept.id).read_bytes() == PNG_BYTES
        assert not (tmp_path / "site" / "files").exists()
        close_app(site)

    def test_one_that_cannot_be_made_stops_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SystemExit, match=r"HFCOURSE_FILES_URL .*on ne peut pas écrire dans ce dossier"):
            self.made(tmp_path / "site", f"file://{tmp_path}/file/folder")

    @pytest.mark.parametrize(
        "url",
        ["s3://", "s3:///prefix", "bucket", "/shared", "file://host/x", "file:///", "https://example.org/x",
         "s3://key:SECRET@bucket", "s3://bucket/../x", "s3://bucket?SECRET", "s3://a bucket"],
    )  # fmt: skip
    def test_an_address_that_makes_no_sense_stops_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("HFCOURSE_FILES_URL", url)
        with pytest.raises(SystemExit, match="HFCOURSE_FILES_URL") as caught:
            create_app({"INSTANCE": str(tmp_path)})
        assert "SECRET" not in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_one_that_fsspec_does_not_know_stops_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match=r"HFCOURSE_FILES_URL .*que fsspec connaît"):
            self.made(tmp_path, "nonsense://bucket/x")

    @pytest.mark.parametrize("library", ["fsspec", "s3fs"])
    def test_a_library_that_is_not_installed_stops_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        monkeypatch.setattr(import_module("fsspec.registry"), "registry", {})  # it remembers what it has imported
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(SystemExit, match="requirements-campus"):
            self.made(tmp_path, "s3://bucket/x")

    def test_the_practice_space_is_given_no_key(self, bucket: str) -> None:
        assert {S3_ACCESS_KEY, S3_SECRET_KEY} <= set(os.environ.values())
        assert not {S3_ACCESS_KEY, S3_SECRET_KEY} & set(app_process.build_app_environment().values())


# What a student sees


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space that takes some words and a file, and gives back a picture."""
    given = build_description(
        ("textbox", "words", {}), ("file", "piece", {"value": None}), outputs=(("image", "Sortie"),)
    )
    made = FakeSpace(**given, messages=[make_completed([PICTURE])], file_content=PNG_BYTES)
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, space: FakeSpace, files_url: str) -> Iterator[Flask]:
    """A site with one Space, `a/b`."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    made = create_app({"INSTANCE": str(folder), "TESTING": True, "FILES_URL": files_url})
    yield made
    close_app(made)


class Trouble:
    """Takes the storage of a site away, and gives it back."""

    def __init__(self, site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self._monkeypatch = site, monkeypatch
        self.is_remote = bool(site.config["FILES_URL"])
        self.port = find_free_port()

    def begin(self) -> None:
        """A full disk; or nobody listens at the address of the bucket any more."""
        if self.is_remote:
            self._monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{self.port}")
            self.site.extensions["files"] = FsspecBackend(self.site.config["FILES_URL"])
        else:
            self._monkeypatch.setattr("hfcourse.files.storage_backends.os.replace", self._fail)

    def end(self) -> None:
        """As it was: an S3 server with the same buckets listens there."""
        if not self.is_remote:
            self._monkeypatch.undo()
            return
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def close(self) -> None:
        if hasattr(self, "_server"):
            self._server.stop()

    @staticmethod
    def _fail(*_paths: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def trouble(site: Flask) -> Iterator[Trouble]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = Trouble(site, monkeypatch)
        yield made
        made.close()


def sent(student: BrowserClient, words: str = "bonjour", content: bytes = b"texte") -> str:
    """Fill and send the form; the address of the run."""
    page = student.open_page("/espaces/a/b")
    response = student.submit_form(page, words=words, piece=(io.BytesIO(content), "note.txt"))
    assert response.status_code == 303
    return response.headers["Location"]


def says_nothing_of_ours(body: str) -> bool:
    """Is there no key, no address of the bucket's server, no name of an exception?"""
    return not any(
        word in body
        for word in (S3_ACCESS_KEY, S3_SECRET_KEY, "127.0.0.1", "Traceback", "OSError", "Errno", "botocore")
    )


@both_storages
class TestStudents:
    def test_what_is_sent_and_what_comes_back_is_kept_sent_again_taken_away_and_deleted(
        self, site_awa: BrowserClient, space: FakeSpace, site: Flask
    ) -> None:
        run = site_awa.wait_for_end(sent(site_awa))
        picture = run["outputs"][0]["value"]
        assert site_awa.client.get(picture["file"], buffered=True).data == PNG_BYTES
        assert site_awa.client.get(run["inputs"]["piece"]["file"], buffered=True).data == b"texte"
        token = site_awa.open_page("/essais/").select_one("main [name=csrf_token]")
        assert token is not None
        again = site_awa.client.post(f"/essais/{run['id']}/refaire", data={"csrf_token": token["value"]})
        second = site_awa.wait_for_end(again.headers["Location"])
        assert (second["status"], second["inputs"]["piece"]["name"]) == ("succeeded", "note.txt")
        assert [b"texte" in each.body for each in space.requests_to("/upload")] == [True, True]
        if site.config["FILES_URL"]:
            assert len(list_object_keys(site.config["FILES_URL"].split("/")[2])) == 3
        for each in (run, second):
            assert pruning.delete_run(each["id"]) == 1
        assert count_rows(StoredFile) == 0
        if site.config["FILES_URL"]:
            assert list_object_keys(site.config["FILES_URL"].split("/")[2]) == []
        assert site_awa.client.get(picture["file"]).status_code == 404

    def test_a_file_that_cannot_be_kept_is_told_on_the_form_and_nothing_typed_is_lost(
        self, site_awa: BrowserClient, trouble: Trouble, space: FakeSpace, caplog: pytest.LogCaptureFixture
    ) -> None:
        page = site_awa.open_page("/espaces/a/b")
        trouble.begin()
        with caplog.at_level(logging.INFO):
            refused = site_awa.submit_form(page, words="Une longue phrase", piece=(io.BytesIO(b"texte"), "note.txt"))
        assert refused.status_code == 503
        page = parse_page(refused)
        assert list_error_codes(page)[0] == "not-stored"
        assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["Une longue phrase"]
        assert "n’a pas pu garder ce fichier" in page.get_text()
        assert says_nothing_of_ours(
            refused.get_data(as_text=True).replace(space.url, "").replace("http://127.0.0.1:5000/", "")
        )
        assert S3_ACCESS_KEY not in caplog.text
        assert S3_SECRET_KEY not in caplog.text
        assert (count_rows(Run), count_rows(StoredFile), space.requests_to("/join")) == (0, 0, [])
        trouble.end()
        assert site_awa.wait_for_end(sent(site_awa))["status"] == "succeeded", "it recovers by itself"

    def test_an_output_that_cannot_be_kept_is_told_and_the_run_ends(
        self, site_awa: BrowserClient, trouble: Trouble, space: FakeSpace
    ) -> None:
        page = site_awa.open_page("/espaces/a/b")
        trouble.begin()
        address = site_awa.submit_form(page, words="x").headers["Location"]
        run = site_awa.wait_for_end(address)
        assert run["status"] == "succeeded"
        assert (run["outputs"][0]["value"]["file"], run["outputs"][0]["value"]["name"]) == (None, "x.png")
        assert "le site n’a pas eu où le ranger" in site_awa.open_page(address).get_text()
        assert count_rows(StoredFile) == 0

    def test_a_file_that_is_gone_is_404_and_says_so(self, site_awa: BrowserClient) -> None:
        run_id = make_run("awa", file=("voix.wav", WAV_BYTES))
        run = run_store.load_run(run_id)
        assert run is not None
        file_store.get_file_storage().remove(run.files[0].file_id)
        for end_of_address in ("0", "0.svg"):
            response = site_awa.client.get(f"/essais/{run_id}/fichiers/{end_of_address}")
            assert response.status_code == 404
            assert "Ce fichier n’est plus là." in parse_page(response).get_text()

    def test_what_no_longer_can_be_deleted_is_deleted_later(
        self, site_awa: BrowserClient, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone, left = (file_store.save_file("awa", "a.png", PNG_BYTES) for _ in range(2))
        remove = type(file_store.get_file_storage()).remove

        def refuse(place: Storage, name: str) -> None:
            if name == left.id:
                raise OSError("the store of the files does not answer")
            remove(place, name)

        with monkeypatch.context() as patched:
            patched.setattr(type(file_store.get_file_storage()), "remove", refuse)
            pruning.delete_orphan_files([gone.id, left.id])
        assert [file_store.find_file("awa", each.id) for each in (gone, left)] == [None, None]
        assert (count_rows(StoredFile), disk_usage.sum_file_bytes()) == (1, 0), "a row of nobody's, to find it by"
        pruning.delete_orphan_files(pruning.find_orphan_files(-pruning.ORPHAN_FILE_TTL))
        assert count_rows(StoredFile) == 0
        assert left.is_missing()


@pytest.mark.parametrize("files_url", ["s3"], indirect=True)
class TestUnreachable:
    def test_a_file_is_503_and_says_so(
        self, site_awa: BrowserClient, trouble: Trouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        run_id = make_run("awa", file=("voix.wav", WAV_BYTES))
        trouble.begin()
        for end_of_address in ("0", "0.svg"):
            response = site_awa.client.get(f"/essais/{run_id}/fichiers/{end_of_address}")
            assert response.status_code == 503
            assert "n’a pas pu lire un fichier" in parse_page(response).get_text()
            assert says_nothing_of_ours(response.get_data(as_text=True))
        assert not any(secret in caplog.text for secret in (S3_ACCESS_KEY, S3_SECRET_KEY, f":{trouble.port}"))
        trouble.end()
        assert site_awa.client.get(f"/essais/{run_id}/fichiers/0", buffered=True).data == WAV_BYTES

    def test_a_run_whose_file_cannot_be_read_says_so_and_can_be_run_again(
        self, site_awa: BrowserClient, trouble: Trouble, space: FakeSpace
    ) -> None:
        first = site_awa.wait_for_end(sent(site_awa))
        token = site_awa.open_page("/essais/").select_one("main [name=csrf_token]")
        assert token is not None
        trouble.begin()
        again = site_awa.client.post(f"/essais/{first['id']}/refaire", data={"csrf_token": token["value"]})
        run = site_awa.wait_for_end(again.headers["Location"])
        assert (run["status"], run["error"]["code"]) == ("failed", "file-unreachable")
        assert len(space.requests_to("/join")) == 1
        trouble.end()
        again = site_awa.client.post(f"/essais/{run['id']}/refaire", data={"csrf_token": token["value"]})
        assert site_awa.wait_for_end(again.headers["Location"])["status"] == "succeeded"

    def test_the_health_page_says_so_and_the_site_goes_on(self, site_awa: BrowserClient, trouble: Trouble) -> None:
        assert site_awa.client.get("/sante").get_json()["files"] is True
        trouble.begin()
        response = site_awa.client.get("/sante")
        assert (response.status_code, response.get_json()["files"]) == (200, False)


@contextmanager
def limit_database_size(engine: Engine) -> Iterator[None]:
    """Let the database grow no further: SQLite limits it for a connection, and the pool may have several."""

    def limit_connection(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as small as it is now

    event.listen(engine, "checkout", limit_connection)
    try:
        yield
    finally:
        event.remove(engine, "checkout", limit_connection)
        engine.dispose()  # connections opened from here on have no limit


class TestFullDisk:
    def test_a_run_that_the_database_has_no_room_for_is_told_on_the_form(
        self, site_awa: BrowserClient, site: Flask, space: FakeSpace
    ) -> None:
        page = site_awa.open_page("/espaces/a/b")
        with limit_database_size(site.extensions["database"].kw["bind"]):
            refused = site_awa.submit_form(page, words="Une longue phrase " * 1000)
        assert refused.status_code == 503
        page = parse_page(refused)
        assert list_error_codes(page)[0] == "not-stored"
        assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["Une longue phrase " * 1000]
        assert (count_rows(Run), space.requests_to("/join")) == (0, [])
        assert site_awa.wait_for_end(site_awa.submit_form(page).headers["Location"])["status"] == "succeeded"

    def test_a_form_that_the_disk_has_no_room_for_while_it_comes_keeps_what_was_typed(
        self, site_awa: BrowserClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = site_awa.open_page("/espaces/a/b")

        class Full(io.BytesIO):
            def write(self, _data) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("tempfile.TemporaryFile", lambda *_one, **_how: Full())
        refused = site_awa.submit_form(page, words="bonjour", piece=(io.BytesIO(LARGE), "grand.bin"))
        assert refused.status_code == 503
        page = parse_page(refused)
        assert list_error_codes(page)[0] == "not-stored"
        assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["bonjour"]
