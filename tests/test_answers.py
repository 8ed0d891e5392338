"""Every kind of answer through the site: the form sent, the Space's answer stored, its page, its JSON, its files."""

import io
import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import Tag
from PIL import Image

from hfcourse.runs.execution import output_files
from tests.spaces.all_components import (
    ALL_OUTPUTS,
    CODE,
    EXHIBIT_FILES,
    HTML,
    JSON,
    STREAMED_BYTES,
    TABLE,
    YEAR_ROWS,
    make_all_components_space,
    make_file_data,
)
from tests.spaces.fake_servers import make_completed, make_generating
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.french_typography import find_page_typography_faults
from tests.support.space_answers import MakeAnswer, SpaceAnswer, call_space, create_app_for_space, find_link

Exhibit = tuple[str, str, Any, dict[str, Any]]
NUMBERS = {label: number for number, (label, *_) in enumerate(ALL_OUTPUTS)}


@pytest.fixture(scope="module")
def all_components_answer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpaceAnswer]:
    """The answer of the Space that shows everything."""
    space = make_all_components_space()
    site = create_app_for_space(space, tmp_path_factory.mktemp("site") / "instance")
    yield call_space(site)
    close_app(site)
    space.close()


def of(shown: SpaceAnswer, label: str) -> Tag:
    """The section with this label."""
    return shown.section(NUMBERS[label])


class TestThePage:
    """What is shown of each exhibit."""

    def test_there_is_a_section_for_each_output_in_order(self, all_components_answer: SpaceAnswer) -> None:
        sections = all_components_answer.page.select("[data-output]")
        assert [each["data-output"] for each in sections] == [str(n) for n in range(len(ALL_OUTPUTS))]
        assert [each["data-component"] for each in sections] == [kind for _, kind, _, _ in ALL_OUTPUTS]
        assert [each.select_one("h2").contents[0].strip() for each in sections] == list(NUMBERS)

    def test_headings_of_a_run_page_follow_each_other(self, all_components_answer: SpaceAnswer) -> None:
        levels = [int(tag.name[1]) for tag in all_components_answer.page.select("h1, h2, h3, h4, h5, h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))

    def test_french_of_a_run_page_is_typeset(self, all_components_answer: SpaceAnswer) -> None:
        page = all_components_answer.student.open_page(all_components_answer.address)
        for said in page.select(
            ".output-text, .pre-wrap, .json-tree, .html-preview, td, .tag, .description-list dd"
        ):  # the Space's own words
            said.clear()
        assert find_page_typography_faults(page) == []

    def test_a_text_is_escaped_and_keeps_its_lines(self, all_components_answer: SpaceAnswer) -> None:
        assert (
            of(all_components_answer, "Description").select_one(".output-text.pre-wrap").get_text() == ALL_OUTPUTS[0][2]
        )

    def test_markdown_is_written(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Compte rendu")
        assert section.select_one("h3").get_text() == "Un titre du modèle"
        assert section.select_one("h4").get_text() == "Une liste"
        assert section.select_one("strong").get_text() == "mot fort"
        assert section.select_one("pre .k").get_text() == "def"
        assert [each["href"] for each in section.select(".markdown a")] == [
            "https://huggingface.co/docs", "https://example.org/suivi.png",
        ]  # fmt: skip
        assert section.select("img, script") == []
        assert "$e^{i\\pi} + 1 = 0$" in section.get_text()

    def test_html_is_shut_in_a_frame_beside_its_source(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Rapport")
        [frame] = section.select("iframe")
        assert (list(frame["sandbox"]), "srcdoc" in frame.attrs, bool(frame["title"])) == ([], False, True)
        assert section.select_one("details:not([open]) pre").get_text().strip() == HTML
        answer = all_components_answer.get(str(frame["src"]))
        assert answer.mimetype == "text/html"
        assert "<h1>Un rapport</h1><p>Du <b>HTML</b> écrit par le Space.</p>" in answer.text
        assert "<script" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_code_is_in_the_colours_of_its_language(self, all_components_answer: SpaceAnswer) -> None:
        code = of(all_components_answer, "Programme").select_one("pre code")
        assert code.get_text() == CODE
        assert [each.get_text() for each in code.select(".kn, .k")][:2] == ["import", "def"]

    def test_numbers_and_booleans_are_written_in_french(self, all_components_answer: SpaceAnswer) -> None:
        assert of(all_components_answer, "Nombre").select_one(".output-text").get_text() == "1\u202f234,5"
        assert of(all_components_answer, "Trouvé").select_one(".output-text").get_text() == "vrai"

    def test_a_label_has_bars(self, all_components_answer: SpaceAnswer) -> None:
        bars = of(all_components_answer, "Étiquettes").select(".bar-list li")
        assert [" ".join(bar.get_text(" ").split()) for bar in bars] == ["chat 93,1 %", "tigre 6,2 %"]
        assert [bar.select_one("rect")["width"] for bar in bars] == ["93.1", "6.2"]

    def test_a_class_is_named_beside_its_words_and_in_a_legend(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Entités")
        assert [each.get_text() for each in section.select(".output-text small")] == ["PERS", "LIEU", "DATE"]
        legend = [" ".join(each.get_text(" ").split()) for each in section.select(".legend li")]
        assert legend == ["PERS 1 fois", "LIEU 1 fois", "DATE 1 fois"]
        assert [each.get_text() for each in of(all_components_answer, "Poids des mots").select("small")][1:] == [
            "0,8",
            "0",
            "-0,5",
        ]

    def test_a_table_has_titles_cells_as_text_and_numbers_to_the_right(
        self, all_components_answer: SpaceAnswer
    ) -> None:
        section = of(all_components_answer, "Objets")
        assert [each.get_text() for each in section.select("th[scope=col]")] == TABLE["headers"]
        rows = [[cell.get_text() for cell in row.select("td")] for row in section.select("tbody tr")]
        assert rows[0] == ["chat", "41,5", "vrai", "=1+1"]
        assert rows[2] == ["étagère", "5", "", "<b>x</b>"]
        assert [each["class"] for each in section.select("tbody tr:first-child td[class]")] == [["numeric"]]
        assert section.select_one("table[data-sortable]")

    @pytest.mark.parametrize(("label", "name"), [("Zones", "chat.png"), ("Retouche", "chat.png")])
    def test_an_image_is_ours(self, all_components_answer: SpaceAnswer, label: str, name: str) -> None:
        image = of(all_components_answer, label).select_one("img")
        assert image["alt"].startswith(label)
        answer = all_components_answer.get(str(image["src"]))
        assert (answer.data, answer.mimetype) == (EXHIBIT_FILES[name], "image/png")

    def test_a_drawing_of_svg_is_shown_through_an_img_alone(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Dessin")
        answer = all_components_answer.get(str(section.select_one("img")["src"]))
        assert (answer.data, answer.mimetype) == (EXHIBIT_FILES["figure.svg"], "image/svg+xml")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        kept = all_components_answer.get(find_link(section, "Télécharger"))
        assert (kept.data, kept.mimetype) == (EXHIBIT_FILES["figure.svg"], "application/octet-stream")
        assert kept.headers["Content-Disposition"].startswith("attachment")

    def test_no_other_file_is_a_drawing(self, all_components_answer: SpaceAnswer) -> None:
        address = str(of(all_components_answer, "Zones").select_one("img")["src"])
        assert all_components_answer.get(address + ".svg").status_code == 404

    def test_the_labels_of_an_annotated_image_follow_it(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Annotée")
        assert len(section.select("img")) == 1
        assert [each.get_text() for each in section.select("li b")] == ["clavier", "tasse"]
        assert len(section.select("li a")) == 1  # the other place could not be fetched

    def test_a_gallery_has_captions_and_a_comparison_two_images(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Galerie")
        assert [each["alt"] for each in section.select("img")] == [
            "Le chat\u00a0: image rendue par le Space", "Galerie\u00a0: image rendue par le Space",
        ]  # fmt: skip
        assert section.select_one("figcaption b").get_text() == "Le chat"
        assert len(of(all_components_answer, "Avant et après").select("img")) == 2

    def test_a_sound_has_its_controls_and_a_name(self, all_components_answer: SpaceAnswer) -> None:
        sound = of(all_components_answer, "Lecture").select_one("audio[controls]")
        assert sound["aria-label"] == "Lecture"
        assert all_components_answer.get(str(sound["src"])).mimetype == "audio/wav"

    def test_what_is_no_file_says_why(self, all_components_answer: SpaceAnswer) -> None:
        assert "flux en direct, non conservé" in of(all_components_answer, "En direct").get_text()
        section = of(all_components_answer, "Pièces jointes")
        assert "perdu.txt" in section.get_text()
        assert "fichier non accessible" in section.get_text()
        assert find_link(section, "notes.txt")

    def test_a_file_that_no_page_shows_is_downloaded_with_its_name_and_size(
        self, all_components_answer: SpaceAnswer
    ) -> None:
        section = of(all_components_answer, "Volume")
        assert "404 octets" in section.get_text().replace("\u00a0", " ")
        answer = all_components_answer.get(find_link(section, "volume.glb"))
        assert "filename=volume.glb" in answer.headers["Content-Disposition"]

    def test_a_plot_that_is_a_picture_is_one(self, all_components_answer: SpaceAnswer) -> None:
        answer = all_components_answer.get(str(of(all_components_answer, "Figure").select_one("img")["src"]))
        assert Image.open(io.BytesIO(answer.data)).size == (320, 200)
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"

    def test_a_plot_of_another_library_is_its_description(self, all_components_answer: SpaceAnswer) -> None:
        section = of(all_components_answer, "Graphique")
        assert section.select("svg.chart, img, script") == []
        assert "plotly" in section.get_text()
        assert section.select_one("details .json-tree")

    @pytest.mark.parametrize(
        ("label", "marks", "words"),
        [
            ("Courbe", "polyline", "Courbe"),
            ("Barres", "g[class] rect", "Barres"),
            ("Nuage", ".series-1 circle", "Nuage"),
        ],
    )
    def test_a_plot_of_gradio_is_drawn_and_is_the_table_of_its_data(
        self, all_components_answer: SpaceAnswer, label: str, marks: str, words: str
    ) -> None:
        section = of(all_components_answer, label)
        [drawing] = section.select("svg.chart[role=img]")
        assert drawing["aria-label"].startswith(f"{words}")
        assert "espaces selon" in drawing["aria-label"]
        assert len(drawing.select(marks)) >= 2
        assert len(section.select("table tbody tr")) == len(YEAR_ROWS)
        assert "le fichier CSV les a toutes" not in section.get_text()

    def test_series_are_told_apart_in_words(self, all_components_answer: SpaceAnswer) -> None:
        assert [each.get_text().strip() for each in of(all_components_answer, "Courbe").select(".legend li")] == [
            "fr",
            "en",
        ]

    def test_a_conversation_has_a_bubble_for_each_message(self, all_components_answer: SpaceAnswer) -> None:
        bubbles = of(all_components_answer, "Conversation").select(".chat-messages > li")
        assert [each.select_one(".chat-author").get_text() for each in bubbles] == ["Vous", "Le Space", "Le Space"]
        assert "Recherche dans l’image, 1,5" in bubbles[1].select_one("summary").get_text()
        assert "deux objets" in bubbles[1].select_one("details:not([open])").get_text()
        assert bubbles[2].select_one("strong").get_text() == "chat"
        assert bubbles[2].select_one("img")["alt"].startswith("Un chat roux")
        assert [each.get_text() for each in bubbles[2].select(".tag")] == ["Oui, continue", "Non"]
        assert bubbles[2].select("iframe, b:not(.chat-author)") == []
        older = of(all_components_answer, "Ancienne conversation").select(".chat-messages > li")
        assert [each.select_one(".chat-author").get_text() for each in older] == ["Vous", "Le Space", "Le Space"]
        assert older[1].select_one("strong")

    @pytest.mark.parametrize(
        ("label", "words"),
        [
            ("Message", "Voici mes notes notes.txt"),
            ("Dialogue", "Awa On y va ? Zoé Oui !"),
            ("Moment", "22 novembre 2026, 14 h 02 2026-11-22 14:02:00"),
            ("Couleur", "#d98236"),
            ("Choix", "un deux"),
            ("Chemins", "recettes/soupe.txt notes.txt"),
            ("Mise à jour", "nouvelle valeur"),
            ("Interface", "l’interface du Space change ( visible ), sans valeur"),
            ("Sautée", "inchangé"),
            ("Vide", "rien"),
        ],
    )
    def test_the_others_say_what_they_are(self, all_components_answer: SpaceAnswer, label: str, words: str) -> None:
        assert words in all_components_answer.words(NUMBERS[label]).replace("\u00a0", " ")

    def test_a_colour_is_seen(self, all_components_answer: SpaceAnswer) -> None:
        assert of(all_components_answer, "Couleur").select_one("svg rect")["fill"] == "#d98236"

    def test_json_unfolds_level_by_level(self, all_components_answer: SpaceAnswer) -> None:
        tree = of(all_components_answer, "Réglages").select_one(".json-tree")
        assert tree.select_one("details[open] > summary").get_text() == "objet, 5 clés"
        assert len(tree.select("details")) > 5
        assert "x" * 1200 not in tree.get_text()


class TestTheJson:
    """What a program gets."""

    def test_a_value_is_what_the_space_sent_its_files_replaced(self, all_components_answer: SpaceAnswer) -> None:
        for number, (_, component, value, _) in enumerate(ALL_OUTPUTS):
            assert set(all_components_answer.run["outputs"][number]) == {"label", "component", "value"}
            if "/tmp/gradio" not in json.dumps(value) and "data:image/svg" not in json.dumps(value):
                assert all_components_answer.value(number) == value, component

    def test_no_path_of_the_spaces_machine_is_told(self, all_components_answer: SpaceAnswer) -> None:
        assert "/tmp/gradio" not in json.dumps(all_components_answer.run)
        assert "/tmp/gradio" not in str(all_components_answer.page)

    def test_a_file_is_at_its_place_at_any_depth(self, all_components_answer: SpaceAnswer) -> None:
        found = all_components_answer.value(NUMBERS["Conversation"])[2]["content"][1]["file"]
        assert found["name"] == "chat.png"
        assert found["bytes"] == len(EXHIBIT_FILES["chat.png"])
        assert found["media_type"] == "image/png"
        assert all_components_answer.get(found["file"]).data == EXHIBIT_FILES["chat.png"]

    def test_what_could_not_be_fetched_is_null(self, all_components_answer: SpaceAnswer) -> None:
        lost = {"file": None, "name": "perdu.txt", "bytes": None, "media_type": None}
        assert all_components_answer.value(NUMBERS["Pièces jointes"])[1] == lost
        assert all_components_answer.value(NUMBERS["En direct"])["file"] is None


class TestTheWhole:
    """Every output that is no file can be copied and downloaded."""

    def test_what_is_copied_is_what_is_downloaded(self, all_components_answer: SpaceAnswer) -> None:
        for section in all_components_answer.page.select("[data-output]"):
            for button in section.select("button[data-copy]"):
                assert button["data-copy"] == section.select_one("a[download]")["href"]
                assert "data-js" in button.attrs
                assert section.select_one("h2").contents[0].strip() in button["aria-label"]

    def test_whatever_is_no_file_has_it(self, all_components_answer: SpaceAnswer) -> None:
        without = {
            label for label, n in NUMBERS.items() if not all_components_answer.section(n).select("button[data-copy]")
        }
        assert without == {
            "Zones", "Dessin", "Annotée", "Galerie", "Avant et après", "Retouche", "Lecture", "En direct",
            "Pièces jointes", "Volume", "Figure", "Interface", "Sautée", "Vide",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("label", "form", "kind", "content"),
        [
            ("Description", "txt", "text/plain", ALL_OUTPUTS[0][2]),
            ("Programme", "txt", "text/plain", CODE),
            ("Objets", "csv", "text/csv", "objet,part,vu,formule\r\nchat,41.5,true,'=1+1\r\n"),
            ("Réglages", "json", "application/json", json.dumps(JSON, ensure_ascii=False, indent=2)),
        ],
    )
    def test_whole_output_comes_as_a_file_that_no_browser_shows(
        self, all_components_answer: SpaceAnswer, label: str, form: str, kind: str, content: str
    ) -> None:
        address = find_link(of(all_components_answer, label), "à télécharger")
        assert address.endswith(f"/sorties/{NUMBERS[label]}.{form}")
        answer = all_components_answer.get(address)
        assert answer.mimetype == kind
        assert answer.text.startswith(content)
        assert answer.headers["Content-Disposition"] == f"attachment; filename=sortie-{NUMBERS[label] + 1}.{form}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize(
        "end", ["0.csv", "0.html", "0.xml", "99.txt", "-1.txt", "x.txt", "0/apercu", "0/image", "99/apercu", "99/image"]
    )
    def test_what_an_output_is_not_is_404(self, all_components_answer: SpaceAnswer, end: str) -> None:
        assert all_components_answer.get(f"{all_components_answer.address}/sorties/{end}").status_code == 404

    def test_a_stranger_gets_404_for_all_of_it(self, all_components_answer: SpaceAnswer) -> None:
        addresses = {
            f"{all_components_answer.address}/sorties/{n}.{form}" for n in range(3) for form in ("txt", "json", "csv")
        }
        for tag in all_components_answer.page.select("main [href], main [src], [data-copy]"):
            addresses |= {str(tag[name]) for name in ("href", "src", "data-copy") if name in tag.attrs}
        addresses = {address for address in addresses if address.startswith(all_components_answer.address)}
        assert len(addresses) > 30
        stranger = BrowserClient(all_components_answer.student.client.application.test_client())
        stranger.client.get("/espaces/a/b")
        assert {stranger.client.get(address).status_code for address in addresses} == {404}


class TestFiles:
    """Which files are fetched, and how many."""

    def test_gallery_of_sixty_four_pictures_is_kept_whole(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(
            ("Gallery", [{"image": make_file_data(f"{n}-chat.png"), "caption": None} for n in range(64)])
        )
        assert len(answer.section().select("img")) == 64
        assert all(item["image"]["file"] for item in answer.value())

    def test_page_says_how_many_files_are_beyond_the_limit_of_this_site(
        self, make_answer: MakeAnswer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(output_files, "MAX_RUN_FILES", 10)
        names = [f"{n}-chat.png" for n in range(13)]
        answer = make_answer(
            ("Gallery", [{"image": make_file_data(name), "caption": name} for name in names]),
            ("File", make_file_data("99-chat.png")),
        )
        assert len(answer.section().select("img")) == 10
        assert "4 autres n’ont pas été gardés" in answer.page.get_text()
        assert "Ce site garde au plus" in answer.page.get_text()
        assert "non gardé" in answer.words(1)
        files = [item["image"] for item in answer.value()]
        assert [each["file"] is None for each in files] == [False] * 10 + [True] * 3
        assert files[12]["name"] == "12-chat.png"

    def test_file_larger_than_the_limit_is_told_as_a_limit_of_this_site(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(("File", make_file_data("enorme.bin")), ("Image", make_file_data("chat.png")))
        assert "ce site garde des fichiers de 20 Mo au plus" in answer.words(0)
        assert answer.value(1)["file"]

    def test_stream_that_has_ended_is_a_sound_to_play(self, make_answer: MakeAnswer) -> None:
        stream = make_file_data("voix.mp3", path="abc/voix/playlist.m3u8", is_stream=True)
        answer = make_answer(
            ("Audio", stream), ("Audio", make_file_data("x.mp3", path="abc/12/perdu.txt", is_stream=True))
        )
        assert answer.section(0).select("audio[src]")
        kept = answer.value(0)
        assert (kept["name"], kept["media_type"], kept["bytes"]) == ("voix.aac", "audio/aac", len(STREAMED_BYTES))
        assert "flux en direct, non conservé" in answer.words(1)

    def test_one_file_named_twice_is_fetched_once(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(
            ("Image", make_file_data("chat.png")),
            ("Gallery", [{"image": make_file_data("chat.png"), "caption": None}] * 20),
        )
        assert len({image["src"] for image in answer.page.select("[data-output] img")}) == 1
        assert len(answer.section(1).select("img")) == 20

    def test_of_an_update_only_the_value_is_fetched(self, make_answer: MakeAnswer) -> None:
        update = {"__type__": "update", "value": make_file_data("chat.png"), "icon": make_file_data("clavier.png")}
        answer = make_answer(("Image", update))
        assert len(answer.section().select("img")) == 1
        assert answer.value()["value"]["file"].endswith("/fichiers/0")
        assert answer.value()["icon"]["file"] is None
        assert answer.value()["__type__"] == "update"

    def test_what_looks_like_a_file_elsewhere_is_somebodys_json(self, make_answer: MakeAnswer) -> None:
        lure, reference = make_file_data("chat.png"), {"$file": 0, "$why": "lost"}
        answer = make_answer(("Json", [lure, reference]), ("Textbox", lure), ("Image", make_file_data("chat.png")))
        assert answer.value(0) == [lure, reference]
        assert answer.value(1) == lure

    @pytest.mark.parametrize(
        "url",
        [
            "data:text/html,<script>",
            "data:image/png;base64,é",
            "data:image/png",
            "data:;base64,AAAA",
            "data:image/svg+xml",
        ],
    )
    def test_an_image_in_the_answer_that_is_none_is_not_kept(self, make_answer: MakeAnswer, url: str) -> None:
        answer = make_answer(("Image", make_file_data("x.png", path=None, url=url)))
        assert answer.value() == {"file": None, "name": "x.png", "bytes": None, "media_type": None}
        assert "fichier non accessible" in answer.words()

    def test_html_in_the_answer_that_says_it_is_an_image_is_only_downloaded(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(
            ("Image", make_file_data("x.svg", path=None, url="data:image/svg+xml,<html><script>1</script>"))
        )
        image = str(answer.section().select_one("img")["src"])
        assert answer.get(image).status_code == 404
        assert answer.get(image.removesuffix(".svg")).mimetype == "application/octet-stream"


class TestSpeed:
    """While a run goes on its page is asked for again and again."""

    def test_partial_outputs_are_drawn_by_the_same_partials(self, make_answer: MakeAnswer) -> None:
        partial = make_generating(["**mot**", make_file_data("chat.png"), "<b>x</b>"])
        failing = {"msg": "process_completed", "success": False, "output": {"error": "Tant pis"}}
        answer = make_answer(("Markdown", ""), ("Image", None), ("Html", ""), messages=[partial, failing])
        assert answer.run["status"] == "failed"
        assert answer.section(0).select_one("strong").get_text() == "mot"
        assert answer.section(1).select_one("img")
        assert answer.section(2).select_one("iframe[sandbox]")

    def test_a_page_with_five_hundred_outputs_stays_a_page(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(*[("Json", [1] * 450)] * 400)
        page = answer.get(answer.address).text
        assert page.count('data-component="Json"') == 400
        assert len(page) < 1_200_000
        assert page.count("cette sortie se télécharge") > 200
        assert answer.get(f"{answer.address}/sorties/399.json").get_json() == [1] * 450

    def test_a_very_long_text_is_shown_in_part_and_says_so(self, make_answer: MakeAnswer) -> None:
        answer = make_answer(("Markdown", "# mot\n" * 200_000))
        assert len(str(answer.page)) < 400_000
        assert "trop long pour être mis en forme" in answer.words()
        assert "En voici le début" in answer.words()
        assert len(answer.get(find_link(answer.section(), "Texte")).data) == 1_200_000


def test_what_a_space_says_with_nothing_in_it(make_answer: MakeAnswer) -> None:
    answer = make_answer(
        ("Textbox", ""),
        ("Checkboxgroup", []),
        ("Chatbot", []),
        ("Dataframe", {"headers": [], "data": []}),
        ("Label", {"label": None, "confidences": []}),
        ("Gallery", []),
        ("Json", {}),
        ("Imageeditor", {"background": None, "layers": [], "composite": None}),
    )
    for number, words in enumerate(
        ["un texte vide", "une liste vide", "aucun message", "aucune ligne", "", "une liste vide", "{}", "aucune image"]
    ):
        assert words in answer.words(number)


def test_a_run_without_outputs_says_that_it_is_over(make_answer: MakeAnswer) -> None:
    answer = make_answer(messages=[make_completed([])])
    assert "Terminé, sans valeur en retour" in answer.page.get_text()


def test_numbers_that_no_float_holds_are_shown(make_answer: MakeAnswer) -> None:
    answer = make_answer(
        ("Number", 10**400),
        ("Number", -0.0),
        ("Slider", 1e-300),
        ("Dataframe", {"headers": ["a"], "data": [[10**400]]}),
    )
    assert math.isclose(answer.value(2), 1e-300)
    assert answer.value(0) == 10**400
