"""The instructor's own pictures in the place of our drawings: on the site, on the page to print, in the file."""

import base64
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from PIL import Image

from hfcourse.lessons import content_checks
from hfcourse.lessons.markup import figures
from hfcourse.text import typography
from tests.support.clients import BrowserClient
from tests.support.lessons import collect_lint_messages
from tests.support.plain_typography import untypeset

DRAWN = "HuggingFaceTokens.svg"
TITLE = "La page Access Tokens de Hugging Face"
LESSON = "/lecons/3-2-compte-et-jeton"


@pytest.fixture
def folder(app: Flask) -> Path:
    """The folder of the instructor's pictures."""
    made = Path(app.instance_path) / "figures"
    made.mkdir()
    return made


def picture_at(path: Path, size: tuple[int, int] = (640, 360)) -> bytes:
    Image.new("RGB", size, "navy").save(path)
    return path.read_bytes()


def pictures_in(page: Tag) -> list[Tag]:
    return page.select("figure.figure > img")


@pytest.mark.parametrize(("orientation", "size"), [(1, ("640", "360")), (3, ("640", "360")), (6, ("360", "640"))])
def test_a_photograph_stored_on_its_side_has_the_size_that_is_shown(
    student: BrowserClient, folder: Path, orientation: int, size: tuple[str, str]
) -> None:
    exif = Image.Exif()
    exif[figures.EXIF_ORIENTATION] = orientation
    Image.new("RGB", (640, 360), "navy").save(folder / "HuggingFaceTokens.jpg", exif=exif)
    (shown,) = pictures_in(student.open_page(LESSON))
    assert (shown["width"], shown["height"]) == size


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "avif", "PNG"])
def test_a_picture_takes_the_place_of_the_drawing_of_its_name(
    student: BrowserClient, folder: Path, suffix: str
) -> None:
    assert pictures_in(student.open_page(LESSON)) == []
    content = picture_at(folder / f"HuggingFaceTokens.{suffix}")
    page = student.open_page(LESSON)
    (shown,) = pictures_in(page)
    assert {name: shown[name] for name in ("src", "alt", "width", "height")} == {
        "src": f"/figures/HuggingFaceTokens.{suffix}",
        "alt": TITLE,
        "width": "640",
        "height": "360",
    }
    assert TITLE not in [title.get_text() for title in page.select("figure svg title")]
    with student.client.get(str(shown["src"])) as answer:
        assert (answer.data, answer.mimetype) == (content, figures.PICTURE_TYPES[f".{suffix.lower()}"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_another_picture_or_none_shows_at_the_next_reload(student: BrowserClient, folder: Path) -> None:
    path = folder / "HuggingFaceTokens.png"
    picture_at(path)
    assert pictures_in(student.open_page(LESSON))[0]["width"] == "640"
    picture_at(path, (1200, 675))
    assert pictures_in(student.open_page(LESSON))[0]["width"] == "1200"
    path.unlink()
    assert pictures_in(student.open_page(LESSON)) == []


def test_behind_a_proxy_its_address_keeps_the_path_of_the_site(student: BrowserClient, folder: Path) -> None:
    picture_at(folder / "HuggingFaceTokens.png")
    for address in (LESSON, "/imprimer"):
        answer = student.client.get(address, environ_overrides={"SCRIPT_NAME": "/cours"})
        found = {str(shown["src"]) for shown in pictures_in(BeautifulSoup(answer.data, "html.parser"))}
        assert found == {"/cours/figures/HuggingFaceTokens.png"}


def test_figure_is_in_the_exported_file_itself(app: Flask, folder: Path, tmp_path: Path) -> None:
    content, written = picture_at(folder / "HuggingFaceTokens.png"), tmp_path / "course.html"
    with app.app_context():
        assert app.test_cli_runner().invoke(args=["export", str(written)]).exit_code == 0
    page = BeautifulSoup(written.read_text(encoding="utf-8"), "html.parser")
    (shown,) = {str(shown["src"]) for shown in pictures_in(page)}
    assert shown == "data:image/png;base64," + base64.b64encode(content).decode()
    assert "img-src data:" in str(page.select_one("meta[http-equiv]"))


@pytest.mark.parametrize("name", ["notes.txt", "HuggingFaceTokens.svg", "Autre.png", "../hfcourse.sqlite", "none.png"])
def test_nothing_else_of_the_folder_is_served(student: BrowserClient, folder: Path, name: str) -> None:
    if "/" not in name and name != "none.png":
        picture_at(folder / "ok.png")
        (folder / "ok.png").rename(folder / name)
    is_picture = name == "Autre.png"  # a picture that no lesson shows, put there to be shown
    with student.client.get(f"/figures/{name}") as answer:
        assert answer.status_code == (200 if is_picture else 404)


def test_what_cannot_be_used_is_told_and_the_drawing_stays(app: Flask, student: BrowserClient, folder: Path) -> None:
    assert collect_lint_messages(app) == []
    picture_at(folder / "HuggingFaceToken.png")
    (folder / "HuggingFaceModels.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    assert collect_lint_messages(app) == [
        "HuggingFaceModels.png:1: cette image est illisible.",
        "HuggingFaceToken.png:1: cette image ne remplace aucune figure.",
    ]
    with app.app_context():
        assert (
            untypeset(content_checks.collect_lint_errors()[1].advice)
            == "Vouliez-vous écrire « HuggingFaceTokens.png » ?"
        )
    assert pictures_in(student.open_page(LESSON)) == []
    assert pictures_in(student.open_page("/lecons/3-1-presentation")) == []


def test_a_picture_too_heavy_for_a_phone_is_told_and_shown(app: Flask, student: BrowserClient, folder: Path) -> None:
    picture_at(folder / "HuggingFaceTokens.png")
    with (folder / "HuggingFaceTokens.png").open("ab") as file:
        file.write(bytes(figures.MAX_PICTURE_BYTES))
    weight = typography.format_size((folder / "HuggingFaceTokens.png").stat().st_size)
    assert collect_lint_messages(app) == [f"HuggingFaceTokens.png:1: cette image pèse {untypeset(weight)}."]
    assert [picture["src"] for picture in pictures_in(student.open_page(LESSON))] == ["/figures/HuggingFaceTokens.png"]
