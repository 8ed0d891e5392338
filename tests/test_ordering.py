"""Lines to put in order: how they are written, shuffled, judged, answered without scripts and kept."""

import itertools
import re

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.lessons.exercises import ordering
from hfcourse.lessons.exercises.ordering import Ordering
from tests.support.clients import BrowserClient
from tests.support.lesson_parts import LESSON_PATH, load_progress_records
from tests.support.lessons import BODY_FIRST_LINE, CourseFolder, list_lint_messages, render_lesson_body

CALL = """::: ordre
Remettez l'appel dans l'ordre.

```python
from gradio_client import Client
client = Client("hfcourse/entrainement")
answer = client.predict(prenom="Awa", api_name="/saluer")
print(answer)
```

> Un client d'abord, l'appel ensuite.
:::
"""
# Two lines of one text: each may stand where the other does.
TWINS = """::: ordre
Dessinez un cadre.

```python
print("+--+")
print("|")

print("fin")
print("+--+")
```

> Le haut et le bas sont les mêmes.
:::
"""


def parsed(source: str) -> Ordering:
    rendered = render_lesson_body(source)
    assert list_lint_messages(rendered) == []
    (found,) = (part for part in rendered.parts if isinstance(part, Ordering))
    return found


def right_ranks(found: Ordering) -> str:
    """One right number for each line, in the order in which they are drawn."""
    free = {line.code: list(line.places) for line in found.lines}
    return "".join(free[line.code].pop(0) for line in found.lines)


class TestWriting:
    def test_lines_are_shuffled_and_never_right(self) -> None:
        found = parsed(CALL)
        codes = [line.code for line in found.lines]
        assert sorted(codes) == sorted(line for line in CALL.split("\n") if re.match("from|client|answer|print", line))
        assert [line.places for line in found.lines] != ["1", "2", "3", "4"]

    def test_the_order_is_the_same_for_everybody(self) -> None:
        assert parsed(CALL) == parsed(CALL)

    def test_blank_lines_are_no_lines_and_indentation_stays(self) -> None:
        found = parsed(TWINS.replace('print("|")', '    print("|")'))
        assert len(found.lines) == 4
        assert '    print("|")' in {line.code for line in found.lines}

    def test_other_lines_make_another_question(self) -> None:
        assert parsed(CALL).key != parsed(CALL.replace("Awa", "Inès")).key

    @given(st.lists(st.sampled_from(["a", "b", "c", "d = 1"]), min_size=4, max_size=9), st.text("xyz", min_size=1))
    def test_shuffled_lines_are_the_same_lines_in_another_order(self, lines: list[str], key: str) -> None:
        mixed = ordering.shuffle_lines(lines, key)
        assert sorted(mixed) == sorted(lines)
        assert mixed != lines or len(set(lines)) == 1

    @pytest.mark.parametrize(
        ("source", "what"),
        [
            (CALL.replace("> Un", "Un"), "un ordre ne contient pas une question, un seul bloc de code"),
            (
                CALL.replace("Remettez l'appel dans l'ordre.\n", ""),
                "un ordre ne contient pas une question, un seul bloc de code",
            ),
            (CALL.replace("print(answer)\n", ""), "nombre de lignes d'un ordre : 3."),
            (CALL.replace("print(answer)\n", "print(answer)\n" * 7), "nombre de lignes d'un ordre : 10."),
            (
                re.sub("```python.*```", "```python\n" + "x\n" * 4 + "```", CALL, flags=re.S),
                "les lignes d'un ordre sont toutes",
            ),
            (CALL.replace("```python", "```"), "un bloc de code ne nomme pas son langage."),
            (CALL.replace("::: ordre", "::: ordre Un"), "« Un », après ::: ordre, n'est pas affiché."),
            (CALL + "\n" + CALL, "la même chose à faire est écrite deux fois."),
        ],
    )
    def test_what_is_wrong_is_reported_with_its_line(self, source: str, what: str) -> None:
        rendered = render_lesson_body(source)
        line = BODY_FIRST_LINE + (3 if "langage" in what else len(CALL.split("\n")) if "deux fois" in what else 0)
        assert any(each.startswith(f"{line}: {what}") for each in list_lint_messages(rendered)), list_lint_messages(
            rendered
        )
        assert "\0" not in rendered.html


class TestVerdict:
    def test_only_right_orders_pass(self) -> None:
        found = parsed(CALL)
        passed = [
            ranks for each in itertools.permutations("1234") if found.is_passed({found.key: (ranks := "".join(each))})
        ]
        assert passed == [right_ranks(found)]

    def test_equal_lines_are_interchangeable(self) -> None:
        found = parsed(TWINS)
        passed = [each for each in itertools.permutations("1234") if found.is_passed({found.key: "".join(each)})]
        assert len(passed) == 2

    @given(st.text("0123456789", max_size=9))
    def test_what_is_no_order_does_not_pass_and_is_drawn(self, ranks: str) -> None:
        found = parsed(CALL)
        done = {found.key: ranks}
        assert found.is_passed(done) == (ranks == right_ranks(found))
        assert found.render_html(done).count("<li ") == 4

    def test_nothing_is_said_before_an_answer(self) -> None:
        html = parsed(CALL).render_html({})
        assert html.count('class="verdict" hidden') == 4
        assert re.findall(r'data-say="(\w+)" hidden', html) == ["incomplete", "wrong", "right", "why"]

    @pytest.mark.parametrize(("ranks", "shown"), [("0000", "incomplete"), ("1123", "incomplete"), ("x", "incomplete")])
    def test_an_unfinished_order_is_said_to_be_so(self, ranks: str, shown: str) -> None:
        html = parsed(CALL).render_html({parsed(CALL).key: ranks})
        assert re.findall(r'data-say="(\w+)">', html) == [shown]

    def test_a_wrong_order_marks_its_lines_and_keeps_the_explanation(self) -> None:
        found = parsed(CALL)
        first, second, *rest = right_ranks(found)
        html = found.render_html({found.key: "".join([second, first, *rest])})
        assert re.findall(r'data-say="(\w+)">', html) == ["wrong"]
        assert sorted(re.findall(r'<li data-places="\d" class="(\w+)"', html)) == [
            "correct",
            "correct",
            "incorrect",
            "incorrect",
        ]

    def test_a_right_order_says_why(self) -> None:
        found = parsed(CALL)
        html = found.render_html({found.key: right_ranks(found)})
        assert re.findall(r'data-say="(\w+)">', html) == ["right", "why"]
        assert "Un client d’abord" in html


@pytest.fixture
def short(course: CourseFolder) -> CourseFolder:
    """A lesson of one question."""
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{CALL}")
    return course


def arrange(student: BrowserClient, ranks: str) -> str:
    """Choose a number for each line as a browser without scripts does; return where it leads."""
    form = student.open_page(LESSON_PATH).select_one("form.ordering")
    assert form is not None
    chosen = [
        next(str(option["value"]) for option in select("option") if str(option["value"])[1:] == rank)
        for select, rank in zip(form("select"), ranks, strict=True)
    ]
    data = {"ordre": form.select_one("[name=ordre]")["value"], "rang": chosen}  # type: ignore[index]
    sent = student.client.post(LESSON_PATH, data=data)
    assert sent.status_code == 303
    return sent.headers["Location"]


@pytest.mark.usefixtures("short")
class TestAnswering:
    def test_the_order_is_kept_and_counts_as_progress(self, student: BrowserClient, app: Flask) -> None:
        ranks = right_ranks(parsed(CALL))
        assert arrange(student, ranks) == f"{LESSON_PATH}#ordre-1"
        assert [mark.value for mark in load_progress_records(app)] == [ranks]
        page = student.open_page(LESSON_PATH)
        assert page.select_one("#ordre-1 [data-say=right]:not([hidden])")
        kept = sorted(str(each["value"]) for each in page.select("#ordre-1 option[selected]"))
        assert "".join(each[1:] for each in kept) == ranks
        assert [str(line["data-places"]) for line in page.select("#ordre-1 li")] == ["1", "2", "3", "4"]
        assert "1 question sur 1" in student.open_page("/").get_text()

    def test_a_wrong_order_does_not(self, student: BrowserClient) -> None:
        arrange(student, right_ranks(parsed(CALL))[::-1])
        assert "1 question sur 1" not in student.open_page("/").get_text()

    @pytest.mark.parametrize("sent", [[], ["a9", "b", "c-1", "z1"], ["a" * 5_000], ["a1", "a2"]])
    def test_what_no_form_sends_is_kept_as_not_chosen(
        self, student: BrowserClient, app: Flask, sent: list[str]
    ) -> None:
        student.client.post(LESSON_PATH, data={"ordre": parsed(CALL).key, "rang": sent})
        (mark,) = load_progress_records(app)
        assert re.fullmatch("[0-2]000", mark.value)

    def test_an_unknown_question_keeps_nothing(self, student: BrowserClient, app: Flask) -> None:
        sent = student.client.post(LESSON_PATH, data={"ordre": "0", "rang": ["a1"]})
        assert (sent.status_code, load_progress_records(app)) == (303, [])

    def test_each_line_has_a_labelled_control(self, student: BrowserClient) -> None:
        form = student.open_page(LESSON_PATH).select_one("form.ordering")
        assert form is not None
        for select in form("select"):
            label = form.select_one(f'label[for="{select["id"]}"]')
            assert label is not None
            assert "Place de la ligne" in label.get_text()
            assert form.find(id=select["aria-describedby"])

    @pytest.mark.parametrize("path", ["/imprimer", f"{LESSON_PATH}/projeter"])
    def test_elsewhere_it_is_there_too(self, student: BrowserClient, path: str) -> None:
        form = student.open_page(path).select_one("form.ordering")
        assert form is not None
        assert len(form("select")) == 4
        assert form.has_attr("method") == (path == "/imprimer")

    def test_the_search_does_not_find_its_lines(self, student: BrowserClient) -> None:
        assert student.open_page("/recherche?q=entrainement").select(".results li") == []
