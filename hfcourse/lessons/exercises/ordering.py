"""Lines of code to put in order (a Parsons problem): parsed from ::: ordre, rendered as answered. Pure.

The lines are shuffled, in the same order for all visitors and never in the right one. Without
scripts, each has a number to choose; with them, it is moved. Equal lines are interchangeable.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.syntax import code_blocks, html_blocks
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.lessons.syntax.parser import make_short_hash, render_first_paragraph, render_tokens
from hfcourse.text.highlighting import highlight_code
from hfcourse.text.typography import NO_BREAK, typeset_french

MIN_LINES, MAX_LINES = 4, 9
ORDERING_LABEL = "Remettez dans l’ordre"
NOT_CHOSEN = "0"
UNFINISHED_MESSAGE = typeset_french("Donnez un numéro à chaque ligne, et un seul : chaque numéro sert une fois.")
RIGHT_MESSAGE = typeset_french("C’est le bon ordre.")
WRONG_MESSAGE = typeset_french("Ce n’est pas encore le bon ordre : les lignes marquées « Faux » sont à déplacer.")


@dataclass(frozen=True)
class OrderingLine:
    """One line: its letter (the value in a form), its code, and its valid positions, from 1."""

    letter: str
    code: str
    places: str


@dataclass(frozen=True)
class Ordering:
    """An ordering question. Its `key` is a hash of its question and lines."""

    key: str
    anchor: str
    question: str
    language: str
    lines: tuple[OrderingLine, ...]
    explanation: str

    def is_passed(self, done: Mapping[str, str]) -> bool:
        """Return whether the stored order is a permutation with each line at a valid position."""
        return is_correct_order(self, done.get(self.key, ""))

    def render_html(self, done: Mapping[str, str]) -> str:
        """Render the question as a form; `done` maps its key to one rank digit per line."""
        given = done.get(self.key)
        ranks = given if given is not None and len(given) == len(self.lines) else NOT_CHOSEN * len(self.lines)
        is_whole, is_solved = is_permutation(ranks), is_correct_order(self, ranks)
        # Lines appear in the order given, but retain the number that labels their control.
        order = sorted(range(len(ranks)), key=ranks.__getitem__) if is_whole else range(len(ranks))
        lines = "".join(render_ordering_line(self, place, ranks[place], is_whole) for place in order)
        verdicts = (
            ("incomplete", "note", UNFINISHED_MESSAGE, given is not None and not is_whole),
            ("wrong", "cross", WRONG_MESSAGE, is_whole and not is_solved),
            ("right", "check", RIGHT_MESSAGE, is_solved),
        )
        messages = "".join(render_verdict(*verdict) for verdict in verdicts)
        verb = "Vérifier" if given is None else "Vérifier à nouveau"
        explanation = (
            f'<div class="explanation" data-say="why"{"" if is_solved else " hidden"}>{self.explanation}</div>'
        )
        return (
            f'<form class="quiz ordering" id="{self.anchor}" method="post">\n'
            f'<input type="hidden" name="ordre" value="{self.key}">\n'
            f"<fieldset><legend>{html_blocks.build_kind_label(ORDERING_LABEL)}{self.question}</legend>\n<ol>\n{lines}</ol></fieldset>\n"
            f'<div role="status">{messages}{explanation}<span class="visually-hidden" data-moved></span></div>\n'
            f'<button class="button" type="submit">{verb}</button>\n</form>\n'
        )


def render_verdict(name: str, icon: str, sentence: str, is_shown: bool) -> str:
    """Render a message about the whole answer."""
    look = {"right": " message--success", "wrong": " message--error"}.get(name, "")
    hidden = "" if is_shown else " hidden"
    return f'<p class="message{look}" data-say="{name}"{hidden}>{html_blocks.build_icon(icon)} {sentence}</p>'


def render_ordering_line(ordering: Ordering, place: int, rank: str, is_judged: bool) -> str:
    """Render a line at its shuffled position, with its number, its verdict and its two move buttons."""
    line = ordering.lines[place]
    name = f"{ordering.anchor}-{line.letter}"
    options = "".join(
        f'<option value="{line.letter}{number}"{" selected" if str(number) == rank else ""}>{number or "–"}</option>'
        for number in range(len(ordering.lines) + 1)
    )
    is_well_placed = rank in line.places
    look, verdict, icon = ("correct", "Juste", "check") if is_well_placed else ("incorrect", "Faux", "cross")
    state = f' class="{look}"' if is_judged else ""
    return (
        f'<li data-places="{line.places}"{state}>'
        f'<span data-bare><label class="visually-hidden" for="{name}">Place de la ligne{NO_BREAK}{place + 1}</label>'
        f'<select class="input" id="{name}" name="rang" aria-describedby="{name}-code">{options}</select></span>'
        f'<code id="{name}-code">{highlight_code(line.code, ordering.language)}</code>'
        f'<span class="verdict"{"" if is_judged else " hidden"}>'
        f"{html_blocks.build_icon(icon)} <span>{verdict}</span></span>"
        f'<span class="move-buttons" data-js>{render_move_buttons(f"{name}-code")}'
        "</span></li>\n"
    )


def render_move_buttons(code_id: str) -> str:
    """Render the buttons that move a line by one position.

    The line, often in another language than the page, only describes them (aria-describedby).
    """
    return "".join(
        f'<button class="icon-button" type="button" data-move="{direction}" aria-label="{verb}"'
        f' aria-describedby="{code_id}">{html_blocks.build_icon("chevron")}</button>'
        for direction, verb in (("up", "Monter"), ("down", "Descendre"))
    )


def is_permutation(ranks: str) -> bool:
    """Return whether each number occurs once."""
    return sorted(ranks) == [str(place) for place in range(1, len(ranks) + 1)]


def is_correct_order(ordering: Ordering, ranks: str) -> bool:
    """Return whether these ranks, one per line, put the lines in a right order."""
    return (
        len(ranks) == len(ordering.lines)
        and is_permutation(ranks)
        and all(rank in line.places for line, rank in zip(ordering.lines, ranks, strict=True))
    )


def collect_ranks(ordering: Ordering, sent: Sequence[str]) -> str:
    """Return one rank per line from the values of a form, `a3` for line a; 0 for a missing one."""
    numbers = [str(place) for place in range(1, len(ordering.lines) + 1)]
    given = {each[:1]: each[1:] for each in sent if each[1:] in numbers}
    return "".join(given.get(line.letter, NOT_CHOSEN) for line in ordering.lines)


def shuffle_lines(lines: Sequence[str], key: str) -> list[str]:
    """Shuffle the lines deterministically, by a hash of them and `key`, into a wrong order."""
    shuffled = sorted(lines, key=lambda line: make_short_hash(key + line))
    while shuffled == list(lines) and len(set(lines)) > 1:
        shuffled = [*shuffled[1:], shuffled[0]]
    return shuffled


def read_ordering(inner: Sequence[Token], line: int, context: RenderContext) -> Ordering | None:
    """Parse a ::: ordre: a question, one block of code, a quotation that explains the answer."""
    token_types = [token.type for token in inner if token.level == inner[0].level]
    if token_types != ["paragraph_open", "paragraph_close", "fence", "blockquote_open", "blockquote_close"]:
        problem = "un ordre ne contient pas une question, un seul bloc de code et une citation."
        advice = "Écrivez une phrase, les lignes dans le bon ordre entre deux ```, puis l'explication après >."
        context.add_error(line, problem, advice)
        return None
    fence, question = inner[3], render_first_paragraph(inner)
    language, ordered_lines = (
        code_blocks.get_language(fence, context),
        [text for text in fence.content.split("\n") if text.strip()],
    )
    if not MIN_LINES <= len(ordered_lines) <= MAX_LINES or len(set(ordered_lines)) < 2:
        is_alike = MIN_LINES <= len(ordered_lines) <= MAX_LINES
        problem = (
            "les lignes d'un ordre sont toutes pareilles." if is_alike else "nombre de lignes d'un ordre : {count}."
        )
        advice = "Donnez de {fewest} à {most} lignes, dont deux au moins diffèrent."
        context.add_error(line, problem, advice, count=len(ordered_lines), fewest=MIN_LINES, most=MAX_LINES)
        return None
    key = context.reserve_key(make_short_hash(question + fence.content), line)
    places = {
        text: "".join(str(place) for place, each in enumerate(ordered_lines, 1) if each == text)
        for text in ordered_lines
    }
    lines = (
        OrderingLine(*each, places[each[1]])
        for each in zip(string.ascii_lowercase, shuffle_lines(ordered_lines, key), strict=False)
    )
    anchor = context.reserve_id(f"ordre-{context.next_number('ordre')}", line)
    return Ordering(key, anchor, question, language, tuple(lines), render_tokens(inner[5:-1]))
