"""The form of an endpoint: filled, posted, refused, with everything typed still in it."""

import io
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse.errors import FormRejected
from hfcourse.files import file_store
from hfcourse.spaces.form import forms, uploads
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.tokens import MASK_TEXT
from tests.support.factories import read_stored_file
from tests.support.recordings import RECORDED_ENDPOINTS, get_recorded_endpoint

pytestmark = pytest.mark.usefixtures("app_context")

TOKEN = "hf_" + "c" * 34
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
VISITOR = "a visitor"


def of(*parameters: Parameter) -> Endpoint:
    return Endpoint("/f", "F", "", parameters, ())


def make_parameter(component: str, name: str = "x", **parts: Any) -> Parameter:
    return Parameter(name=name, label="Champ", component=component, **parts)


def upload(content: bytes, name: str = "photo.png", kind: str = "image/png") -> FileStorage:
    return FileStorage(io.BytesIO(content), name, content_type=kind)


def collect_untouched_form(form: forms.Form) -> MultiDict[str, str]:
    """What a browser sends of this form when nobody touches it."""
    sent: MultiDict[str, str] = MultiDict()
    for each in form.fields:
        if each.control == "table":
            for line, cells in enumerate(each.rows):
                for column, text in enumerate(cells):
                    sent.add(f"{each.name}-{line}-{column}", text)
        elif each.file_controls:
            for part in each.file_controls:
                for kept in each.get_control_files(part):
                    sent.add(f"{each.get_file_control_name(part)}-kept", kept.id)
            if each.control == "multimodal":
                sent.add(f"{each.name}-text", each.text)
        else:
            for text in each.texts:
                sent.add(each.name, text)
    return sent


def untouched(form: forms.Form) -> MultiDict[str, FileStorage]:
    """What a browser sends of file controls in which nothing was chosen."""
    return MultiDict(
        (each.get_file_control_name(part), upload(b"", "")) for each in form.fields for part in each.file_controls
    )


def read_form(asked: Endpoint, fields: dict[str, Any], **uploads: FileStorage) -> forms.Form:
    given = MultiDict({f"arg-{name}": value for name, value in fields.items()})
    return forms.read_form(asked, given, MultiDict({f"arg-{name}": each for name, each in uploads.items()}), VISITOR)


@pytest.mark.parametrize(
    ("name", "asked"), RECORDED_ENDPOINTS, ids=[f"{name}{each.name}" for name, each in RECORDED_ENDPOINTS]
)
def test_every_recorded_form_can_be_sent_as_it_is_shown(name: str, asked: Endpoint) -> None:
    shown = forms.bind_form(asked)
    assert [each.name for each in shown.fields] == [f"arg-{each.name}" for each in asked.parameters]
    sent, empty = collect_untouched_form(shown), untouched(shown)
    assert len(sent) + len(empty) < 1_000
    values = forms.validate_form(forms.read_form(asked, sent, empty, VISITOR))
    assert list(values) == [each.name for each in asked.parameters]


class TestFilling:
    def test_the_spaces_defaults_are_shown(self) -> None:
        shown = forms.bind_form(get_recorded_endpoint("sentence_builder", "/predict"))
        by_name = {each.parameter.name: each for each in shown.fields}
        assert by_name["quantity"].texts == ["4"]
        assert [text for text, _, chosen in by_name["activity_list"].options if chosen] == ["swam", "slept"]

    def test_given_values_take_their_place(self) -> None:
        shown = forms.bind_form(
            of(make_parameter("textbox", default="défaut"), make_parameter("textbox", "y", default="défaut")), {"x": ""}
        )
        assert [each.text for each in shown.fields] == ["", "défaut"]

    def test_a_given_file_is_a_kept_one_and_nothing_else(self) -> None:
        kept = file_store.save_file(VISITOR, "a.png", PNG)
        assert forms.bind_form(of(make_parameter("image")), {"x": kept}).fields[0].files_by_suffix == {"": [kept]}
        assert forms.bind_form(of(make_parameter("image")), {"x": {"path": "/etc/passwd"}}).fields[
            0
        ].files_by_suffix == {"": []}


class TestReading:
    def test_what_nobody_asked_for_is_ignored(self) -> None:
        form = read_form(of(make_parameter("textbox")), {"x": "a", "headers": "b", "api_name": "c"})
        assert forms.validate_form(form) == {"x": "a"}

    @pytest.mark.parametrize("name", ["headers", "api_name", "fn_index", "self", "csrf_token", "space", "endpoint"])
    def test_a_parameter_may_have_any_name(self, name: str) -> None:
        assert forms.validate_form(read_form(of(make_parameter("textbox", name)), {name: "a"})) == {name: "a"}

    def test_every_fault_stands_in_its_field_and_what_was_typed_stays(self) -> None:
        form = read_form(
            of(make_parameter("number"), make_parameter("number", "y"), make_parameter("textbox", "z")),
            {"x": "abc", "y": "5", "z": "texte"},
        )
        assert [bool(each.error) for each in form.fields] == [True, False, False]
        assert [each.text for each in form.fields] == ["abc", "5", "texte"]
        with pytest.raises(FormRejected) as caught:
            forms.validate_form(form)
        assert (caught.value.code, list(caught.value.field_errors)) == ("invalid-input", ["x"])

    @pytest.mark.parametrize("component", ["textbox", "number", "slider", "json", "dataframe", "image", "code"])
    def test_a_control_that_a_browser_always_sends_is_missed(self, component: str) -> None:
        with pytest.raises(FormRejected) as caught:
            forms.validate_form(read_form(of(make_parameter(component)), {}))
        assert (caught.value.code, list(caught.value.field_errors)) == ("invalid-input", ["x"])

    @pytest.mark.parametrize(("component", "value"), [("checkbox", False), ("radio", None), ("checkboxgroup", [])])
    def test_one_that_it_does_not_is_empty(self, component: str, value: Any) -> None:
        assert forms.validate_form(read_form(of(make_parameter(component, choices=(("A", "a"),))), {})) == {"x": value}


class TestTables:
    TABLE = make_parameter("dataframe", headers=("a", "b"), datatypes=("str", "number"))

    def test_cells_are_read_by_line_and_column(self) -> None:
        form = read_form(
            of(self.TABLE), {"x-0-0": "u", "x-0-1": "1", "x-2-1": "2,5", "x-9-9": "beyond", "x-a-b": "none"}
        )
        assert forms.validate_form(form)["x"]["data"] == [["u", 1], ["", 2.5]]

    def test_a_line_is_added_and_keeps_the_rest(self) -> None:
        form = read_form(
            of(self.TABLE, make_parameter("textbox", "y")), {"x-0-0": "u", "x-0-1": "not a number", "y": "z"}
        )
        form.add_row("x")
        assert form.fields[0].rows == [["u", "not a number"], ["", ""]]
        assert form.fields[1].text == "z"

    @pytest.mark.parametrize("columns", [1, 2, 30, 900])
    def test_lines_can_be_added_until_a_form_could_not_be_sent(self, columns: int) -> None:
        table = make_parameter("dataframe", headers=tuple(map(str, range(columns))))
        form = forms.bind_form(of(table))
        for _ in range(300):
            form.add_row("x")
        assert len(form.fields[0].rows) == form.fields[0].max_rows
        assert form.fields[0].max_rows * columns <= 900

    def test_a_line_is_added_to_no_other_field(self) -> None:
        form = forms.bind_form(of(make_parameter("textbox")))
        form.add_row("x")
        assert form.fields[0].rows == []


class TestFiles:
    IMAGE = of(make_parameter("image"))

    def test_an_upload_is_kept_and_sent(self) -> None:
        kept = forms.validate_form(read_form(self.IMAGE, {}, x=upload(PNG)))["x"]
        assert (read_stored_file(kept), kept.media_type, kept.name) == (PNG, "image/png", "photo.png")
        assert file_store.find_file(VISITOR, kept.id) is not None

    def test_an_empty_field_is_null(self) -> None:
        assert forms.validate_form(read_form(self.IMAGE, {}, x=upload(b"", ""))) == {"x": None}

    def test_one_kept_from_an_earlier_try_is_sent_again(self) -> None:
        kept = file_store.save_file(VISITOR, "a.png", PNG)
        assert forms.validate_form(read_form(self.IMAGE, {"x-kept": kept.id}, x=upload(b"", "")))["x"].id == kept.id

    def test_unless_another_takes_its_place_or_it_is_dropped(self) -> None:
        kept = file_store.save_file(VISITOR, "a.png", PNG)
        assert forms.validate_form(read_form(self.IMAGE, {"x-kept": kept.id}, x=upload(PNG + b"2")))["x"].id != kept.id
        assert (
            forms.validate_form(read_form(self.IMAGE, {"x-kept": kept.id, "x-drop": kept.id}, x=upload(b"", "")))["x"]
            is None
        )

    @pytest.mark.parametrize("file_id", ["0" * 32, "../../etc/passwd", "x"])
    def test_a_file_that_is_not_here_is_gone(self, file_id: str) -> None:
        assert read_form(self.IMAGE, {"x-kept": file_id}, x=upload(b"", "")).fields[0].error == uploads.UPLOAD_GONE

    def test_a_strangers_file_is_gone_too(self) -> None:
        theirs = file_store.save_file("somebody else", "a.png", PNG)
        assert read_form(self.IMAGE, {"x-kept": theirs.id}, x=upload(b"", "")).fields[0].error == uploads.UPLOAD_GONE

    @pytest.mark.parametrize("text", ["/etc/passwd", '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}'])
    def test_text_is_no_file(self, text: str) -> None:
        assert read_form(self.IMAGE, {"x": text}).fields[0].error == uploads.NOT_A_FILE

    @pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"%PDF-1.7", b"", b"GIF", b"RIFF0000WAVE"])
    def test_what_is_no_image_is_refused_whatever_it_says_it_is(self, content: bytes) -> None:
        assert (
            read_form(self.IMAGE, {}, x=upload(content, "photo.png", "image/png")).fields[0].error
            == uploads.NOT_AN_IMAGE
        )

    def test_any_file_will_do_where_any_is_asked_for(self) -> None:
        kept = forms.validate_form(read_form(of(make_parameter("file")), {}, x=upload(b"%PDF-1.7", "a.pdf")))["x"]
        assert kept.media_type == "application/octet-stream"

    def test_half_a_file_is_not_kept(self) -> None:
        cut = upload(PNG)
        cut.stream = type("Cut", (io.BytesIO,), {"is_whole": False})(PNG)
        assert read_form(self.IMAGE, {}, x=cut).fields[0].error == uploads.FILE_TOO_LARGE
        assert not file_store.get_file_storage().path.exists()


class TestSecrets:
    @pytest.mark.parametrize(
        ("component", "text"),
        [("textbox", f"mon jeton {TOKEN}."), ("number", TOKEN), ("json", f'{{"a": ["{TOKEN}"]}}'), ("code", TOKEN),
         ("json", f'{{"a": "\\u0068f_{TOKEN[3:]}"}}'), ("radio", TOKEN), ("checkboxgroup", TOKEN), ("json", TOKEN)],
    )  # fmt: skip
    def test_a_token_is_masked_and_nothing_is_sent(self, component: str, text: str) -> None:
        form = read_form(
            of(make_parameter(component, choices=(("A", "a"),)), make_parameter("textbox", "y")),
            {"x": text, "y": "reste"},
        )
        with pytest.raises(FormRejected) as caught:
            forms.validate_form(form)
        assert caught.value.code == "secret-in-input"
        assert MASK_TEXT in form.fields[0].text
        assert TOKEN[3:] not in repr(form.fields)
        assert form.fields[1].text == "reste"

    def test_token_in_a_table_is_refused(self) -> None:
        form = read_form(of(TestTables.TABLE), {"x-0-0": TOKEN, "x-0-1": "1"})
        with pytest.raises(FormRejected, match="secret-in-input"):
            forms.validate_form(form)
        assert form.fields[0].rows == [[MASK_TEXT, "1"]]

    @pytest.mark.parametrize(
        ("content", "name"), [(TOKEN.encode(), "a.txt"), (PNG, f"{TOKEN}.png"), (b"\xff\xfe" + TOKEN.encode(), "b")]
    )
    def test_token_in_a_file_or_its_name_is_refused_and_not_kept(self, content: bytes, name: str) -> None:
        form = read_form(of(make_parameter("file")), {}, x=upload(content, name))
        with pytest.raises(FormRejected, match="secret-in-input"):
            forms.validate_form(form)
        assert not file_store.get_file_storage().path.exists()

    def test_a_fault_elsewhere_does_not_hide_it(self) -> None:
        form = read_form(of(make_parameter("number"), make_parameter("textbox", "y")), {"x": "abc", "y": TOKEN})
        with pytest.raises(FormRejected, match="secret-in-input"):
            forms.validate_form(form)
