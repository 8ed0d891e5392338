"""What a form marks as needed: only what is known, and never what may be left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.form.field_marks import EXPECTED, choose_marks
from hfcourse.spaces.schema.parameters.parameter import Parameter, build_parameter
from hfcourse.spaces.schema.parameters.requirement_marks import OPTIONAL, REQUIRED, extract_requirement
from tests.support.form_values import make_parameter

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
NULLABLE = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


class TestWords:
    @pytest.mark.parametrize(
        ("label", "help_text", "bare_label", "bare_help"),
        [
            ("Image (required)", "", "Image", ""),
            ("Image [Obligatoire]", "PNG.", "Image", "PNG."),
            ("API name - required", "", "API name", ""),
            ("Name", "Required", "Name", ""),
            ("Nom", "Obligatoire. En lettres.", "Nom", "En lettres."),
            ("Nom", "En lettres. Requis.", "Nom", "En lettres."),
        ],
    )
    def test_a_mark_of_the_author_is_taken_out(
        self, label: str, help_text: str, bare_label: str, bare_help: str
    ) -> None:
        assert extract_requirement(label, help_text) == (REQUIRED, bare_label, bare_help)

    @pytest.mark.parametrize(
        ("label", "help_text"),
        [
            ("Required steps", ""),
            ("Steps", "Required for the second mode."),
            ("Key", "Required if there is no image."),
            ("Time required", ""),
            ("(required)", ""),
            ("Name", "This field is required when editing."),
        ],
    )
    def test_other_uses_of_the_word_are_no_mark(self, label: str, help_text: str) -> None:
        assert extract_requirement(label, help_text) == ("", label, help_text)

    @pytest.mark.parametrize(
        ("label", "help_text"),
        [
            ("Image (optional)", ""),
            ("Masque (facultatif)", ""),
            ("Name", "Optional."),
            ("Name", "Not required."),
            ("Nom", "Ce n’est pas obligatoire."),
            ("Image (required)", "Optional since version 2."),
        ],
    )
    def test_what_may_be_left_out_is_never_needed(self, label: str, help_text: str) -> None:
        assert extract_requirement(label, help_text)[0] == OPTIONAL

    @given(st.text(max_size=40), st.text(max_size=60))
    def test_a_label_is_never_emptied(self, label: str, help_text: str) -> None:
        need, bare, _ = extract_requirement(label, help_text)
        assert bare or not label
        assert need or (bare == label)

    def test_a_parameter_has_what_its_author_said(self) -> None:
        entry = {"parameter_name": "who", "label": "Name (required)", "component": "Textbox", "type": TEXT}
        component = {"type": "textbox", "props": {"info": "Your name."}}
        found = build_parameter(entry, component)
        assert (found.label, found.requirement, found.help) == ("Name", REQUIRED, "Your name.")


class TestTypes:
    @pytest.mark.parametrize(
        ("schema", "mark"),
        [
            (INTEGER, REQUIRED),
            ({"type": "object"}, REQUIRED),
            ({"enum": ["a", "b"]}, REQUIRED),
            (TEXT, EXPECTED),
            ({"type": "boolean"}, ""),
            (NULLABLE, ""),
        ],
    )
    def test_a_function_that_takes_nothing_empty_needs_its_value(self, schema: dict, mark: str) -> None:
        entry = {"parameter_name": "n", "label": "1st", "component": "Api", "type": schema}
        assert choose_marks([build_parameter(entry, {})], has_button=True) == (mark,)

    def test_a_default_needs_nothing(self) -> None:
        entry = {"parameter_name": "n", "component": "Api", "type": INTEGER, "parameter_has_default": True}
        assert choose_marks([build_parameter(entry, {})], has_button=True) == ("",)


class TestFiles:
    def test_the_one_file_that_an_endpoint_works_on_is_expected(self) -> None:
        settings = [make_parameter("slider", default=0.5), make_parameter("radio", default="a", choices=(("a", "a"),))]
        for kind in ("image", "audio", "video", "file"):
            assert choose_marks([make_parameter(kind), *settings], has_button=True) == (EXPECTED, "", "")

    @pytest.mark.parametrize(
        "others",
        [
            [make_parameter("image")],  # one of the two may do
            [make_parameter("textbox")],  # it may be all that is needed
            [make_parameter("textbox", default="a cat")],
            [make_parameter("number")],
            [make_parameter("chatbot", default=[])],
        ],
    )
    def test_a_file_beside_something_else_to_fill_in_is_not_marked(self, others: list[Parameter]) -> None:
        assert set(choose_marks([make_parameter("image"), *others], has_button=True)) == {""}

    @pytest.mark.parametrize(
        "parts", [{"has_own_file": True}, {"is_shown": False}, {"schema": NULLABLE}, {"requirement": OPTIONAL}]
    )
    def test_a_file_that_may_be_left_out_is_not_expected(self, parts: dict) -> None:
        assert choose_marks([make_parameter("image", **parts)], has_button=True)[0] in ("", OPTIONAL)

    def test_what_a_change_in_the_page_calls_is_often_called_with_nothing(self) -> None:
        assert choose_marks([make_parameter("image")], has_button=False) == ("",)


@given(
    st.lists(
        st.sampled_from(["Image", " ", "(", ")", "[", "]", "-", ":", ".", "é", "required", "Optionnelle", "REQUIS"])
    ).map("".join),
    st.lists(st.sampled_from(["Not ", "non ", "Obligatoire", ".", " ", "\n", "mandatory", "facultatif", "pas "])).map(
        "".join
    ),
)
def test_need_is_the_same_as_without_the_search_for_stems(label: str, help_text: str) -> None:
    found = extract_requirement(label, help_text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hfcourse.spaces.schema.parameters.requirement_marks.REQUIREMENT_STEMS", ("",))
        assert extract_requirement(label, help_text) == found
