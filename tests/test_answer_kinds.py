"""Answers shown as what they are, whichever component or version of Gradio sends them: through the site."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.spaces.all_components import EXHIBIT_FILES, make_data_url, make_file_data
from tests.support.space_answers import MakeAnswer, find_link

ANSWER = "Bonjour **Awa** :\n\n1. lire\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```"
SKIP = {"__type__": "update"}


def message(*parts: Any, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "metadata": None, "content": list(parts), "options": None}


def component(name: str, value: Any, **props: Any) -> dict[str, Any]:
    return {"type": "component", "component": name, "value": value, "constructor_args": {}, "props": props}


@pytest.mark.parametrize("subtitles", [None, make_file_data("paroles.vtt")])
@pytest.mark.parametrize("is_update", [False, True])
def test_video_of_gradio_4_and_5_has_a_player(make_answer: MakeAnswer, subtitles: Any, is_update: bool) -> None:
    value = {"video": make_file_data("film.mp4"), "subtitles": subtitles}
    answer = make_answer(("Video", SKIP | {"value": value} if is_update else value))
    [player] = answer.section().select("video[controls]")
    assert answer.get(str(player["src"])).data == EXHIBIT_FILES["film.mp4"]
    assert [track["kind"] for track in player.select("track[default]")] == ["subtitles"] * bool(subtitles)
    if subtitles:
        assert answer.get(str(player.track["src"])).data == EXHIBIT_FILES["paroles.vtt"]
        assert "paroles.vtt" in str(answer.section().select("a[download]")[-1])
    assert answer.section().select(".json-tree") == []


def test_text_that_a_json_output_holds_is_prose(make_answer: MakeAnswer) -> None:
    answer = make_answer(("Json", ANSWER), ("Json", '{"a": [1, true]}'), ("Json", "[1] Une **note**"))
    assert answer.section(0).select_one(".markdown strong").get_text() == "Awa"
    assert answer.section(0).select_one(".markdown table")
    assert answer.section(1).select("pre code span")
    assert answer.section(2).select_one(".markdown strong").get_text() == "note"
    assert answer.get(find_link(answer.section(0), "Texte")).text == ANSWER


def test_messages_are_a_conversation_whatever_declares_them(make_answer: MakeAnswer) -> None:
    talk = [
        {"role": "user", "content": "Que vois-tu ?"},
        {"role": "assistant", "content": {"file": make_file_data("chat.png"), "alt_text": "Un chat"}},
        {"role": "assistant", "content": "**Un chat**"},
    ]
    for kind in ("Json", "Api", "Textbox"):
        answer = make_answer((kind, talk))
        bubbles = answer.section().select(".chat-messages > li")
        assert [each.select_one(".chat-author").get_text() for each in bubbles] == ["Vous", "Le Space", "Le Space"]
        assert bubbles[1].select_one("img")["alt"].startswith("Un chat")
        assert bubbles[2].select_one("strong")
        assert "/tmp/gradio" not in answer.page.get_text()
        assert "Le Space\u00a0: **Un chat**" in answer.get(find_link(answer.section(), "Texte")).text


def test_plot_in_a_conversation_is_its_picture(make_answer: MakeAnswer) -> None:
    plot = {"type": "matplotlib", "plot": make_data_url()}
    talk = [
        message({"type": "text", "text": "trace"}, role="user"),
        message(component("plot", plot), component("Plot", plot)),
    ]
    answer = make_answer(("Number", 1), ("Chatbot", talk))
    pictures = answer.section(1).select(".chat-messages img")
    assert len({str(each["src"]) for each in pictures}) == 2
    for each in pictures:
        shown = answer.get(str(each["src"]))
        assert (shown.status_code, Image.open(io.BytesIO(shown.data)).size) == (200, (320, 200))
        assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    address = str(pictures[0]["src"])
    assert "base64" not in answer.page.get_text()
    for place in ("0-0", "1-2", "9-0", "x"):
        assert answer.get(address.replace("1-0", place)).status_code == 404
    assert answer.get(address.replace("sorties/1", "sorties/0")).status_code == 404


def test_components_in_a_conversation_are_what_they_are(make_answer: MakeAnswer) -> None:
    film = {"video": make_file_data("film.mp4"), "subtitles": None}
    parts = [
        component("video", film),
        component("audio", make_file_data("voix.wav")),
        component("gallery", [{"image": make_file_data("chat.png"), "caption": "Le chat"}]),
        component("dataframe", {"headers": ["x"], "data": [[12345678901.25]], "metadata": None}),
        component("label", {"label": "chat", "confidences": [{"label": "chat", "confidence": 0.5}]}),
        component("textbox", SKIP | {"value": "mot"}),
        component("html", "<b>gras</b>"),
    ]
    bubble = make_answer(("Chatbot", [message(*parts)])).section().select_one(".chat-messages > li")
    assert [tag.name for tag in bubble.select("video, audio, img, table, .bar-list, iframe")] == [
        "video", "audio", "img", "table", "ol",
    ]  # fmt: skip
    assert bubble.select_one("td").get_text() == "12\u202f345\u202f678\u202f901,25"
    assert "mot" in bubble.get_text()


def test_styler_scores_and_numbers_are_read_as_their_author_wrote_them(make_answer: MakeAnswer) -> None:
    metadata = {"display_value": [["1.23 €"]], "styling": [["color: red"]]}
    answer = make_answer(
        ("Dataframe", {"headers": ["prix"], "data": [[1.234567]], "metadata": metadata}),
        ("Label", {"label": "chat", "confidences": [{"label": "chat", "confidence": 71.5}]}),
        ("Number", 123456789.01),
        ("Checkboxgroup", [3e-07, 2, True, None]),
        ("Json", {"petit": 3e-07}),
        ("Paramviewer", {"pas": {"type": "int", "default": "20", "description": "Combien."}}),
    )
    cell = answer.section(0).select_one("td.numeric")
    assert (cell.get_text(), cell["data-value"]) == ("1.23 €", "1.234567")
    assert "1.234567" in answer.get(find_link(answer.section(0), "CSV")).text
    assert answer.section(1).select_one(".bar-list .numeric").get_text() == "71,5"
    assert answer.section(1).select(".bar") == []
    assert answer.section(2).select_one(".output-text").get_text() == "123\u202f456\u202f789,01"
    assert [item.get_text() for item in answer.section(3).select(".value-list li")] == [
        "0,0000003",
        "2",
        "vrai",
        "rien",
    ]
    assert answer.value(3) == [3e-07, 2, True, None]
    assert "0.0000003" in answer.section(4).select_one(".json-tree").get_text()
    assert [item.get_text() for item in answer.section(5).select("td")] == ["pas", "int", "20", "Combien."]


def test_size_of_a_file_begins_no_line_with_a_comma(make_answer: MakeAnswer) -> None:
    answer = make_answer(("Image", make_file_data("chat.png")), ("File", [make_file_data("notes.txt")]))
    for section in (answer.section(0), answer.section(1)):
        assert f"{section.select_one('a[download]').get_text()} (" in section.get_text()
        assert "</a>," not in str(section)
