"""The endpoints of the practice Space, called as students' programs call them: with gradio_client."""

import json
import urllib.request
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.practice_fixtures import client, new_client, practice, until  # noqa: F401 (fixtures)

ENDPOINTS = {
    "/saluer": (["prenom", "tutoyer"], ["Textbox"]),
    "/calculer": (["a", "operation", "b"], ["Number"]),
    "/compter": (["jusqua", "pause"], ["Textbox"]),
    "/filtrer": (["image", "filtre"], ["Image"]),
    "/classer": (["phrase"], ["Label"]),
    "/resumer": (["table"], ["Dataframe", "Textbox"]),
    "/discuter": (["message"], ["Textbox"]),
}


def get(practice, path: str) -> bytes:  # noqa: F811
    with urllib.request.urlopen(practice.url + path) as answer:
        return answer.read()


@pytest.fixture
def info(practice):  # noqa: F811
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
def filtered(practice, client):  # noqa: F811
    """Filters a picture and opens the result."""

    def filtered(image, filtre: str) -> Image.Image:
        file = client.predict(image, filtre, api_name="/filtrer")
        assert file["path"].endswith(".png")
        return Image.open(BytesIO(get(practice, "/gradio_api/file=" + file["path"])))

    return filtered


# --- the page and its description


def test_the_endpoints_are_these_seven_with_these_parameters(info):
    described = {
        name: (
            [p["parameter_name"] for p in endpoint["parameters"]],
            [r["component"] for r in endpoint["returns"]],
        )
        for name, endpoint in info["named_endpoints"].items()
    }

    assert described == ENDPOINTS
    assert info["unnamed_endpoints"] == {}


def test_each_endpoint_is_described_in_one_french_sentence(info):
    for endpoint in info["named_endpoints"].values():
        assert endpoint["description"].endswith(".")
        assert endpoint["description"].count(".") == 1
        assert not {" ;", " :"} & {endpoint["description"][i : i + 2] for i in range(200)}


def test_the_page_loads_no_font_or_script_from_elsewhere(practice):  # noqa: F811
    assert b"fonts.googleapis" not in get(practice, "/") + get(practice, "/theme.css")


def test_a_hidden_exception_stays_hidden(practice, client):  # noqa: F811
    assert json.loads(get(practice, "/config"))["show_error"] is False
    with pytest.raises(AppError) as caught:
        client.predict("texte", "addition", 2, api_name="/calculer")
    assert "could not convert" not in str(caught.value)


def test_the_app_listens_on_this_machine_only(practice):  # noqa: F811
    assert practice.url.startswith("http://127.0.0.1:")
    sockets = Path("/proc/net/tcp")
    if sockets.exists():
        port = f":{int(practice.url.rpartition(':')[2]):04X} 00000000:0000"
        listening = [line.split()[1] for line in sockets.read_text().splitlines() if port in line]
        assert [address.partition(":")[0] for address in listening] == ["0100007F"]


# --- /saluer, /calculer


def test_it_greets_by_first_name(client):  # noqa: F811
    assert client.predict("  Awa ", True, api_name="/saluer") == "Bonjour Awa\u202f! Comment vas-tu\u202f?"
    assert client.predict("Éloïse", False, api_name="/saluer").endswith("Comment allez-vous\u202f?")


@pytest.mark.parametrize("prenom", ["", "   ", "x" * 81])
def test_it_does_not_greet_nobody(client, prenom):  # noqa: F811
    with pytest.raises(AppError, match="prénom"):
        client.predict(prenom, True, api_name="/saluer")


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
def test_it_calculates(client, a, operation, b, result):  # noqa: F811
    assert client.predict(a, operation, b, api_name="/calculer") == result


def test_dividing_by_zero_is_an_error_that_says_so(client):  # noqa: F811
    with pytest.raises(AppError, match="On ne peut pas diviser par zéro\u00a0:"):
        client.predict(1, "division", 0, api_name="/calculer")


@pytest.mark.parametrize("values", [(None, "addition", 2), (1, "addition", None), (1, None, 2)])
def test_a_missing_value_is_an_error_that_says_so(client, values):  # noqa: F811
    with pytest.raises(AppError, match="deux nombres"):
        client.predict(*values, api_name="/calculer")


def test_a_result_too_large_is_an_error_that_says_so(client):  # noqa: F811
    with pytest.raises(AppError, match="trop grand"):
        client.predict(1e300, "multiplication", 1e300, api_name="/calculer")


# --- /compter


def test_it_counts_step_by_step(client):  # noqa: F811
    run = client.submit(4, 0.1, api_name="/compter")
    values = list(run)

    assert [value.count("…") for value in values] == [1, 2, 3, 3]
    assert values[-1] == "1… 2… 3… 4\u202f!"
    assert all(later.startswith(earlier) for earlier, later in pairwise(values))


def test_it_shows_its_progress(practice, client):  # noqa: F811
    run = client.submit(5, 0.5, api_name="/compter")

    def seen() -> set[int | None]:
        return {unit.index for unit in run.status().progress_data or []}

    assert until(lambda: seen() & {1, 2, 3, 4})


@pytest.mark.parametrize(("jusqua", "pause"), [(0, 0.1), (21, 0.1), (5, 2.1), (5, -1)])
def test_it_refuses_to_count_for_too_long(client, jusqua, pause):  # noqa: F811
    with pytest.raises(AppError, match=r"minimum|maximum"):
        client.predict(jusqua, pause, api_name="/compter")


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
def test_it_filters_a_picture(make_picture, filtered, filtre, seen):
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


def test_a_large_picture_is_reduced_and_a_huge_one_refused(make_picture, filtered, client):  # noqa: F811
    assert filtered(make_picture(size=(4096, 1024), name="large.jpg"), "négatif").size == (2048, 512)
    with pytest.raises(AppError, match="trop grande\u00a0: 40 millions"):
        client.predict(make_picture(size=(8000, 8000), mode="1", color=0), "négatif", api_name="/filtrer")


def test_no_picture_is_an_error_that_says_so(client):  # noqa: F811
    with pytest.raises(AppError, match="Envoyez une image"):
        client.predict(None, "négatif", api_name="/filtrer")


def test_a_picture_cut_short_is_an_error_that_says_so(tmp_path, client):  # noqa: F811
    Image.effect_noise((200, 200), 50).save(tmp_path / "whole.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:5000])

    with pytest.raises(AppError, match="pas une image lisible"):
        client.predict(handle_file(str(cut)), "négatif", api_name="/filtrer")


# --- /classer, /resumer


def test_it_tells_the_language_of_a_sentence(client):  # noqa: F811
    answer = client.predict("Demain nous irons cueillir des champignons.", api_name="/classer")

    assert answer["label"] == "français"
    assert len(answer["confidences"]) == 7
    assert sum(each["confidence"] for each in answer["confidences"]) == pytest.approx(1)


def test_a_text_without_letters_has_no_language(client):  # noqa: F811
    with pytest.raises(AppError, match="aucune lettre"):
        client.predict("123 !", api_name="/classer")


def summary(client, headers, data):  # noqa: F811
    table, phrase = client.predict({"headers": headers, "data": data, "metadata": None}, api_name="/resumer")
    return table["data"], phrase, table["headers"]


def test_it_summarises_the_columns_of_numbers(client):  # noqa: F811
    rows, phrase, headers = summary(client, ["ville", "kilos"], [["Dakar", 3], ["Lyon", 1], ["Lomé", 8]])

    assert headers == ["colonne", "nombre", "minimum", "maximum", "moyenne", "médiane"]
    assert rows == [["kilos", 3, 1, 8, 4, 3]]
    assert phrase == "3 lignes, 2 colonnes, dont 1 de nombres."


def test_it_reads_numbers_as_french_people_write_them(client):  # noqa: F811
    rows, _, _ = summary(client, ["prix"], [["1 234,5"], [""], [None], ["rien"], ["0,5"], ["nan"]])

    assert rows == [["prix", 2, 0.5, 1234.5, 617.5, 617.5]]


@pytest.mark.parametrize(("headers", "data"), [(["a", "b"], []), (["a"], [["x"]]), ([], [])])
def test_a_table_without_numbers_is_said_to_have_none(client, headers, data):  # noqa: F811
    assert "aucun nombre à résumer" in summary(client, headers, data)[1]


# --- /discuter


def ask(client, message: str) -> str:  # noqa: F811
    return client.predict(message, api_name="/discuter")


def test_it_answers_from_the_course_and_names_the_section(client):  # noqa: F811
    answer = ask(client, "Qu'est-ce qu'un Space ?")

    assert answer.startswith("Leçon 3.")
    assert "Un Space est" in answer


def test_each_value_is_the_whole_answer_so_far(client):  # noqa: F811
    values = list(client.submit("Comment créer un jeton ?", api_name="/discuter"))

    assert len(values) > 5
    assert all(later.startswith(earlier) for earlier, later in pairwise(values))


def test_the_same_client_is_remembered_and_another_is_not(practice, client):  # noqa: F811
    ask(client, "Qu'est-ce qu'un jeton ?")
    more = ask(client, "et ensuite ?")

    assert more.startswith("Leçon 3.")
    assert "Qu’est-ce qu’un jeton" in ask(client, "Quelle était ma première question ?")
    assert "premier message" in ask(new_client(practice), "Quelle était ma première question ?")


@pytest.mark.parametrize("message", ["", "  ", "x" * 2001])
def test_a_message_empty_or_too_long_is_an_error_that_says_so(client, message):  # noqa: F811
    with pytest.raises(AppError, match=r"question|trop long"):
        ask(client, message)


def test_what_students_send_is_kept_in_the_folder_of_the_app_only(practice, make_picture, filtered):  # noqa: F811
    filtered(make_picture(name="temoin.png"), "négatif")
    kept = {path.relative_to(practice.folder).parts[0] for path in Path(practice.folder).rglob("temoin.png")}

    assert [name.partition("-")[0] for name in kept] == ["practice"]
