"""The Spaces on offer: their names, the instructor's own list, its mistakes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app, instructors
from hfcourse.spaces import catalogue, reloaded_file
from hfcourse.spaces.catalogue_errors import CatalogueError
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic
from tests.support.form_parsing import list_error_codes
from tests.support.plain_typography import untypeset

BUNDLED = catalogue.read_catalogue_file(catalogue.BUNDLED_CATALOGUE_PATH)
REFUSED = [
    "",
    "../x",
    "owner/..",
    "owner/name/extra",
    "name",
    "owner/",
    "/name",
    "owner//name",
    "owner/name\n",
    " owner/name",
    "owner/name ",
    "owner/name?x",
    "owner/name#f",
    "owner%2Fname",
    "localhost:7860",
    "http://169.254.169.254",
    "file:///etc/passwd",
    "//evil.com/x",
    "https://x.hf.space.evil.com",
    "https://x.hf.space@evil.com",
    "https://evil.com\\.hf.space",
    "https://xhf.space",
    "http://x.hf.space",
    "https://x.hf.space:7860",
    "оwner/name",
    "ｏｗｎｅｒ/name",
    "owner/na\u200bme",
    "o" * 97 + "/name",
    "owner/" + "n" * 97,
    "_o/_n",
    "-o/n",
    "o/n-",
    "o--o/n",
    "o/n--n",
    "o/n..n",
    "o/.n",
    "o/n.git",
    "o/n\0",
    "o/é",
    "api/whoami/x",
    "owner\\name",
    "١/٢",
    "http://localhost:7860",
    "2130706433",
    "0x7f.1",
    "http://[::ffff:127.0.0.1]",
    "127.1",
    "0",
    "u:p@x/y",
]
ACCEPTED = [
    "owner/name",
    "gradio/hello_world",
    "a/b",
    "A1.b-c_d/E2",
    "o" * 96 + "/" + "n" * 96,
    "3/4",
    "o-o/n.n",
    "a/b.gitx",
]
PAGES = "https://huggingface.co/spaces/"


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_name_of_the_hub_is_one(name: str) -> None:
    assert catalogue.is_space_id(name)
    assert catalogue.extract_space_id(name) == name
    assert catalogue.extract_space_id(PAGES + name) == name
    assert catalogue.extract_space_id(PAGES + name + "/") == name


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_none(name: str) -> None:
    assert not catalogue.is_space_id(name)
    assert catalogue.extract_space_id(name) is None
    assert catalogue.extract_space_id(PAGES + name) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://huggingface.co/spaces/a/b",
        "https://huggingface.co.evil.com/spaces/a/b",
        "https://huggingface.co/a/b",
        "https://huggingface.co/spaces/a/b//",
        "https://huggingface.co/spaces/a/b/tree/main",
        "https://evil/spaces/a/b",
        "https://huggingface.co/spaces/a/b?x=1",
        "https://huggingface.co/spaces/a/b\n",
    ],
)
def test_no_other_address_is_reduced(address: str) -> None:
    assert catalogue.extract_space_id(address) is None


@pytest.mark.parametrize("name", [name for name in REFUSED if name.strip() == name and name])
def test_page_refuses_an_impossible_name_with_what_was_typed(client, name: str) -> None:
    response = client.get("/espaces/", query_string={"nom": name})
    assert response.status_code == 400
    assert b'data-error="space-not-found"' in response.data


@pytest.mark.parametrize("path", ["o--o/n", "_o/n", "o/n..n", "o/n.git", "o%20/n", "o/%C3%A9", "o/" + "n" * 97])
def test_page_of_an_impossible_name_does_not_exist(student: BrowserClient, path: str) -> None:
    assert list_error_codes(student.open_page(f"/espaces/{path}", 404)) == ["space-not-found"]


@pytest.mark.parametrize("written", ["gradio/hello_world", " gradio/hello_world ", PAGES + "gradio/hello_world"])
def test_a_name_leads_to_its_page(client, written: str) -> None:
    response = client.get("/espaces/", query_string={"nom": written})
    assert (response.status_code, response.headers["Location"]) == (302, "/espaces/gradio/hello_world")


class TestTheInstructorsList:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        (tmp_path / "instance").mkdir()
        return tmp_path / "instance" / "spaces.toml"

    def entries(self, own: Path) -> list[catalogue.CatalogueEntry]:
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        with app.app_context():
            found = catalogue.list_catalogue_entries()
        close_app(app)
        return found

    def test_without_one_there_is_the_bundled_one(self, app: Flask) -> None:
        with app.app_context():
            assert catalogue.list_catalogue_entries() == BUNDLED

    def test_instructors_list_adds_after_the_practice_space(self, own: Path) -> None:
        own.write_text(
            '[[space]]\nid = "a/b"\n[[space]]\nid = "c/d"\ntitle = "L\'autre"\nwhy = "Pourquoi ?"\ntoken = true\n'
        )
        found = self.entries(own)
        assert found[: len(BUNDLED)] == BUNDLED
        assert found[len(BUNDLED) :] == [
            catalogue.CatalogueEntry("a/b", "a/b"),
            catalogue.CatalogueEntry("c/d", "L’autre", "Pourquoi\u202f?", token=True),
        ]

    def test_what_it_adds_comes_first_on_the_page_unless_it_says_what_it_teaches(self, own: Path) -> None:
        own.write_text(
            '[[space]]\nid = "a/b"\n'
            '[[space]]\nid = "c/d"\nteaches = "Converser"\n'
            '[[space]]\nid = "e/f"\nteaches = "Autre chose"\n'
        )
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        page = BrowserClient(app.test_client()).open_page("/espaces/")
        close_app(app)
        shown = [str(link["href"]).removeprefix("/espaces/") for link in page.select(".ruled-list a.row-link")]
        assert shown[:2] == [catalogue.PRACTICE_SPACE_ID, "a/b"]
        assert shown[shown.index("gradio/chatinterface_random_response") + 1] == "c/d"
        assert shown[-1] == "e/f"
        assert [title.get_text() for title in page.select("h3")][-1] == "Autre chose"

    def test_instructors_list_replaces_an_entry_of_the_same_id(self, own: Path) -> None:
        own.write_text(
            f'[[space]]\nid = "{catalogue.PRACTICE_SPACE_ID}"\ntitle = "Le mien"\nurl = "http://127.0.0.1:7861/app"\n'
        )
        mine = catalogue.CatalogueEntry(catalogue.PRACTICE_SPACE_ID, "Le mien", url="http://127.0.0.1:7861/app")
        assert self.entries(own) == [mine, *BUNDLED[1:]]

    @pytest.mark.parametrize("url", ["http://[::1]:7860", "https://[2001:db8::7]/app", "http://[::ffff:127.0.0.1]:80"])
    def test_an_ipv6_address_is_one(self, own: Path, url: str) -> None:
        own.write_text(f'[[space]]\nid = "a/b"\nurl = "{url}"\n')
        assert self.entries(own)[-1].url == url

    def test_an_empty_one_adds_nothing(self, own: Path) -> None:
        own.write_bytes(b"\xef\xbb\xbf# rien\n")
        assert self.entries(own) == BUNDLED

    @pytest.mark.parametrize(
        "text",
        [
            "[[space]",
            "space = " + "5" * 5_000,
            "space = " + "[" * 5_000,
            "space = 5",
            'space = ["a/b"]',
            '[space]\nid = "a/b"',
            '[[spaces]]\nid = "a/b"',
            'id = "a/b"',
            "[[space]]",
            '[[space]]\ntitle = "sans id"',
            "[[space]]\nid = 5",
            '[[space]]\nid = "pas un nom"',
            '[[space]]\nid = "a/b"\ntoken = "yes"',
            '[[space]]\nid = "a/b"\ntoken = 1',
            '[[space]]\nid = "a/b"\ntitel = "x"',
            '[[space]]\nid = "a/b"\n[[space]]\nid = "a/b"',
            '[[space]]\nid = "a/b"\nurl = "ftp://x"',
            '[[space]]\nid = "a/b"\nurl = "http://[::1"',
            '[[space]]\nid = "a/b"\nurl = "http://::1:7860"',
            '[[space]]\nid = "a/b"\nurl = "http://[1.2.3.4]:7860"',
            '[[space]]\nid = "a/b"\nurl = "http://[::1]:70000"',
            '[[space]]\nid = "a/b"\nurl = "http://[:::]"',
            '[[space]]\nid = "a/b"\nurl = "http://u:p@x"',
            '[[space]]\nid = "a/b"\nurl = "x"',
            '[[space]]\nid = "a/b"\nurl = "http://x:99999"',
            '[[space]]\nid = "a/b"\nurl = "http://x/?q"',
        ],
    )
    def test_a_mistake_stops_the_start_with_one_line(self, own: Path, text: str) -> None:
        own.write_text(text)
        with pytest.raises(SystemExit) as caught:
            self.entries(own)
        line = str(caught.value)
        assert untypeset(line).startswith("hfcourse : spaces.toml ne se lit pas : ")
        assert "\n" not in line
        assert "object" not in line  # Python's words for its own mistakes help nobody

    def test_another_encoding_stops_the_site_with_its_line(self, own: Path) -> None:
        own.write_bytes("# é".encode("utf-16"))
        with pytest.raises(SystemExit) as caught:
            self.entries(own)
        line = "hfcourse : spaces.toml ne se lit pas : ligne 1, ce n'est pas de l'UTF-8. Corrigez-le, puis relancez."
        assert untypeset(str(caught.value)) == line

    def test_addresses_of_the_instructors_list_are_shown_to_nobody(self, own: Path) -> None:
        own.write_text('[[space]]\nid = "a/b"\nurl = "http://127.0.0.1:9/secret-path"\n')
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        for path in ("/espaces/", "/espaces/a/b"):
            response = app.test_client().get(path)
            assert response.status_code == 200
            assert b"secret-path" not in response.data
            assert b"127.0.0.1" not in response.data
        close_app(app)


def test_words_of_a_space_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "spaces.toml").write_text('[[space]]\nid = "a/b"\ntitle = "<script>alert(1)</script>"\n')
    app = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    assert b"<script>alert" not in app.test_client().get("/espaces/").data
    close_app(app)


def test_looking_at_the_list_wakes_nothing(app: Flask, student: BrowserClient) -> None:
    student.open_page("/espaces/")
    with app.app_context():
        assert catalogue.get_practice_state() == "asleep"


def test_a_practice_space_of_somebody_else_is_elsewhere(tmp_path: Path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "PRACTICE_URL": "http://127.0.0.1:9", "TESTING": True})
    with app.app_context():
        assert catalogue.get_practice_state() == "elsewhere"
    close_app(app)


class TestTheBundledList:
    def test_the_practice_space_is_the_first(self) -> None:
        assert BUNDLED[0].id == catalogue.PRACTICE_SPACE_ID

    def test_each_says_in_one_sentence_what_it_teaches(self) -> None:
        for entry in BUNDLED[1:]:
            assert entry.teaches, entry.id
            assert re.fullmatch(r"[A-ZÀÉ][^.]*\.", entry.why), entry.id

    def test_none_is_lent_the_token_or_has_an_address_of_its_own(self) -> None:
        assert not [entry for entry in BUNDLED if entry.token or entry.url]

    def test_those_that_teach_the_same_stand_together(self, app: Flask) -> None:
        with app.app_context():
            assert [entry for together in catalogue.group_entries_by_topic().values() for entry in together] == BUNDLED[
                1:
            ]

    def test_the_page_shows_them_all_the_practice_space_first(self, student: BrowserClient) -> None:
        page = student.open_page("/espaces/")
        links = [str(link["href"]) for link in page.select(".ruled-list a.row-link")]
        assert links == [f"/espaces/{entry.id}" for entry in BUNDLED]
        for entry in BUNDLED:
            assert entry.why in page.get_text()


class TestTheFileWhileTheSiteRuns:
    """It is followed by each process, and a mistake leaves the last good list in force."""

    FIRST = '[[space]]\nid = "a/b"\ntitle = "Premier"\n'

    @pytest.fixture
    def own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(reloaded_file, "FILE_CHECK_INTERVAL_SECONDS", 0)
        (tmp_path / "instance").mkdir()
        (tmp_path / "instance" / "spaces.toml").write_text(self.FIRST)
        return tmp_path / "instance" / "spaces.toml"

    @pytest.fixture
    def running(self, own: Path) -> Iterator[Flask]:
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True, "INSTRUCTOR_PASSWORD": "craie et tableau noir"})
        yield app
        close_app(app)

    def titles(self, app: Flask) -> list[str]:
        page = BrowserClient(app.test_client()).open_page("/espaces/")
        return [link.get_text(" ", strip=True) for link in page.select(".ruled-list a.row-link")]

    def offers(self, app: Flask, title: str) -> bool:
        return any(title in each for each in self.titles(app))

    def test_a_space_that_is_added_is_there_at_the_next_look(self, running: Flask, own: Path) -> None:
        own.write_text(self.FIRST + '[[space]]\nid = "c/d"\ntitle = "Second"\n')
        assert self.offers(running, "Premier")
        assert self.offers(running, "Second")

    def test_a_change_of_the_same_size_is_seen_too(self, running: Flask, own: Path) -> None:
        own.write_text(self.FIRST.replace("Premier", "Dernier"))
        assert self.offers(running, "Dernier")

    @pytest.mark.parametrize("way", ["deleted", "replaced"])
    def test_a_file_that_goes_or_is_replaced_is_followed(self, running: Flask, own: Path, way: str) -> None:
        if way == "deleted":
            own.unlink()
        else:
            other = own.with_suffix(".new")
            other.write_text(self.FIRST.replace("Premier", "Tiers"))
            other.rename(own)
        assert self.offers(running, "Tiers") is (way == "replaced")
        assert not self.offers(running, "Premier")

    def test_a_file_that_comes_later_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reloaded_file, "FILE_CHECK_INTERVAL_SECONDS", 0)
        app = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
        (tmp_path / "spaces.toml").write_text(self.FIRST)
        assert self.offers(app, "Premier")
        close_app(app)

    def test_a_mistake_leaves_the_last_good_list_and_is_logged_once_with_its_line(
        self, running: Flask, own: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        own.write_text(self.FIRST + '\n[[space]]\nid = "c/d"\ntitel = "Second"\n')
        assert all(self.offers(running, "Premier") for _ in range(3))
        assert caplog.text.count("spaces.toml is not used as it is now (line 7: ") == 1
        own.write_text(self.FIRST.replace("Premier", "Dernier"))
        assert self.offers(running, "Dernier")
        with running.app_context():
            assert catalogue.get_catalogue_error() is None

    def test_a_mistake_is_shown_to_the_instructor_alone(
        self, running: Flask, own: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own.write_text(self.FIRST + '[[space]]\nid = "<b>"\n')
        assert not BrowserClient(running.test_client()).open_page("/espaces/").select("[data-catalogue-mistake]")
        monkeypatch.setattr(instructors, "is_logged_in", lambda: True)
        [shown] = BrowserClient(running.test_client()).open_page("/espaces/").select("[data-catalogue-mistake]")
        assert "spaces.toml, ligne 5\u00a0: il manque un id" in shown.get_text()
        own.write_bytes(b"# \xff")
        [shown] = BrowserClient(running.test_client()).open_page("/espaces/").select("[data-catalogue-mistake]")
        assert "spaces.toml, ligne 1\u00a0: ce n’est pas de l’UTF-8" in shown.get_text()
        own.unlink()
        own.mkdir()
        [shown] = BrowserClient(running.test_client()).open_page("/espaces/").select("[data-catalogue-mistake]")
        assert "le fichier ne se lit pas" in shown.get_text()

    def test_file_is_looked_at_once_a_second(self, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reloaded_file, "FILE_CHECK_INTERVAL_SECONDS", 1)
        clock = FakeMonotonic(monkeypatch, reloaded_file)
        begun = clock.seconds
        file = reloaded_file.ReloadedFile(own, lambda content: content)
        looks = []
        monkeypatch.setattr(file, "_reload_if_changed", lambda: looks.append(clock.seconds - begun))
        for moment in (0, 0.9, 1, 1.1, 2.1):
            clock.seconds = begun + moment
            assert file.content == self.FIRST.encode()
        assert looks == pytest.approx([1, 2.1])

    def test_a_token_that_is_lent_and_not_there_is_told(
        self, running: Flask, own: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "HF_TOKEN" not in caplog.text
        own.write_text(self.FIRST + "token = true\n")
        assert self.offers(running, "Premier")
        assert "token = true for a/b, and HF_TOKEN is not set" in caplog.text
        monkeypatch.setattr(instructors, "is_logged_in", lambda: True)
        [shown] = BrowserClient(running.test_client()).open_page("/espaces/").select("[data-missing-token]")
        assert "a/b" in shown.get_text()

    def test_a_token_that_is_lent_and_there_is_not_told(
        self, own: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_" + "c" * 30)
        own.write_text(self.FIRST + "token = true\n")
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        assert self.offers(app, "Premier")
        assert "HF_TOKEN" not in caplog.text
        close_app(app)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[space]]\nid = "a/b"\n\n[[space]\nid = "c/d"\n', 4),
        ('[[space]]\nid = "a/b"\nid = "a/c"\n', 3),
        ('[[space]]\nid = "a/b"\n[[space]]\nid = "c/d"\ntitel = "x"\n', 5),
        ('[[space]]\nid = "a/b"\nwhy = """\n[[space]]\nid\n"""\n[[space]]\ntitle = "x"\nurl = "y"\nid = "a/z"', 9),
        ('[[space]]\nid = "a/b"\n[[space]]\ntitle = "x"\n', 3),
        ('[[space]]\nid = "a/b"\n[[space]]\nid = "a/b"\n', 4),
        ('[[space]]\nid = "a/b"\n\n[other]\nx = 1\n', 4),
        ('x = 1\n[[space]]\nid = "a/b"\n', 1),
        ('[[space]]\nid = "a/b"\ntoken = "oui"\n', 3),
        ("space = 5\n", 1),
        ('space = [{id = "a/b"}, {id = "x"}]\n', 1),
        ('[[space]]\nid = "a/b', 2),
    ],
)
def test_a_mistake_names_its_line(text: str, line: int) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue.parse_catalogue_entries(text.encode())
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
