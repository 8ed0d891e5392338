"""What other users and programs of the machine can read of the site."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hfcourse import file_permissions
from hfcourse.text import common_passwords
from tests.support.apps import open_app

ROOT = Path(__file__).parents[1]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]}


def test_start_tightens_what_an_earlier_version_left_open(tmp_path: Path, empty_database: bytes) -> None:
    folder = tmp_path / "instance"
    (folder / "files" / "ab").mkdir(parents=True)
    (folder / "files" / "ab" / "abcd").write_bytes(b"x")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    with open_app(folder, empty_database) as app:
        app.test_client().get("/essais/")
        assert set(modes(folder).values()) == {0}


def test_files_below_an_address_of_files_are_private_and_what_else_is_there_is_left_alone(
    tmp_path: Path, empty_database: bytes
) -> None:
    shared = tmp_path / "shared"
    for folder in ("ab", "cours", "cd"):
        (shared / folder).mkdir(parents=True)
        (shared / folder / f"{folder}cd").write_bytes(b"x")
    for path in [shared, *shared.rglob("*")]:
        path.chmod(0o755)
    umask = os.umask(0o022)
    try:
        with open_app(tmp_path / "instance", empty_database, FILES_URL=shared.as_uri()) as app:
            app.extensions["files"].write_bytes("efgh", b"new")
        assert {name for name, mode in modes(shared).items() if mode} == {"shared", "cours", "courscd"}
        (shared / "ab" / "abcd").chmod(0o644)  # in a private folder: not walked through again
        with open_app(tmp_path / "instance", empty_database, FILES_URL=shared.as_uri()):
            assert (shared / "ab" / "abcd").stat().st_mode & 0o077 == 0o044
    finally:
        os.umask(umask)


def test_sticky_folder_of_everybody_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    file_permissions.restrict_to_owner(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_serving_process_is_closed_to_programs_of_its_user(tmp_path: Path) -> None:
    code = (
        "import ctypes; from hfcourse import create_app; create_app(); "
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    environment = os.environ | {"HFCOURSE_INSTANCE": str(tmp_path), "HF_TOKEN": "hf_" + "e" * 30}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "0"


@pytest.mark.parametrize(
    "password",
    ["motdepasse", "Mot de passe", "P@ssw0rd", "Password1!", "hfcourse2026", "HF-Course-2026", "12345678", "87654321",
     "azertyuiop", "qsdfghjklm", "aaaaaaaa", "abcabcabc", "étudiant", "Enseignant2026!", "m0td3p4ss3", "court"],
)  # fmt: skip
def test_password_that_is_guessed_first_is_weak(password: str) -> None:
    assert common_passwords.is_weak_password(password)


@pytest.mark.parametrize(
    "password", ["craie et tableau noir", "kqz7wk3p", "une autre phrase", "tournesol", "enseignant-9f3kq2"]
)
def test_password_that_is_not_guessed_first_is_taken(password: str) -> None:
    assert not common_passwords.is_weak_password(password)
