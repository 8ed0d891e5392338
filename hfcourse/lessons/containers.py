"""The blocks that a lesson opens with ::: and a name. Pure."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons import asides, checklist, downloads, fences, ordering, pieces, quiz
from hfcourse.lessons.dialect import html_token, to_html
from hfcourse.lessons.draft import Draft, Link
from hfcourse.lessons.drawings import find_wrong_numbers
from hfcourse.typography import NO_BREAK, french

OPENING, CLOSING = "container_block_open", "container_block_close"
SPACE, ENDPOINT = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE), re.compile(r"/[\w-]+")
CAPTION_NUMBER = re.compile(r"<strong>(\d+)</strong>")
SPACE_AFTER_NUMBER = re.compile(r"(<strong>\d+</strong>) ")


@dataclass
class Container:
    """One ::: block: the words after its name, and what it holds."""

    words: str
    inner: Sequence[Token]
    line: int
    draft: Draft

    def fault(self, what: str, mend: str) -> None:
        """Note what is wrong with it, on its first line."""
        self.draft.fault(self.line, what, mend)


def note(block: Container) -> str:
    """« À noter »: a useful detail."""
    return pieces.callout("note", "note", "À noter", to_html(block.inner))


def warning(block: Container) -> str:
    """« Attention »: a risk."""
    return pieces.callout("warning", "warn", "Attention", to_html(block.inner))


def edition(block: Container) -> str:
    """What the edition of 2025 said where today's text says something else, folded."""
    anchor = block.draft.claim(f"edition-{block.draft.next_number('edition')}", block.line)
    return pieces.edition(anchor, to_html(block.inner))


def download(block: Container) -> str:
    """A link to a zip of one folder of hfcourse/content."""
    folder = block.words.strip("/")
    if not any(name.startswith(f"{folder}/") for name in block.draft.listings):
        folders = sorted({parent for name in block.draft.listings for parent in downloads.parents_of(name)})
        near = [f"Did you mean {other}?" for other in difflib.get_close_matches(folder, folders, n=1)]
        block.fault(f"the folder “{folder}” is missing.", "".join(near) or "Put files into it, in hfcourse/content.")
        return to_html(block.inner)
    block.draft.downloads.append(folder)
    return pieces.download(downloads.address_of(folder), f"{folder} (zip)", to_html(block.inner))


def figure(block: Container) -> str:
    """A drawing of ours, inlined so that it takes the colours of the page; or a picture in its place."""
    name, known = block.words, block.draft.figures
    if name not in known:
        near = [f"Did you mean {other}?" for other in difflib.get_close_matches(name, known, n=1)]
        block.fault(f"the figure “{name}” is missing.", "".join(near) or "Draw it in static/figures.")
    elif name in block.draft.drawn_figures:
        block.fault(f"the figure “{name}” stands twice in this lesson.", "Show it once and refer to it.")
    block.draft.drawn_figures.add(name)
    if [token.type for token in block.inner] != ["paragraph_open", "inline", "paragraph_close"]:
        block.fault("a figure's caption is not one paragraph.", "Write one paragraph between the two :::.")
    else:
        block.inner[0].hidden = block.inner[-1].hidden = True
    drawn = known.get(name, "")
    # A number of the drawing stays on the line of the words that explain it.
    caption = to_html(block.inner)
    check_numbers(block, drawn, caption)
    return pieces.figure(drawn, SPACE_AFTER_NUMBER.sub(rf"\1{NO_BREAK}", caption), f"/static/figures/{name}")


def check_numbers(block: Container, drawn: str, caption: str) -> None:
    """Tell of numbers that are in a drawing and not in its caption, or the other way round."""
    explained = sorted(set(CAPTION_NUMBER.findall(caption)), key=int)
    wrong = find_wrong_numbers(drawn, explained)
    if wrong is not None:
        found, wanted = (", ".join(numbers) or "none" for numbers in (wrong, explained))
        block.fault(
            f"a drawing of “{block.words}” has the numbers {found}; its caption, {wanted}.",
            "Number the wide drawing, the narrow one and the caption alike.",
        )


def aside(block: Container) -> str:
    """A note that only the instructor sees: how long what follows takes, or what students often believe."""
    if block.words == asides.MISCONCEPTION:
        return block.draft.keep(asides.Aside(to_html(block.inner), "", is_misconception=True))
    if block.words and not asides.DURATION.fullmatch(block.words):
        block.fault(
            f"“{block.words}”, after ::: enseignant, is no duration.", "Write it like this: ::: enseignant 5 min"
        )
    return block.draft.keep(asides.Aside(to_html(block.inner), block.words.replace(" ", NO_BREAK)))


def tabs(block: Container) -> str:
    """The same code in several languages."""
    listings = [token for token in block.inner if token.type == "fence"]
    if not listings:
        block.fault("onglets without a code block.", "Write one ``` block for each language.")
        return to_html(block.inner)
    if len(listings) < len(block.inner):
        block.fault("onglets hold something else than code blocks, which is not shown.", "Move it out of the onglets.")
    if not block.words:
        block.fault("onglets have no title.", "Say what the code does: ::: onglets Appeler un Space")
    return fences.tabs(french(block.words or "Code"), listings, block.draft)


def try_it(block: Container) -> str:
    """The form of one endpoint, to open in the lesson or on its page."""
    space, endpoint, *surplus = [*block.words.split(), "", ""]
    if not endpoint:
        block.fault("essayez does not name an endpoint.", "Write it like this: ::: essayez owner/name /endpoint")
    elif not SPACE.fullmatch(space):
        block.fault(f"“{space}” is no name of a Space.", "It is written owner/name, as in the address of its page.")
    elif not ENDPOINT.fullmatch(endpoint):
        block.fault(f"“{endpoint}” is no name of an endpoint.", "It begins with a slash, like /predict.")
    elif any(surplus):
        unknown = " ".join(surplus).strip()
        block.fault(f"“{unknown}”, after the endpoint, is not understood.", "Say in the text what to type.")
    else:
        address = f"/espaces/{space}?endpoint={endpoint}"
        block.draft.links.append(Link(block.line, address))
        return pieces.try_it(block.draft.next_number("essayez"), space, endpoint, address, to_html(block.inner))
    return note(block)


def question(block: Container) -> str:
    """A question of some kind, its answers, and why each is right or wrong."""
    if block.words not in quiz.KINDS:
        kinds = ", ".join(name for name in quiz.KINDS if name)
        block.fault(f"“{block.words}”, after ::: quiz, is not shown.", f"A kind of question is one of {kinds}.")
    read = quiz.read(block.inner, block.line, block.draft, block.words)
    return block.draft.keep(read) if read else to_html(block.inner)


def ordering_question(block: Container) -> str:
    """Lines of code to put in order."""
    read = ordering.read(block.inner, block.line, block.draft)
    return block.draft.keep(read) if read else to_html(block.inner)


def to_tick(block: Container) -> str:
    """What a reader should have done by now, to tick off."""
    read = checklist.read(french(block.words), block.inner, block.line, block.draft)
    return block.draft.keep(read) if read else to_html(block.inner)


def exercise(block: Container) -> str:
    """Something to do, and its folded solution."""
    if not block.words:
        block.fault("an exercice has no title.", "Say what there is to do: :::: exercice Titre")
    if not any(token.content.startswith(pieces.SOLUTION) for token in block.inner):
        block.fault("an exercice has no solution.", "Write ::: solution in it, and open and close it with ::::.")
    number = block.draft.next_number("exercice")
    return pieces.exercise(number, french(block.words or "Exercice"), to_html(block.inner))


def solution(block: Container) -> str:
    """The solution of an exercise, folded."""
    return pieces.solution(to_html(block.inner))


DRAWN: dict[str, Callable[[Container], str]] = {
    "note": note,
    "attention": warning,
    "edition": edition,
    "enseignant": aside,
    "figure": figure,
    "onglets": tabs,
    "essayez": try_it,
    "telecharger": download,
    "quiz": question,
    "ordre": ordering_question,
    "exercice": exercise,
    "solution": solution,
    "checklist": to_tick,
}
WORDLESS = (note, warning, solution, edition, ordering_question)


def draw(opening: Token, inner: Sequence[Token], draft: Draft) -> str:
    """The HTML of one container; an unknown one is shown as a plain note."""
    name, _, words = opening.info.strip().partition(" ")
    start, end = opening.map or [0, 0]
    block = Container(words.strip(), inner, start + 1, draft)
    drawn = DRAWN.get(name, note)
    if name not in DRAWN:
        block.fault(f"the block “::: {name}” is unknown.", f"The names are {', '.join(DRAWN)}.")
    elif words and drawn in WORDLESS:
        block.fault(f"“{words}”, after ::: {name}, is not shown.", "Write it inside the block.")
    if end >= len(draft.lines) or not re.search(r":{3,}\s*$", draft.lines[end]):
        block.fault(f"the block “::: {name}” is never closed.", "Close it with ::: on a line of its own.")
    if not inner:
        block.fault(f"the block “::: {name}” is empty.", "Write its text, or remove it.")
        return ""
    return drawn(block)


def fold(tokens: Sequence[Token], draft: Draft) -> list[Token]:
    """Replace each container, from the inside out, by one token that holds its HTML."""
    folded: list[Token] = []
    for token in tokens:
        folded.append(token)
        if token.type == CLOSING:
            start = max(place for place, earlier in enumerate(folded) if earlier.type == OPENING)
            opening, inner = folded[start], folded[start + 1 : -1]
            folded[start:] = [html_token(draw(opening, inner, draft), level=opening.level)]
    return folded
