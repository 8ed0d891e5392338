"""The endpoints of the practice Space, called as students' programs call them: with gradio_client."""

import json
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.support.practice_space import PRACTICE_ENDPOINTS, open_practice_client
from tests.support.waiting import wait_until


def get(practice, path: str) -> bytes:
    with urllib.request.urlopen(practice.url + path) as answer:
        return answer.read()


@pytest.fixture
def info(practice):
    return json.loads(get(practice, "/gradio_api/info"))


@pytest.fixture
def make_picture(tmp_path):
    """Makes a picture file and gives it as gradio_client sends it."""

    def make(size=(40, 30), mode="RGB", color="red", name="image.png"):
        path = tmp_path / name
        Image.new(mode, size, color).save(path)
        return handle_file(str(path))

    return make


@pytest.fixture
def filtered(practice, practice_client):
    """Filters a picture and opens the result."""

    def filtered(image, filtre: str) -> Image.Image:
        file = practice_client.predict(image, filtre, api_name="/filtrer")
        assert file["path"].endswith(".png")
        return Image.open(BytesIO(get(practice, "/gradio_api/file=" + file["path"])))

    return filtered


# --- the page and its description


def test_the_endpoints_are_these_eight_with_these_parameters(info):
    described = {
        name: (
            [p["parameter_name"] for p in endpoint["parameters"]],
            [r["component"] for r in endpoint["returns"]],
        )
        for name, endpoint in info["named_endpoints"].items()
    }

    assert described == PRACTICE_ENDPOINTS
    assert info["unnamed_endpoints"] == {}


def test_each_endpoint_is_described_in_one_french_sentence(info):
    for endpoint in info["named_endpoints"].values():
        assert endpoint["description"].endswith(".")
        assert endpoint["description"].count(".") == 1
        assert not {" ;", " :"} & {endpoint["description"][i : i + 2] for i in range(200)}


def test_the_page_loads_no_font_or_script_from_elsewhere(practice):
    assert b"fonts.googleapis" not in get(practice, "/") + get(practice, "/theme.css")


def test_a_hidden_exception_stays_hidden(practice, practice_client):
    assert json.loads(get(practice, "/config"))["show_error"] is False
    with pytest.raises(AppError) as caught:
        practice_client.predict("texte", "addition", 2, api_name="/calculer")
    assert "could not convert" not in str(caught.value)


def test_the_app_listens_on_this_machine_only(practice):
    assert practice.url.startswith("http://127.0.0.1:")
    sockets = Path("/proc/net/tcp")
    if sockets.exists():
        port = f":{int(practice.url.rpartition(':')[2]):04X} 00000000:0000"
        listening = [line.split()[1] for line in sockets.read_text().splitlines() if port in line]
        assert [address.partition(":")[0] for address in listening] == ["0100007F"]


# --- /saluer, /calculer


def test_practice_app_greets_by_first_name(practice_client):
    assert practice_client.predict("  Awa ", True, api_name="/saluer") == "Bonjour Awa\u202f! Comment vas-tu\u202f?"
    assert practice_client.predict("Éloïse", False, api_name="/saluer").endswith("Comment allez-vous\u202f?")


@pytest.mark.parametrize("prenom", ["", "   ", "x" * 81])
def test_practice_app_does_not_greet_an_empty_name(practice_client, prenom):
    with pytest.raises(AppError, match="prénom"):
        practice_client.predict(prenom, True, api_name="/saluer")


@pytest.mark.parametrize(
    ("a", "operation", "b", "result"),
    [
        (6, "addition", 7, 13),
        (6, "soustraction", 7, -1),
        (6, "multiplication", 7, 42),
        (7, "division", 2, 3.5),
        (0.1, "addition", 0.2, 0.3),
        (0, "division", 5, 0),
    ],
)
def test_practice_app_calculates(practice_client, a, operation, b, result):
    assert practice_client.predict(a, operation, b, api_name="/calculer") == result


def test_dividing_by_zero_is_an_error_that_says_so(practice_client):
    with pytest.raises(AppError, match="On ne peut pas diviser par zéro\u00a0:"):
        practice_client.predict(1, "division", 0, api_name="/calculer")


@pytest.mark.parametrize("values", [(None, "addition", 2), (1, "addition", None), (1, None, 2)])
def test_a_missing_value_is_an_error_that_says_so(practice_client, values):
    with pytest.raises(AppError, match="deux nombres"):
        practice_client.predict(*values, api_name="/calculer")


def test_a_result_too_large_is_an_error_that_says_so(practice_client):
    with pytest.raises(AppError, match="trop grand"):
        practice_client.predict(1e300, "multiplication", 1e300, api_name="/calculer")


# --- /compter


def test_practice_app_counts_step_by_step(practice_client):
    run = practice_client.submit(4, 0.1, api_name="/compter")
    values = list(run)

    assert [value.count("…") for value in values] == [1, 2, 3, 3]
    assert values[-1] == "1… 2… 3… 4\u202f!"
    assert all(later.startswith(earlier) for earlier, later in pairwise(values))


def test_practice_app_shows_its_progress(practice, practice_client):
    run = practice_client.submit(5, 0.5, api_name="/compter")

    def seen() -> set[int | None]:
        return {unit.index for unit in run.status().progress_data or []}

    assert wait_until(lambda: seen() & {1, 2, 3, 4})


@pytest.mark.parametrize(("jusqua", "pause"), [(0, 0.1), (21, 0.1), (5, 2.1), (5, -1)])
def test_practice_app_refuses_to_count_for_too_long(practice_client, jusqua, pause):
    with pytest.raises(AppError, match=r"minimum|maximum"):
        practice_client.predict(jusqua, pause, api_name="/compter")


# --- /filtrer


@pytest.mark.parametrize(
    ("filtre", "seen"),
    [
        ("noir et blanc", (76, 76, 76)),
        ("négatif", (0, 255, 255)),
        ("flou", (255, 0, 0)),
        ("contours", (255, 255, 255)),
    ],
)
def test_practice_app_filters_a_picture(make_picture, filtered, filtre, seen):
    picture = filtered(make_picture(), filtre)

    assert picture.size == (40, 30)
    assert picture.convert("RGB").getpixel((20, 15)) == seen


def test_sepia_is_warm(make_picture, filtered):
    red, green, blue = filtered(make_picture(color="gray"), "sépia").convert("RGB").getpixel((5, 5))

    assert red > green > blue


def test_contours_draws_edges(tmp_path, filtered):
    picture = Image.new("RGB", (40, 40), "white")
    picture.paste("black", (10, 10, 30, 30))
    picture.save(tmp_path / "square.png")
    drawn = filtered(handle_file(str(tmp_path / "square.png")), "contours").convert("L")

    row = [drawn.getpixel((x, 20)) for x in range(40)]

    assert [x for x in range(40) if row[x] < 100] == [9, 30]


@pytest.mark.parametrize("size", [(1, 1), (2, 3)])
def test_a_tiny_picture_has_no_contours(make_picture, filtered, size):
    assert filtered(make_picture(size=size), "contours").size == size


def test_transparency_is_kept(make_picture, filtered):
    assert filtered(make_picture(mode="RGBA", color=(255, 0, 0, 40)), "négatif").getpixel((5, 5)) == (
        0,
        255,
        255,
        40,
    )


def test_a_large_picture_is_reduced_and_a_huge_one_refused(make_picture, filtered, practice_client):
    assert filtered(make_picture(size=(4096, 1024), name="large.jpg"), "négatif").size == (2048, 512)
    for size in [(4300, 3000), (8000, 8000), (20_000, 20_000)]:  # Pillow itself refuses the last one
        with pytest.raises(AppError, match="trop grande\u00a0: 12 millions"):
            practice_client.predict(make_picture(size=size, mode="1", color=0), "négatif", api_name="/filtrer")


def test_filtrer_takes_what_a_phone_calls_12_megapixels(make_picture, filtered):
    assert filtered(make_picture(size=(4032, 3024), name="photo.jpg"), "négatif").size == (2048, 1536)


@pytest.mark.parametrize("name", ["image.tiff", "image.bmp", "image.ico", "image.jp2", "image.png.svg"])
def test_filtrer_refuses_other_formats_with_a_sentence(tmp_path, practice_client, name):
    path = tmp_path / name
    kind = {".tiff": "TIFF", ".bmp": "BMP", ".ico": "ICO", ".jp2": "JPEG2000"}.get(path.suffix, "PPM")
    Image.new("RGB", (40, 30)).save(path, format=kind)
    with pytest.raises(AppError, match="pas une image lisible"):
        practice_client.predict(handle_file(str(path)), "négatif", api_name="/filtrer")


def png_with(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A small PNG with more chunks before its pixels."""
    plain = BytesIO()
    Image.new("RGB", (40, 30), "red").save(plain, "PNG")
    head, rest = plain.getvalue()[:33], plain.getvalue()[33:]
    more = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return head + b"".join(more) + rest


def exif_of(copies: int, size: int) -> bytes:
    """EXIF data whose entries each stand for the same long text, after an orientation."""
    entries = [(0x112, 3, 1, 6), *((0x4000 + n, 7, size, 0) for n in range(copies))]
    start = 8 + 2 + 12 * len(entries) + 4
    listed = b"".join(struct.pack("<HHII", tag, kind, count, value or start) for tag, kind, count, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + listed + bytes(4) + b"x" * size


def test_filtrer_turns_a_picture_by_its_exif_and_lets_a_bomb_of_it_be(tmp_path, filtered):
    for number, (exif, size) in enumerate([(exif_of(2, 10), (30, 40)), (exif_of(3000, 5_000_000), (40, 30))]):
        path = tmp_path / f"{number}.png"
        path.write_bytes(png_with([(b"eXIf", exif)]))
        assert filtered(handle_file(str(path)), "négatif").size == size


def test_filtrer_refuses_a_picture_whose_texts_unpack_to_megabytes(tmp_path, practice_client):
    texts = [(b"zTXt", b"key%d\0\0" % n + zlib.compress(b"x" * 1_000_000)) for n in range(20)]
    (tmp_path / "texts.png").write_bytes(png_with(texts))
    with pytest.raises(AppError, match="pas une image lisible"):
        practice_client.predict(handle_file(str(tmp_path / "texts.png")), "négatif", api_name="/filtrer")


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has had."""
    lines = Path("/proc", str(pid), "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the memory of a process")
def test_filtrer_filters_many_large_pictures_within_600_megabytes(practice, make_picture):
    photo = make_picture(size=(4032, 3024), mode="RGBA", name="photo.png")

    def filter_one(_number: int) -> str:
        return open_practice_client(practice).predict(photo, "flou", api_name="/filtrer")["path"]

    with ThreadPoolExecutor(12) as pool:
        assert len(list(pool.map(filter_one, range(12)))) == 12
    assert peak_megabytes(practice.pid) < 600


@pytest.mark.parametrize("data", [["x" * 600_000], [[[] for _ in range(70_000)]]], ids=["long", "many values"])
def test_a_call_with_too_much_json_is_refused_before_it_is_parsed(practice, practice_client, data):
    body = json.dumps({"data": data, "fn_index": 0, "session_hash": "s"}, separators=(",", ":")).encode()
    asked = urllib.request.Request(
        f"{practice.url}/gradio_api/queue/join", body, {"Content-Type": "application/json"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked)
    caught.value.close()
    assert caught.value.code == 413
    assert practice_client.predict("Awa", True, api_name="/saluer").startswith("Bonjour Awa")


def test_the_largest_table_is_taken_and_a_larger_one_refused_with_a_sentence(practice_client):
    rows, _, _ = summary(practice_client, ["a"], [[1.25]] * 20_000)
    assert rows[0][1] == 20_000
    with pytest.raises(AppError, match="trop grand"):
        summary(practice_client, ["a"], [[1]] * 20_001)


def test_what_is_kept_of_calls_is_bounded_in_number_and_time() -> None:
    code = (
        "from hfcourse.practice.app import build_page; page = build_page(); "
        "states = [b for b in page.blocks.values() if b.__class__.__name__ == 'State']; "
        "print(page.state_session_capacity, page.delete_cache, page.max_threads, [s.time_to_live for s in states])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "1000 (60, 300) 40 [3600]"


def test_no_picture_is_an_error_that_says_so(practice_client):
    with pytest.raises(AppError, match="Envoyez une image"):
        practice_client.predict(None, "négatif", api_name="/filtrer")


def test_a_picture_cut_short_is_an_error_that_says_so(tmp_path, practice_client):
    Image.effect_noise((200, 200), 50).save(tmp_path / "whole.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:5000])

    with pytest.raises(AppError, match="pas une image lisible"):
        practice_client.predict(handle_file(str(cut)), "négatif", api_name="/filtrer")


# --- /classer, /resumer


def test_practice_app_tells_the_language_of_a_sentence(practice_client):
    answer = practice_client.predict("Demain nous irons cueillir des champignons.", api_name="/classer")

    assert answer["label"] == "français"
    assert len(answer["confidences"]) == 7
    assert sum(each["confidence"] for each in answer["confidences"]) == pytest.approx(1)


def test_a_text_without_letters_has_no_language(practice_client):
    with pytest.raises(AppError, match="aucune lettre"):
        practice_client.predict("123 !", api_name="/classer")


def summary(client, headers, data):
    table, phrase = client.predict({"headers": headers, "data": data, "metadata": None}, api_name="/resumer")
    return table["data"], phrase, table["headers"]


def test_practice_app_summarises_the_columns_of_numbers(practice_client):
    rows, phrase, headers = summary(practice_client, ["ville", "kilos"], [["Dakar", 3], ["Lyon", 1], ["Lomé", 8]])

    assert headers == ["colonne", "nombre", "minimum", "maximum", "moyenne", "médiane"]
    assert rows == [["kilos", 3, 1, 8, 4, 3]]
    assert phrase == "3 lignes, 2 colonnes, dont 1 de nombres."


def test_practice_app_reads_numbers_as_french_people_write_them(practice_client):
    rows, _, _ = summary(practice_client, ["prix"], [["1 234,5"], [""], [None], ["rien"], ["0,5"], ["nan"]])

    assert rows == [["prix", 2, 0.5, 1234.5, 617.5, 617.5]]


@pytest.mark.parametrize(("headers", "data"), [(["a", "b"], []), (["a"], [["x"]]), ([], [])])
def test_a_table_without_numbers_is_said_to_have_none(practice_client, headers, data):
    assert "aucun nombre à résumer" in summary(practice_client, headers, data)[1]


# --- /discuter


def ask(client, message: str) -> str:
    return client.predict(message, api_name="/discuter")


def test_practice_app_answers_from_the_course_and_names_the_section(practice_client):
    answer = ask(practice_client, "Qu'est-ce qu'un Space ?")

    assert answer.startswith("Space\u00a0: une mini-application")
    assert "Une leçon en parle. Leçon 3." in answer
    assert "Un Space est" in answer


def test_each_value_is_the_whole_answer_so_far(practice_client):
    values = list(practice_client.submit("Comment créer un jeton ?", api_name="/discuter"))

    assert len(values) > 5
    assert all(later.startswith(earlier) for earlier, later in pairwise(values))


def test_the_same_client_is_remembered_and_another_is_not(practice, practice_client):
    ask(practice_client, "Qu'est-ce qu'un jeton ?")
    more = ask(practice_client, "et ensuite ?")

    assert more.startswith("Leçon 3.")
    assert "Qu’est-ce qu’un jeton" in ask(practice_client, "Quelle était ma première question ?")
    assert "premier message" in ask(open_practice_client(practice), "Quelle était ma première question ?")


@pytest.mark.parametrize("message", ["", "  ", "x" * 2001])
def test_a_message_empty_or_too_long_is_an_error_that_says_so(practice_client, message):
    with pytest.raises(AppError, match=r"question|trop long"):
        ask(practice_client, message)


def test_what_students_send_is_kept_in_the_folder_of_the_app_only(practice, make_picture, filtered):
    filtered(make_picture(name="temoin.png"), "négatif")
    kept = {path.relative_to(practice.folder).parts[0] for path in Path(practice.folder).rglob("temoin.png")}

    assert [name.partition("-")[0] for name in kept] == ["practice"]
