"""Files between a form and real Spaces of Gradio 4 to 6, both ways; and the code shown, which makes the same calls."""

import contextlib
import io
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import gradio_client
import pytest
from bs4 import BeautifulSoup
from PIL import Image, features

from tests.spaces import gradio_environments
from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support import samples
from tests.support.component_trials import open_endpoint_form
from tests.support.form_filling import fill_form, post_form
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_gradio_python, require_program

VERSIONS = (4, 5, 6)
NAMES = ["é.txt", "è.txt", "ê.txt", "日本語.txt", "Привет мир.txt", "e\u0301 a\u0300.txt", "été à Noël n°\u00a012.txt"]


@pytest.fixture(scope="module")
def serve_with_gradio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], ServedApps]]:
    """The apps in the Gradio of a version, started when first asked for."""
    with ExitStack() as until_the_end:

        @cache
        def serve(version: int) -> ServedApps:
            python = require_gradio_python(version)
            context = run_site_with_apps(tmp_path_factory.mktemp("exchanges"), python, "tests.spaces.serve_exchanges")
            return until_the_end.enter_context(context)

        yield serve


@pytest.fixture(params=VERSIONS)
def served_apps(request: pytest.FixtureRequest, serve_with_gradio: Callable[[int], ServedApps]) -> ServedApps:
    return serve_with_gradio(request.param)


@pytest.fixture
def latest(serve_with_gradio: Callable[[int], ServedApps]) -> ServedApps:
    return serve_with_gradio(6)


@pytest.fixture
def http_browser(request: pytest.FixtureRequest) -> Iterator[HttpBrowser]:
    name = "served_apps" if "served_apps" in request.fixturenames else "latest"
    somebody = HttpBrowser(request.getfixturevalue(name).site)
    yield somebody
    somebody.close()


def run_of(visitor: HttpBrowser, app: str, endpoint: str, **typed: Any) -> dict[str, Any]:
    """Send the form with these controls; the run, once it is over. A file is (content, name)."""
    form = open_endpoint_form(visitor, app, endpoint)
    sent = fill_form(form, {})
    for name, value in typed.items():
        assert any(key == f"arg-{name.replace('__', '-')}" for key in sent), (name, list(sent))
        sent[f"arg-{name.replace('__', '-')}"] = value if isinstance(value, list) else [value]
    answer = post_form(visitor, form, sent)
    assert answer.status_code == 303, BeautifulSoup(answer.text, "html.parser").get_text(" ", strip=True)[:2000]
    run = visitor.wait_for_end(answer.headers["location"])
    assert run["status"] == "succeeded", run["error"]
    return run


def sent_file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def value_of(run: dict[str, Any], number: int = 0) -> Any:
    return run["outputs"][number]["value"]


def page_of(visitor: HttpBrowser, run: dict[str, Any]) -> BeautifulSoup:
    return BeautifulSoup(visitor.get(f"/essais/{run['id']}").text, "html.parser")


class TestNames:
    def test_names_reach_the_space_in_any_script_as_with_gradio_client(
        self, http_browser: HttpBrowser, served_apps: ServedApps
    ) -> None:
        parameter = next(iter(served_apps.fetch_endpoints("echanges")["/nommer"]["parameters"]))["parameter_name"]
        run = run_of(http_browser, "echanges", "nommer", **{parameter: [sent_file(b"x", name) for name in NAMES]})
        found = value_of(run)
        assert found[:5] == ["é.txt", "è.txt", "ê.txt", "日本語.txt", "Привет мир.txt"]
        assert found[5] == "é à.txt"
        assert len({*found}) == len(NAMES)

    def test_path_with_no_break_spaces_is_fetched_and_saved_under_its_name(
        self, http_browser: HttpBrowser, served_apps: ServedApps
    ) -> None:
        kept = value_of(run_of(http_browser, "echanges", "facturer"))
        answer = http_browser.get(kept["file"])
        assert answer.text == "dix mille"
        assert "\u202f" in kept["name"]
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]


class TestOutputs:
    def test_every_picture_of_a_gallery_is_kept(self, http_browser: HttpBrowser, served_apps: ServedApps) -> None:
        run = run_of(http_browser, "echanges", "dessiner")
        assert [bool(item["image"]["file"]) for item in value_of(run)] == [True] * 25

    @pytest.mark.parametrize(("extension", "is_shown"), [("avif", True), ("bmp", True), ("ico", True), ("tiff", False)])
    def test_picture_is_shown_where_browsers_can(
        self, http_browser: HttpBrowser, latest: ServedApps, extension: str, is_shown: bool
    ) -> None:
        if extension == "avif" and not features.check("avif"):
            pytest.skip("this Pillow writes no AVIF")
        run = run_of(http_browser, "echanges", "rendre", format_name=extension)
        assert value_of(run)["media_type"].startswith("image/")
        section = page_of(http_browser, run).select_one("[data-output]")
        assert section is not None
        assert bool(section.select("img")) is is_shown
        assert section.select(f'a[download="rendu.{extension}"]')

    def test_streamed_voice_ends_as_a_sound_of_all_its_pieces(
        self, http_browser: HttpBrowser, served_apps: ServedApps
    ) -> None:
        if not served_apps.gradio.startswith("4."):
            require_program("ffmpeg")  # with which Gradio 5 and 6 stream sounds
        run = run_of(http_browser, "echanges", "parler")
        kept = value_of(run)
        assert kept["media_type"] == ("audio/wav" if served_apps.gradio.startswith("4.") else "audio/aac")
        assert kept["bytes"] > (48_000 if served_apps.gradio.startswith("4.") else 8_000)
        assert page_of(http_browser, run).select("[data-output] audio[src]")


class TestInputs:
    @pytest.mark.parametrize("kind", ["AVIF", "BMP", "TIFF", "ICO"])
    def test_picture_that_the_space_reads_is_taken(
        self, http_browser: HttpBrowser, latest: ServedApps, kind: str
    ) -> None:
        if kind == "AVIF" and not features.check("avif"):
            pytest.skip("this Pillow writes no AVIF")
        content = io.BytesIO()
        Image.new("RGB", (32, 32), "red").save(content, kind)
        run = run_of(http_browser, "images", "image_lue", value=sent_file(content.getvalue(), f"photo.{kind.lower()}"))
        assert value_of(run, 1)["vu"]["size"] == [32, 32]

    def test_object_around_a_file_is_sent_without_what_was_not_filled(
        self, http_browser: HttpBrowser, served_apps: ServedApps
    ) -> None:
        parameter = next(iter(served_apps.fetch_endpoints("echanges")["/encadrer"]["parameters"]))["parameter_name"]
        content = samples.read_sample("rouge.png")
        run = run_of(http_browser, "echanges", "encadrer", **{parameter: sent_file(content, "rouge.png")})
        assert value_of(run).endswith(" [] 0")


@pytest.mark.parametrize(
    ("served_apps", "app"), [(5, "fonctions"), (6, "fonctions"), (6, "serveur")], indirect=["served_apps"]
)
class TestFunctions:
    """Endpoints without components: gr.api since Gradio 5, gr.Server since 6."""

    RED = samples.read_sample("rouge.png")

    def test_one_file(self, http_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
        assert value_of(run_of(http_browser, app, "taille", file=sent_file(b"12345", "é.txt"))) == 5

    def test_list_and_optional(self, http_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
        both = [sent_file(b"1", "a.txt"), sent_file(b"22", "b.txt")]
        assert value_of(run_of(http_browser, app, "tailles", files=both)) == [1, 2]
        more = sent_file(b"333", "c.txt")
        both = [sent_file(b"1", "a.txt"), sent_file(b"22", "b.txt")]
        assert value_of(run_of(http_browser, app, "tailles", files=both, more=more)) == [1, 2, 3]

    def test_object_with_files_and_text(self, http_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
        run = run_of(
            http_browser,
            app,
            "carte",
            card__text='{"caption": "Un « été »"}',
            card__1=sent_file(b"1", "a.txt"),
            card__2=[sent_file(b"22", "b.txt"), sent_file(b"333", "c.txt")],
        )
        assert value_of(run) == {"caption": "Un « été »", "sizes": [1, 2, 3]}
        again = form_of_again(http_browser, run)
        assert "Un « été »" in again.get_text()
        assert len(again.select('input[name$="-kept"]')) == 3

    def test_tuple(self, http_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
        run = run_of(http_browser, app, "paire", pair__text="[null, 7]", pair__1=sent_file(b"22", "b.txt"))
        assert value_of(run) == [2, 7]

    def test_file_or_text(self, http_browser: HttpBrowser, served_apps: ServedApps, app: str) -> None:
        assert value_of(run_of(http_browser, app, "source", source=sent_file(b"22", "b.txt"))) == "2 octets"

    def test_outputs_are_fetched_wherever_they_stand(
        self, http_browser: HttpBrowser, served_apps: ServedApps, app: str
    ) -> None:
        run = run_of(http_browser, app, "peindre", colour="blue")
        assert value_of(run)["media_type"] == "image/png"
        assert page_of(http_browser, run).select("[data-output] img[src]")
        found = value_of(run_of(http_browser, app, "album", count="2"))["images"]
        assert [Image.open(io.BytesIO(http_browser.get(each["file"]).content)).size for each in found] == [(24, 16)] * 2


def form_of_again(visitor: HttpBrowser, run: dict[str, Any]) -> BeautifulSoup:
    """The page of the form, filled with the values of a run."""
    address = f"/espaces/{run['space']}?endpoint={run['endpoint']}&essai={run['id']}"
    return BeautifulSoup(visitor.get(address).text, "html.parser")


# The code shown

WITHOUT_CODE_TO_RUN = {"/parler"}
SAMPLE_CONTENT = {
    ".png": lambda: samples.read_sample("rouge.png"),
    ".wav": lambda: samples.read_sample("été.wav"),
    ".mp4": lambda: samples.read_sample("film.mp4"),
    ".glb": lambda: samples.read_sample("cube.glb"),
    ".pkl": lambda: b"\x80\x04N.",
    ".txt": lambda: b"texte",
    ".csv": lambda: b"a,b\n1,2\n",
}


def write_samples(folder: Path) -> None:
    """The files that the code names, as whoever takes it away has them."""
    stems = ("votre_fichier", "votre_image", "votre_son", "votre_video", "votre_volume", "votre_texte")
    for stem in stems:
        for extension, content in SAMPLE_CONTENT.items():
            (folder / (stem + extension)).write_bytes(content())


LISTING = re.compile(r"<pre\s[^<>]*\bdata-lang=.*?</pre>", re.DOTALL)


def codes_at(visitor: HttpBrowser, app: str, endpoint: str) -> dict[str, str]:
    """The code on the page of an endpoint, by language."""
    page = visitor.get(f"/espaces/essai/{app}?endpoint={endpoint}").text
    listings = BeautifulSoup("".join(LISTING.findall(page)), "html.parser")  # the rest of the page is not parsed
    return {str(each["data-lang"]): each.get_text() for each in listings.select("pre")}


def python_failure(code: str) -> str:
    """Why the Python code ends with an error, '' if it does not."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "appel.py", "exec"), {"__name__": "__main__"})
    except Exception as error:
        return f"{type(error).__name__}: {error}\n{code}"
    return ""


def curl_failure(code: str, folder: Path, address: str) -> str:
    """Why the commands end without a complete event, '' if they do."""
    environment = os.environ | {"SPACE": address}
    done = subprocess.run(
        ["bash", "-c", code], cwd=folder, env=environment, capture_output=True, timeout=60, check=False
    )
    printed = done.stdout.decode()
    return "" if "event: complete" in printed else f"{printed}\n{done.stderr.decode()}\n{code}"


def test_code_shown_runs_for_every_kind_of_file(
    http_browser: HttpBrowser, served_apps: ServedApps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_program("curl")
    write_samples(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gradio_client, "Client", cache(gradio_client.Client))  # of one Space: it takes long to make
    failures, count = [], 0
    for app, address in served_apps.addresses.items():
        monkeypatch.setenv("SPACE_URL", address)
        for name, endpoint in served_apps.fetch_endpoints(app).items():
            if name in WITHOUT_CODE_TO_RUN or not endpoint["parameters"]:
                continue
            code = codes_at(http_browser, app, name)
            found = [python_failure(code["python"]), curl_failure(code["curl"], tmp_path, address)]
            failures += [f"{served_apps.gradio} {app}{name}: {each}" for each in found if each]
            count += 1
    assert not failures, "\n\n".join(failures)
    assert count > 15


def test_code_names_a_sample_that_the_parameter_takes(http_browser: HttpBrowser, served_apps: ServedApps) -> None:
    assert "votre_fichier.pkl" in codes_at(http_browser, "echanges", "/charger")["python"]
    film = codes_at(http_browser, "sons", "/video")["python"]
    wanted = 'handle_file("votre_video.mp4")'
    assert (f"value={wanted}" if served_apps.gradio.startswith("6.") else f'value={{"video": {wanted}}}') in film


def test_curl_posts_values_by_name_where_that_gradio_can(http_browser: HttpBrowser, served_apps: ServedApps) -> None:
    code = codes_at(http_browser, "echanges", "/charger")["curl"]
    assert ("/call/v2/charger" in code) is served_apps.gradio.startswith("6.")


def test_versions_that_are_tried_are_those_with_an_environment() -> None:
    assert {*VERSIONS} == {*gradio_environments.NEWEST_PYTHON, 6} - {3}
