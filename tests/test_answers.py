"""Every kind of answer through the site: the form sent, the Space's answer stored, its page, its JSON, its files."""

import io
import itertools
import json
import math
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from hfcourse import create_app
from hfcourse.runs.execution import output_files
from tests.conftest import end
from tests.spaces.all_components import CODE, EXHIBITS, FILES, HTML, JSON, STREAMED, TABLE, YEARS, exhibition, file
from tests.spaces.fake_servers import FakeSpace, completed, generating
from tests.support.clients import Student
from tests.test_french import faults_in

Exhibit = tuple[str, str, Any, dict[str, Any]]
Answering = Callable[..., "Answer"]
NUMBERS = {label: number for number, (label, *_) in enumerate(EXHIBITS)}


class Answer:
    """A run that is over, at its address, in the browser of a student."""

    def __init__(self, student: Student, address: str) -> None:
        self.student, self.address = student, address
        self.run = student.finished(address)

    @cached_property
    def page(self) -> BeautifulSoup:
        return self.student.open(self.address)

    def get(self, address: str) -> TestResponse:
        """The answer at this address, read to its end."""
        return self.student.client.get(address, buffered=True)

    def section(self, number: int = 0) -> Tag:
        [found] = self.page.select(f'[data-output="{number}"]')
        return found

    def value(self, number: int = 0) -> Any:
        return self.run["outputs"][number]["value"]

    def words(self, number: int = 0) -> str:
        return " ".join(self.section(number).get_text(" ").split())


def site_for(space: FakeSpace, folder: Path) -> Flask:
    """A site whose catalogue has this Space."""
    folder.mkdir(parents=True)
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    return create_app({"INSTANCE": str(folder), "TESTING": True})


def answer_of(site: Flask) -> Answer:
    student = Student(site.test_client())
    address = student.send(student.open("/espaces/a/b"), words="bonjour").headers["Location"]
    return Answer(student, address)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answer]:
    """The answer of the Space that shows everything."""
    space = exhibition()
    site = site_for(space, tmp_path_factory.mktemp("site") / "instance")
    yield answer_of(site)
    end(site)
    space.close()


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    """`answering((component, value), …, messages=…)`: the answer of a Space of its own."""
    opened: list[tuple[Flask, FakeSpace]] = []

    def answer(*outputs: tuple[str, Any], messages: list[dict[str, Any]] | None = None) -> Answer:
        space = exhibition([(f"Sortie {n}", kind, value, {}) for n, (kind, value) in enumerate(outputs)])
        space.messages = messages or space.messages
        site = site_for(space, tmp_path / str(len(opened)))
        opened.append((site, space))
        return answer_of(site)

    yield answer
    for site, space in opened:
        end(site)
        space.close()


def of(shown: Answer, label: str) -> Tag:
    """The section with this label."""
    return shown.section(NUMBERS[label])


def link(section: Tag, words: str) -> str:
    """The address of the link that says so."""
    return next(str(each["href"]) for each in section.select("a[href]") if words in each.get_text())


class TestThePage:
    """What is shown of each exhibit."""

    def test_there_is_a_section_for_each_output_in_order(self, shown: Answer) -> None:
        sections = shown.page.select("[data-output]")
        assert [each["data-output"] for each in sections] == [str(n) for n in range(len(EXHIBITS))]
        assert [each["data-component"] for each in sections] == [kind for _, kind, _, _ in EXHIBITS]
        assert [each.select_one("h2").contents[0].strip() for each in sections] == list(NUMBERS)

    def test_its_headings_follow_each_other(self, shown: Answer) -> None:
        levels = [int(tag.name[1]) for tag in shown.page.select("h1, h2, h3, h4, h5, h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))

    def test_its_french_is_typeset(self, shown: Answer) -> None:
        page = shown.student.open(shown.address)
        for said in page.select(".said, .kept, .tree, .preview, td, .tag, .pairs dd"):  # the Space's own words
            said.clear()
        assert faults_in(page) == []

    def test_a_text_is_escaped_and_keeps_its_lines(self, shown: Answer) -> None:
        assert of(shown, "Description").select_one(".said.kept").get_text() == EXHIBITS[0][2]

    def test_markdown_is_written(self, shown: Answer) -> None:
        section = of(shown, "Compte rendu")
        assert section.select_one("h3").get_text() == "Un titre du modèle"
        assert section.select_one("h4").get_text() == "Une liste"
        assert section.select_one("strong").get_text() == "mot fort"
        assert section.select_one("pre .k").get_text() == "def"
        assert [each["href"] for each in section.select(".written a")] == [
            "https://huggingface.co/docs", "https://example.org/suivi.png",
        ]  # fmt: skip
        assert section.select("img, script") == []
        assert "$e^{i\\pi} + 1 = 0$" in section.get_text()

    def test_html_is_shut_in_a_frame_beside_its_source(self, shown: Answer) -> None:
        section = of(shown, "Rapport")
        [frame] = section.select("iframe")
        assert (list(frame["sandbox"]), "srcdoc" in frame.attrs, bool(frame["title"])) == ([], False, True)
        assert section.select_one("details:not([open]) pre").get_text().strip() == HTML
        answer = shown.get(str(frame["src"]))
        assert answer.mimetype == "text/html"
        assert "<h1>Un rapport</h1><p>Du <b>HTML</b> écrit par le Space.</p>" in answer.text
        assert "<script" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_code_is_in_the_colours_of_its_language(self, shown: Answer) -> None:
        code = of(shown, "Programme").select_one("pre code")
        assert code.get_text() == CODE
        assert [each.get_text() for each in code.select(".kn, .k")][:2] == ["import", "def"]

    def test_numbers_and_booleans_are_written_in_french(self, shown: Answer) -> None:
        assert of(shown, "Nombre").select_one(".said").get_text() == "1\u202f234,5"
        assert of(shown, "Trouvé").select_one(".said").get_text() == "vrai"

    def test_a_label_has_bars(self, shown: Answer) -> None:
        bars = of(shown, "Étiquettes").select(".bars li")
        assert [" ".join(bar.get_text(" ").split()) for bar in bars] == ["chat 93,1 %", "tigre 6,2 %"]
        assert [bar.select_one("rect")["width"] for bar in bars] == ["93.1", "6.2"]

    def test_a_class_is_named_beside_its_words_and_in_a_legend(self, shown: Answer) -> None:
        section = of(shown, "Entités")
        assert [each.get_text() for each in section.select(".said small")] == ["PERS", "LIEU", "DATE"]
        legend = [" ".join(each.get_text(" ").split()) for each in section.select(".legend li")]
        assert legend == ["PERS 1 fois", "LIEU 1 fois", "DATE 1 fois"]
        assert [each.get_text() for each in of(shown, "Poids des mots").select("small")][1:] == ["0,8", "0", "-0,5"]

    def test_a_table_has_titles_cells_as_text_and_numbers_to_the_right(self, shown: Answer) -> None:
        section = of(shown, "Objets")
        assert [each.get_text() for each in section.select("th[scope=col]")] == TABLE["headers"]
        rows = [[cell.get_text() for cell in row.select("td")] for row in section.select("tbody tr")]
        assert rows[0] == ["chat", "41,5", "vrai", "=1+1"]
        assert rows[2] == ["étagère", "5", "", "<b>x</b>"]
        assert [each["class"] for each in section.select("tbody tr:first-child td[class]")] == [["num"]]
        assert section.select_one("table[data-sortable]")

    @pytest.mark.parametrize(("label", "name"), [("Zones", "chat.png"), ("Retouche", "chat.png")])
    def test_an_image_is_ours(self, shown: Answer, label: str, name: str) -> None:
        image = of(shown, label).select_one("img")
        assert image["alt"].startswith(label)
        answer = shown.get(str(image["src"]))
        assert (answer.data, answer.mimetype) == (FILES[name], "image/png")

    def test_a_drawing_of_svg_is_shown_through_an_img_alone(self, shown: Answer) -> None:
        section = of(shown, "Dessin")
        answer = shown.get(str(section.select_one("img")["src"]))
        assert (answer.data, answer.mimetype) == (FILES["figure.svg"], "image/svg+xml")
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
        kept = shown.get(link(section, "Télécharger"))
        assert (kept.data, kept.mimetype) == (FILES["figure.svg"], "application/octet-stream")
        assert kept.headers["Content-Disposition"].startswith("attachment")

    def test_no_other_file_is_a_drawing(self, shown: Answer) -> None:
        address = str(of(shown, "Zones").select_one("img")["src"])
        assert shown.get(address + ".svg").status_code == 404

    def test_the_labels_of_an_annotated_image_follow_it(self, shown: Answer) -> None:
        section = of(shown, "Annotée")
        assert len(section.select("img")) == 1
        assert [each.get_text() for each in section.select("li b")] == ["clavier", "tasse"]
        assert len(section.select("li a")) == 1  # the other place could not be fetched

    def test_a_gallery_has_captions_and_a_comparison_two_images(self, shown: Answer) -> None:
        section = of(shown, "Galerie")
        assert [each["alt"] for each in section.select("img")] == [
            "Le chat\u00a0: image rendue par le Space", "Galerie\u00a0: image rendue par le Space",
        ]  # fmt: skip
        assert section.select_one("figcaption b").get_text() == "Le chat"
        assert len(of(shown, "Avant et après").select("img")) == 2

    def test_a_sound_has_its_controls_and_a_name(self, shown: Answer) -> None:
        sound = of(shown, "Lecture").select_one("audio[controls]")
        assert sound["aria-label"] == "Lecture"
        assert shown.get(str(sound["src"])).mimetype == "audio/wav"

    def test_what_is_no_file_says_why(self, shown: Answer) -> None:
        assert "flux en direct, non conservé" in of(shown, "En direct").get_text()
        section = of(shown, "Pièces jointes")
        assert "perdu.txt" in section.get_text()
        assert "fichier non accessible" in section.get_text()
        assert link(section, "notes.txt")

    def test_a_file_that_no_page_shows_is_downloaded_with_its_name_and_size(self, shown: Answer) -> None:
        section = of(shown, "Volume")
        assert "404 octets" in section.get_text().replace("\u00a0", " ")
        answer = shown.get(link(section, "volume.glb"))
        assert "filename=volume.glb" in answer.headers["Content-Disposition"]

    def test_a_plot_that_is_a_picture_is_one(self, shown: Answer) -> None:
        answer = shown.get(str(of(shown, "Figure").select_one("img")["src"]))
        assert Image.open(io.BytesIO(answer.data)).size == (320, 200)
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"

    def test_a_plot_of_another_library_is_its_description(self, shown: Answer) -> None:
        section = of(shown, "Graphique")
        assert section.select("svg.chart, img, script") == []
        assert "plotly" in section.get_text()
        assert section.select_one("details .tree")

    @pytest.mark.parametrize(
        ("label", "marks", "words"),
        [("Courbe", "polyline", "Courbe"), ("Barres", "g[class] rect", "Barres"), ("Nuage", ".s1 circle", "Nuage")],
    )
    def test_a_plot_of_gradio_is_drawn_and_is_the_table_of_its_data(
        self, shown: Answer, label: str, marks: str, words: str
    ) -> None:
        section = of(shown, label)
        [drawing] = section.select("svg.chart[role=img]")
        assert drawing["aria-label"].startswith(f"{words}")
        assert "espaces selon" in drawing["aria-label"]
        assert len(drawing.select(marks)) >= 2
        assert len(section.select("table tbody tr")) == len(YEARS)
        assert "le fichier CSV les a toutes" not in section.get_text()

    def test_series_are_told_apart_in_words(self, shown: Answer) -> None:
        assert [each.get_text().strip() for each in of(shown, "Courbe").select(".legend li")] == ["fr", "en"]

    def test_a_conversation_has_a_bubble_for_each_message(self, shown: Answer) -> None:
        bubbles = of(shown, "Conversation").select(".bubbles > li")
        assert [each.select_one(".who").get_text() for each in bubbles] == ["Vous", "Le Space", "Le Space"]
        assert "Recherche dans l’image, 1,5" in bubbles[1].select_one("summary").get_text()
        assert "deux objets" in bubbles[1].select_one("details:not([open])").get_text()
        assert bubbles[2].select_one("strong").get_text() == "chat"
        assert bubbles[2].select_one("img")["alt"].startswith("Un chat roux")
        assert [each.get_text() for each in bubbles[2].select(".tag")] == ["Oui, continue", "Non"]
        assert bubbles[2].select("iframe, b:not(.who)") == []
        older = of(shown, "Ancienne conversation").select(".bubbles > li")
        assert [each.select_one(".who").get_text() for each in older] == ["Vous", "Le Space", "Le Space"]
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
    def test_the_others_say_what_they_are(self, shown: Answer, label: str, words: str) -> None:
        assert words in shown.words(NUMBERS[label]).replace("\u00a0", " ")

    def test_a_colour_is_seen(self, shown: Answer) -> None:
        assert of(shown, "Couleur").select_one("svg rect")["fill"] == "#d98236"

    def test_json_unfolds_level_by_level(self, shown: Answer) -> None:
        tree = of(shown, "Réglages").select_one(".tree")
        assert tree.select_one("details[open] > summary").get_text() == "objet, 5 clés"
        assert len(tree.select("details")) > 5
        assert "x" * 1200 not in tree.get_text()


class TestTheJson:
    """What a program gets."""

    def test_a_value_is_what_the_space_sent_its_files_replaced(self, shown: Answer) -> None:
        for number, (_, component, value, _) in enumerate(EXHIBITS):
            assert set(shown.run["outputs"][number]) == {"label", "component", "value"}
            if "/tmp/gradio" not in json.dumps(value) and "data:image/svg" not in json.dumps(value):
                assert shown.value(number) == value, component

    def test_no_path_of_the_spaces_machine_is_told(self, shown: Answer) -> None:
        assert "/tmp/gradio" not in json.dumps(shown.run)
        assert "/tmp/gradio" not in str(shown.page)

    def test_a_file_is_at_its_place_at_any_depth(self, shown: Answer) -> None:
        found = shown.value(NUMBERS["Conversation"])[2]["content"][1]["file"]
        assert found["name"] == "chat.png"
        assert found["bytes"] == len(FILES["chat.png"])
        assert found["media_type"] == "image/png"
        assert shown.get(found["file"]).data == FILES["chat.png"]

    def test_what_could_not_be_fetched_is_null(self, shown: Answer) -> None:
        lost = {"file": None, "name": "perdu.txt", "bytes": None, "media_type": None}
        assert shown.value(NUMBERS["Pièces jointes"])[1] == lost
        assert shown.value(NUMBERS["En direct"])["file"] is None


class TestTheWhole:
    """Every output that is no file can be copied and downloaded."""

    def test_what_is_copied_is_what_is_downloaded(self, shown: Answer) -> None:
        for section in shown.page.select("[data-output]"):
            for button in section.select("button[data-copy]"):
                assert button["data-copy"] == section.select_one("a[download]")["href"]
                assert "data-js" in button.attrs
                assert section.select_one("h2").contents[0].strip() in button["aria-label"]

    def test_whatever_is_no_file_has_it(self, shown: Answer) -> None:
        without = {label for label, n in NUMBERS.items() if not shown.section(n).select("button[data-copy]")}
        assert without == {
            "Zones", "Dessin", "Annotée", "Galerie", "Avant et après", "Retouche", "Lecture", "En direct",
            "Pièces jointes", "Volume", "Figure", "Interface", "Sautée", "Vide",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("label", "form", "kind", "content"),
        [
            ("Description", "txt", "text/plain", EXHIBITS[0][2]),
            ("Programme", "txt", "text/plain", CODE),
            ("Objets", "csv", "text/csv", "objet,part,vu,formule\r\nchat,41.5,true,'=1+1\r\n"),
            ("Réglages", "json", "application/json", json.dumps(JSON, ensure_ascii=False, indent=2)),
        ],
    )
    def test_it_comes_as_a_file_that_no_browser_shows(
        self, shown: Answer, label: str, form: str, kind: str, content: str
    ) -> None:
        address = link(of(shown, label), "à télécharger")
        assert address.endswith(f"/sorties/{NUMBERS[label]}.{form}")
        answer = shown.get(address)
        assert answer.mimetype == kind
        assert answer.text.startswith(content)
        assert answer.headers["Content-Disposition"] == f"attachment; filename=sortie-{NUMBERS[label] + 1}.{form}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize(
        "end", ["0.csv", "0.html", "0.xml", "99.txt", "-1.txt", "x.txt", "0/apercu", "0/image", "99/apercu", "99/image"]
    )
    def test_what_an_output_is_not_is_404(self, shown: Answer, end: str) -> None:
        assert shown.get(f"{shown.address}/sorties/{end}").status_code == 404

    def test_a_stranger_gets_404_for_all_of_it(self, shown: Answer) -> None:
        addresses = {f"{shown.address}/sorties/{n}.{form}" for n in range(3) for form in ("txt", "json", "csv")}
        for tag in shown.page.select("main [href], main [src], [data-copy]"):
            addresses |= {str(tag[name]) for name in ("href", "src", "data-copy") if name in tag.attrs}
        addresses = {address for address in addresses if address.startswith(shown.address)}
        assert len(addresses) > 30
        stranger = Student(shown.student.client.application.test_client())
        stranger.client.get("/espaces/a/b")
        assert {stranger.client.get(address).status_code for address in addresses} == {404}


class TestFiles:
    """Which files are fetched, and how many."""

    def test_gallery_of_sixty_four_pictures_is_kept_whole(self, answering: Answering) -> None:
        answer = answering(("Gallery", [{"image": file(f"{n}-chat.png"), "caption": None} for n in range(64)]))
        assert len(answer.section().select("img")) == 64
        assert all(item["image"]["file"] for item in answer.value())

    def test_page_says_how_many_files_are_beyond_the_limit_of_this_site(
        self, answering: Answering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(output_files, "MAX_RUN_FILES", 10)
        names = [f"{n}-chat.png" for n in range(13)]
        answer = answering(
            ("Gallery", [{"image": file(name), "caption": name} for name in names]), ("File", file("99-chat.png"))
        )
        assert len(answer.section().select("img")) == 10
        assert "4 autres n’ont pas été gardés" in answer.page.get_text()
        assert "Ce site garde au plus" in answer.page.get_text()
        assert "non gardé" in answer.words(1)
        files = [item["image"] for item in answer.value()]
        assert [each["file"] is None for each in files] == [False] * 10 + [True] * 3
        assert files[12]["name"] == "12-chat.png"

    def test_file_larger_than_the_limit_is_told_as_a_limit_of_this_site(self, answering: Answering) -> None:
        answer = answering(("File", file("enorme.bin")), ("Image", file("chat.png")))
        assert "ce site garde des fichiers de 20 Mo au plus" in answer.words(0)
        assert answer.value(1)["file"]

    def test_stream_that_has_ended_is_a_sound_to_play(self, answering: Answering) -> None:
        stream = file("voix.mp3", path="abc/voix/playlist.m3u8", is_stream=True)
        answer = answering(("Audio", stream), ("Audio", file("x.mp3", path="abc/12/perdu.txt", is_stream=True)))
        assert answer.section(0).select("audio[src]")
        kept = answer.value(0)
        assert (kept["name"], kept["media_type"], kept["bytes"]) == ("voix.aac", "audio/aac", len(STREAMED))
        assert "flux en direct, non conservé" in answer.words(1)

    def test_one_file_named_twice_is_fetched_once(self, answering: Answering) -> None:
        answer = answering(
            ("Image", file("chat.png")), ("Gallery", [{"image": file("chat.png"), "caption": None}] * 20)
        )
        assert len({image["src"] for image in answer.page.select("[data-output] img")}) == 1
        assert len(answer.section(1).select("img")) == 20

    def test_of_an_update_only_the_value_is_fetched(self, answering: Answering) -> None:
        update = {"__type__": "update", "value": file("chat.png"), "icon": file("clavier.png")}
        answer = answering(("Image", update))
        assert len(answer.section().select("img")) == 1
        assert answer.value()["value"]["file"].endswith("/fichiers/0")
        assert answer.value()["icon"]["file"] is None
        assert answer.value()["__type__"] == "update"

    def test_what_looks_like_a_file_elsewhere_is_somebodys_json(self, answering: Answering) -> None:
        lure, reference = file("chat.png"), {"$file": 0, "$why": "lost"}
        answer = answering(("Json", [lure, reference]), ("Textbox", lure), ("Image", file("chat.png")))
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
    def test_an_image_in_the_answer_that_is_none_is_not_kept(self, answering: Answering, url: str) -> None:
        answer = answering(("Image", file("x.png", path=None, url=url)))
        assert answer.value() == {"file": None, "name": "x.png", "bytes": None, "media_type": None}
        assert "fichier non accessible" in answer.words()

    def test_html_in_the_answer_that_says_it_is_an_image_is_only_downloaded(self, answering: Answering) -> None:
        answer = answering(("Image", file("x.svg", path=None, url="data:image/svg+xml,<html><script>1</script>")))
        image = str(answer.section().select_one("img")["src"])
        assert answer.get(image).status_code == 404
        assert answer.get(image.removesuffix(".svg")).mimetype == "application/octet-stream"


class TestSpeed:
    """While a run goes on its page is asked for again and again."""

    def test_partial_outputs_are_drawn_by_the_same_partials(self, answering: Answering) -> None:
        partial = generating(["**mot**", file("chat.png"), "<b>x</b>"])
        failing = {"msg": "process_completed", "success": False, "output": {"error": "Tant pis"}}
        answer = answering(("Markdown", ""), ("Image", None), ("Html", ""), messages=[partial, failing])
        assert answer.run["status"] == "failed"
        assert answer.section(0).select_one("strong").get_text() == "mot"
        assert answer.section(1).select_one("img")
        assert answer.section(2).select_one("iframe[sandbox]")

    def test_a_page_with_five_hundred_outputs_stays_a_page(self, answering: Answering) -> None:
        answer = answering(*[("Json", [1] * 450)] * 400)
        page = answer.get(answer.address).text
        assert page.count('data-component="Json"') == 400
        assert len(page) < 1_200_000
        assert page.count("cette sortie se télécharge") > 200
        assert answer.get(f"{answer.address}/sorties/399.json").get_json() == [1] * 450

    def test_a_very_long_text_is_shown_in_part_and_says_so(self, answering: Answering) -> None:
        answer = answering(("Markdown", "# mot\n" * 200_000))
        assert len(str(answer.page)) < 400_000
        assert "trop long pour être mis en forme" in answer.words()
        assert "En voici le début" in answer.words()
        assert len(answer.get(link(answer.section(), "Texte")).data) == 1_200_000


def test_what_a_space_says_with_nothing_in_it(answering: Answering) -> None:
    answer = answering(
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


def test_a_run_without_outputs_says_that_it_is_over(answering: Answering) -> None:
    answer = answering(messages=[completed([])])
    assert "Terminé, sans valeur en retour" in answer.page.get_text()


def test_numbers_that_no_float_holds_are_shown(answering: Answering) -> None:
    answer = answering(
        ("Number", 10**400),
        ("Number", -0.0),
        ("Slider", 1e-300),
        ("Dataframe", {"headers": ["a"], "data": [[10**400]]}),
    )
    assert math.isclose(answer.value(2), 1e-300)
    assert answer.value(0) == 10**400
