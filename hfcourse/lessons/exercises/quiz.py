"""The quiz questions of a lesson: parsed from ::: quiz blocks, rendered with the answers given. Pure.

An answer is a list item that begins with [x] (right) or [ ]; the quotation under it explains it.
"""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.syntax import html_blocks
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.parser import make_short_hash, render_first_paragraph, render_tokens, split_list_items
from hfcourse.text.typography import typeset_french

ANY_TAG = re.compile(r"<[^<>]*>")
ANSWER_SIGNS = {"[x] ": True, "[X] ": True, "[ ] ": False}
# The kinds of question: the label over it, and the block required between question and answers.
QUIZ_KINDS = {
    "": ("", ""),
    "prediction": ("Avant de lancer", ""),
    "correction": ("Réparez l’appel", 'class="code'),
    "traceback": ("Lisez le message", 'data-lang="text"'),
}
NOTHING_CHOSEN_MESSAGE = typeset_french("Choisissez une réponse, puis validez.")
INCOMPLETE_MESSAGE = typeset_french("Ce que vous avez choisi est juste, mais il manque au moins une bonne réponse.")


@dataclass(frozen=True)
class QuizAnswer:
    """One answer; `letter` is the value in a form, `label`, `body` (code) and `explanation` are HTML."""

    letter: str
    label: str
    body: str
    explanation: str
    is_right: bool


@dataclass(frozen=True)
class Quiz:
    """A quiz question. Its `key` is a hash of its text: a reworded question is a new one."""

    key: str
    anchor: str
    question: str
    body: str
    answers: tuple[QuizAnswer, ...]
    kind: str = ""

    @property
    def right_letters(self) -> str:
        """Return the letters of the right answers."""
        return "".join(answer.letter for answer in self.answers if answer.is_right)

    def render_html(self, done: Mapping[str, str]) -> str:
        """Render the question as a form; `done` maps its key to the letters that were chosen."""
        chosen = done.get(self.key)
        kind = "checkbox" if len(self.right_letters) > 1 else "radio"
        several = f" <small>{typeset_french('(plusieurs bonnes réponses)')}</small>" if kind == "checkbox" else ""
        answers = "".join(render_quiz_answer(answer, kind, chosen or "") for answer in self.answers)
        incomplete = bool(chosen) and set(chosen or "") < set(self.right_letters)
        return (
            f'<form class="quiz" id="{self.anchor}" method="post">\n'
            f'<input type="hidden" name="quiz" value="{self.key}">\n'
            # One live region: what a script reveals, verdicts and messages, is announced once.
            f'<div class="stack" aria-live="polite"><fieldset>'
            f"<legend>{html_blocks.build_kind_label(QUIZ_KINDS[self.kind][0])}{self.question}{several}</legend>\n"
            f'{self.body}<div class="choices">\n{answers}</div></fieldset>\n'
            f"<div>{render_quiz_message('none', NOTHING_CHOSEN_MESSAGE, chosen == '')}"
            f"{render_quiz_message('incomplete', INCOMPLETE_MESSAGE, incomplete)}</div></div>\n"
            f'<button class="button" type="submit">{"Répondre" if chosen is None else "Répondre à nouveau"}</button>\n'
            "</form>\n"
        )


def render_quiz_message(name: str, sentence: str, shown: bool) -> str:
    """Render a message about the whole answer."""
    hidden = "" if shown else " hidden"
    return f'<p class="message" data-say="{name}"{hidden}>{html_blocks.build_icon("note")} {sentence}</p>'


def render_quiz_answer(answer: QuizAnswer, kind: str, chosen: str) -> str:
    """Render one answer, its verdict and its explanation.

    A script reveals these in place, so they are always in the page.
    """
    is_chosen = answer.letter in chosen
    hidden, checked = ("", " checked") if is_chosen else (" hidden", "")
    look, verdict, icon = ("correct", "Juste", "check") if answer.is_right else ("incorrect", "Faux", "cross")
    right = " data-right" if answer.is_right else ""
    return (
        f'<div class="answer"><label class="choice{f" {look}" if is_chosen else ""}">'
        f'<input type="{kind}" name="choix" value="{answer.letter}"{checked}{right}> <span>{answer.label}</span>'
        f' <span class="verdict"{hidden}>{html_blocks.build_icon(icon)} {verdict}</span></label>\n{answer.body}'
        f'<div class="explanation"><div{hidden}>{answer.explanation}</div></div></div>\n'
    )


def pop_answer_sign(item: Sequence[Token]) -> bool | None:
    """Remove the mark of an answer and return whether it is right; None without a mark."""
    first = (item[1].children or [])[:1] if len(item) > 1 else []
    for sign, is_right in ANSWER_SIGNS.items():
        if first and first[0].content.startswith(sign):
            first[0].content = first[0].content.removeprefix(sign)
            return is_right
    return None


def split_quotation(item: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """Split an item into the tokens before its quotation and those inside it."""
    start = next((place for place, token in enumerate(item) if token.type == "blockquote_open"), len(item))
    inside = item[start + 1 :]
    end = next((place for place, token in enumerate(inside) if token.type == "blockquote_close"), len(inside))
    return item[:start], inside[:end]


def read_answer(item: Sequence[Token], letter: str, line: int, context: RenderContext) -> QuizAnswer:
    """Parse one item of the list of answers."""
    is_right = pop_answer_sign(item)
    if is_right is None:
        context.add_error(
            line, "une réponse n'est pas marquée.", "Commencez-la par [x] si elle est juste, par [ ] sinon."
        )
    before, explanation = split_quotation(item)
    if not explanation:
        context.add_error(line, "une réponse n'a pas d'explication.", "Dites pourquoi, après > à la ligne suivante.")
    return QuizAnswer(
        letter, render_first_paragraph(before), render_tokens(before[3:]), render_tokens(explanation), bool(is_right)
    )


def read_quiz(inner: Sequence[Token], line: int, context: RenderContext, kind: str = "") -> Quiz | None:
    """Parse a ::: quiz; None, and a lint error, without a question and answers."""
    kind = kind if kind in QUIZ_KINDS else ""
    start = next((place for place, token in enumerate(inner) if token.type == "bullet_list_open"), 0)
    question = render_first_paragraph(inner[:start])
    if not question:
        problem = "un quiz ne contient pas une question, puis une liste."
        context.add_error(line, problem, "Écrivez la question, puis une ligne par réponse.")
        return None
    if inner[-1].type != "bullet_list_close" or inner[-1].level != inner[start].level:
        problem = "un quiz ne se termine pas par la liste de ses réponses."
        context.add_error(line, problem, "Écrivez la suite après le bloc.")
    answers = []
    for item, letter in zip(split_list_items(inner[start:]), string.ascii_lowercase, strict=False):
        place = item[0].map[0] + 1 if item and item[0].map else line
        answers.append(read_answer(item, letter, place, context))
    check_answers(answers, line, context)
    body = render_tokens(inner[3:start])
    if QUIZ_KINDS[kind][1] not in body:
        shown = {"correction": "le code et sa faute", "traceback": "le message, dans un bloc ```text"}[kind]
        problem, advice = "un quiz {kind} ne montre pas {shown}.", "Écrivez-le entre la question et les réponses."
        context.add_error(line, problem, advice, kind=kind, shown=shown)
    anchor = context.reserve_id(f"quiz-{context.next_number('quiz')}", line)
    words = question + (ANY_TAG.sub("", body) if kind else "")  # the same question may be asked about several programs
    return Quiz(context.reserve_key(make_short_hash(words), line), anchor, question, body, tuple(answers), kind)


def check_answers(answers: Sequence[QuizAnswer], line: int, context: RenderContext) -> None:
    """Add a lint error for a question with too few answers, or no right one."""
    if len(answers) < 2:
        context.add_error(line, "un quiz a moins de deux réponses.", "Écrivez une ligne par réponse : - [ ] …")
    if not any(answer.is_right for answer in answers):
        context.add_error(line, "aucune réponse d'un quiz n'est juste.", "Marquez la bonne par [x].")


def collect_choices(quiz: Quiz, sent: Sequence[str]) -> str:
    """Return the letters of this question among the values of a form, in order."""
    return "".join(answer.letter for answer in quiz.answers if answer.letter in sent)


def is_quiz_passed(quiz: Quiz, done: Mapping[str, str]) -> bool:
    """Were the right answers chosen, and no other?"""
    return done.get(quiz.key) == quiz.right_letters
