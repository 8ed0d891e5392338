"""The Spaces on offer: their names, the instructor's own list, its mistakes."""

import re
from pathlib import Path

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.spaces import catalogue
from tests.conftest import end
from tests.posting import Student, error_codes

BUNDLED = catalogue.read(catalogue.BUNDLED)
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
    assert catalogue.reduced(name) == name
    assert catalogue.reduced(PAGES + name) == name
    assert catalogue.reduced(PAGES + name + "/") == name


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_none(name: str) -> None:
    assert not catalogue.is_space_id(name)
    assert catalogue.reduced(name) is None
    assert catalogue.reduced(PAGES + name) is None


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
    assert catalogue.reduced(address) is None


@pytest.mark.parametrize("name", [name for name in REFUSED if name.strip() == name and name])
def test_such_a_name_is_refused_by_the_page_with_what_was_typed(client, name: str) -> None:
    response = client.get("/espaces/", query_string={"nom": name})
    assert response.status_code == 400
    assert b'data-error="space-not-found"' in response.data


@pytest.mark.parametrize("path", ["o--o/n", "_o/n", "o/n..n", "o/n.git", "o%20/n", "o/%C3%A9", "o/" + "n" * 97])
def test_such_a_page_does_not_exist(student: Student, path: str) -> None:
    assert error_codes(student.open(f"/espaces/{path}", 404)) == ["space-not-found"]


@pytest.mark.parametrize("written", ["gradio/hello_world", " gradio/hello_world ", PAGES + "gradio/hello_world"])
def test_a_name_leads_to_its_page(client, written: str) -> None:
    response = client.get("/espaces/", query_string={"nom": written})
    assert (response.status_code, response.headers["Location"]) == (302, "/espaces/gradio/hello_world")


class TestTheInstructorsList:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        (tmp_path / "instance").mkdir()
        return tmp_path / "instance" / "spaces.toml"

    def entries(self, own: Path) -> list[catalogue.Entry]:
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        with app.app_context():
            found = catalogue.entries()
        end(app)
        return found

    def test_without_one_there_is_the_bundled_one(self, app: Flask) -> None:
        with app.app_context():
            assert catalogue.entries() == BUNDLED

    def test_it_adds_after_the_practice_space(self, own: Path) -> None:
        own.write_text(
            '[[space]]\nid = "a/b"\n[[space]]\nid = "c/d"\ntitle = "L\'autre"\nwhy = "Pourquoi ?"\ntoken = true\n'
        )
        found = self.entries(own)
        assert found[: len(BUNDLED)] == BUNDLED
        assert found[len(BUNDLED) :] == [
            catalogue.Entry("a/b", "a/b"),
            catalogue.Entry("c/d", "L’autre", "Pourquoi\u202f?", token=True),
        ]

    def test_what_it_adds_comes_first_on_the_page_unless_it_says_what_it_teaches(self, own: Path) -> None:
        own.write_text(
            '[[space]]\nid = "a/b"\n'
            '[[space]]\nid = "c/d"\nteaches = "Converser"\n'
            '[[space]]\nid = "e/f"\nteaches = "Autre chose"\n'
        )
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        page = Student(app.test_client()).open("/espaces/")
        end(app)
        shown = [str(link["href"]).removeprefix("/espaces/") for link in page.select(".lines a.whole")]
        assert shown[:2] == [catalogue.PRACTICE, "a/b"]
        assert shown[shown.index("gradio/chatinterface_random_response") + 1] == "c/d"
        assert shown[-1] == "e/f"
        assert [title.get_text() for title in page.select("h3")][-1] == "Autre chose"

    def test_it_replaces_an_entry_of_the_same_id(self, own: Path) -> None:
        own.write_text(
            f'[[space]]\nid = "{catalogue.PRACTICE}"\ntitle = "Le mien"\nurl = "http://127.0.0.1:7861/app"\n'
        )
        mine = catalogue.Entry(catalogue.PRACTICE, "Le mien", url="http://127.0.0.1:7861/app")
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
        assert line.startswith("hfcourse: spaces.toml cannot be read: ")
        assert "\n" not in line
        assert "object" not in line  # Python's words for its own mistakes help nobody

    def test_so_does_another_encoding(self, own: Path) -> None:
        own.write_bytes("# é".encode("utf-16"))
        with pytest.raises(SystemExit, match=r"^hfcourse: spaces\.toml cannot be read"):
            self.entries(own)

    def test_its_addresses_are_shown_to_nobody(self, own: Path) -> None:
        own.write_text('[[space]]\nid = "a/b"\nurl = "http://127.0.0.1:9/secret-path"\n')
        app = create_app({"INSTANCE": str(own.parent), "TESTING": True})
        for path in ("/espaces/", "/espaces/a/b"):
            response = app.test_client().get(path)
            assert response.status_code == 200
            assert b"secret-path" not in response.data
            assert b"127.0.0.1" not in response.data
        end(app)


def test_its_words_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "spaces.toml").write_text('[[space]]\nid = "a/b"\ntitle = "<script>alert(1)</script>"\n')
    app = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    assert b"<script>alert" not in app.test_client().get("/espaces/").data
    end(app)


def test_looking_at_the_list_wakes_nothing(app: Flask, student: Student) -> None:
    student.open("/espaces/")
    with app.app_context():
        assert catalogue.practice_state() == "asleep"


def test_a_practice_space_of_somebody_else_is_elsewhere(tmp_path: Path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "PRACTICE_URL": "http://127.0.0.1:9", "TESTING": True})
    with app.app_context():
        assert catalogue.practice_state() == "elsewhere"
    end(app)


class TestTheBundledList:
    def test_the_practice_space_is_the_first(self) -> None:
        assert BUNDLED[0].id == catalogue.PRACTICE

    def test_each_says_in_one_sentence_what_it_teaches(self) -> None:
        for entry in BUNDLED[1:]:
            assert entry.teaches, entry.id
            assert re.fullmatch(r"[A-ZÀÉ][^.]*\.", entry.why), entry.id

    def test_none_is_lent_the_token_or_has_an_address_of_its_own(self) -> None:
        assert not [entry for entry in BUNDLED if entry.token or entry.url]

    def test_those_that_teach_the_same_stand_together(self, app: Flask) -> None:
        with app.app_context():
            assert [entry for together in catalogue.groups().values() for entry in together] == BUNDLED[1:]

    def test_the_page_shows_them_all_the_practice_space_first(self, student: Student) -> None:
        page = student.open("/espaces/")
        links = [str(link["href"]) for link in page.select(".lines a.whole")]
        assert links == [f"/espaces/{entry.id}" for entry in BUNDLED]
        for entry in BUNDLED:
            assert entry.why in page.get_text()
