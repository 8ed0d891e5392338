"""The blocks that a lesson opens with ::: and a name. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.exercises import checklist, ordering, quiz
from hfcourse.lessons.markup import downloads, instructor_notes
from hfcourse.lessons.syntax import code_blocks, html_blocks
from hfcourse.lessons.syntax.context import DID_YOU_MEAN, Draft, Link, find_near
from hfcourse.lessons.syntax.parser import html_token, to_html
from hfcourse.lessons.syntax.svg_drawings import find_wrong_numbers
from hfcourse.text.typography import NO_BREAK, french

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

    def fault(self, what: str, mend: str, /, **values: object) -> None:
        """Note what is wrong with it, on its first line."""
        self.draft.fault(self.line, what, mend, **values)


def note(block: Container) -> str:
    """« À noter »: a useful detail."""
    return html_blocks.callout("note", "note", "À noter", to_html(block.inner))


def warning(block: Container) -> str:
    """« Attention »: a risk."""
    return html_blocks.callout("warning", "warn", "Attention", to_html(block.inner))


def edition(block: Container) -> str:
    """What the edition of 2025 said where today's text says something else, folded."""
    anchor = block.draft.claim(f"edition-{block.draft.next_number('edition')}", block.line)
    return html_blocks.edition(anchor, to_html(block.inner))


def download(block: Container) -> str:
    """A link to a zip of one folder of hfcourse/content."""
    folder = block.words.strip("/")
    if not any(name.startswith(f"{folder}/") for name in block.draft.listings):
        folders = sorted({parent for name in block.draft.listings for parent in downloads.parents_of(name)})
        near = find_near(folder, folders)
        mend = DID_YOU_MEAN if near else "Créez-le dans hfcourse/content, avec ses fichiers."
        block.fault("le dossier « {folder} » est introuvable.", mend, folder=folder, near=near)
        return to_html(block.inner)
    block.draft.downloads.append(folder)
    return html_blocks.download(downloads.address_of(folder), f"{folder} (zip)", to_html(block.inner))


def figure(block: Container) -> str:
    """A drawing of ours, inlined so that it takes the colours of the page; or a picture in its place."""
    name, known = block.words, block.draft.figures
    if name not in known:
        near = find_near(name, known)
        mend = DID_YOU_MEAN if near else "Dessinez-la dans static/figures."
        block.fault("la figure « {name} » est introuvable.", mend, name=name, near=near)
    elif name in block.draft.drawn_figures:
        mend = "Montrez-la une fois, puis renvoyez-y."
        block.fault("la figure « {name} » est deux fois dans cette leçon.", mend, name=name)
    block.draft.drawn_figures.add(name)
    if [token.type for token in block.inner] != ["paragraph_open", "inline", "paragraph_close"]:
        what = "la légende d'une figure n'est pas un seul paragraphe."
        block.fault(what, "Écrivez un paragraphe entre les deux lignes :::.")
    else:
        block.inner[0].hidden = block.inner[-1].hidden = True
    drawn = known.get(name, "")
    # A number of the drawing stays on the line of the words that explain it.
    caption = to_html(block.inner)
    check_numbers(block, drawn, caption)
    return html_blocks.figure(drawn, SPACE_AFTER_NUMBER.sub(rf"\1{NO_BREAK}", caption), f"/static/figures/{name}")


def check_numbers(block: Container, drawn: str, caption: str) -> None:
    """Tell of numbers that are in a drawing and not in its caption, or the other way round."""
    explained = sorted(set(CAPTION_NUMBER.findall(caption)), key=int)
    wrong = find_wrong_numbers(drawn, explained)
    if wrong is not None:
        found, wanted = (", ".join(numbers) or "aucun" for numbers in (wrong, explained))
        block.fault(
            "numéros d'un dessin de « {name} » : {found} ; de sa légende : {wanted}.",
            "Donnez les mêmes numéros au dessin large, au dessin étroit et à la légende.",
            name=block.words, found=found, wanted=wanted,
        )  # fmt: skip


def aside(block: Container) -> str:
    """A note that only the instructor sees: how long what follows takes, or what students often believe."""
    if block.words == instructor_notes.MISCONCEPTION:
        return block.draft.keep(instructor_notes.Aside(to_html(block.inner), "", is_misconception=True))
    if block.words and not instructor_notes.DURATION.fullmatch(block.words):
        what = "« {words} », après ::: enseignant, n'est pas une durée."
        block.fault(what, "Écrivez ainsi : ::: enseignant 5 min", words=block.words)
    return block.draft.keep(instructor_notes.Aside(to_html(block.inner), block.words.replace(" ", NO_BREAK)))


def tabs(block: Container) -> str:
    """The same code in several languages."""
    listings = [token for token in block.inner if token.type == "fence"]
    if not listings:
        block.fault("des onglets n'ont aucun bloc de code.", "Écrivez un bloc ``` par langage.")
        return to_html(block.inner)
    if len(listings) < len(block.inner):
        what = "des onglets contiennent autre chose que des blocs de code, que personne ne verrait."
        block.fault(what, "Déplacez-le hors des onglets.")
    if not block.words:
        block.fault("des onglets n'ont pas de titre.", "Dites ce que fait le code : ::: onglets Appeler un Space")
    return code_blocks.tabs(french(block.words or "Code"), listings, block.draft)


def try_it(block: Container) -> str:
    """The form of one endpoint, to open in the lesson or on its page."""
    space, endpoint, *surplus = [*block.words.split(), "", ""]
    if not endpoint:
        mend = "Écrivez ainsi : ::: essayez auteur/nom /endpoint"
        block.fault("un bloc essayez ne nomme pas d'endpoint.", mend)
    elif not SPACE.fullmatch(space):
        mend = "Écrivez auteur/nom, comme dans l'adresse de sa page."
        block.fault("« {space} » n'est pas un nom de Space.", mend, space=space)
    elif not ENDPOINT.fullmatch(endpoint):
        mend = "Il commence par une barre oblique, comme /predict."
        block.fault("« {endpoint} » n'est pas un nom d'endpoint.", mend, endpoint=endpoint)
    elif any(surplus):
        what = "« {words} », après l'endpoint, n'est pas compris."
        block.fault(what, "Dites dans le texte ce qu'il faut saisir.", words=" ".join(surplus).strip())
    else:
        address = f"/espaces/{space}?endpoint={endpoint}"
        block.draft.links.append(Link(block.line, address))
        return html_blocks.try_it(block.draft.next_number("essayez"), space, endpoint, address, to_html(block.inner))
    return note(block)


def question(block: Container) -> str:
    """A question of some kind, its answers, and why each is right or wrong."""
    if block.words not in quiz.KINDS:
        what, mend = "« {words} », après ::: quiz, n'est pas affiché.", "Les sortes de question sont {kinds}."
        block.fault(what, mend, words=block.words, kinds=", ".join(name for name in quiz.KINDS if name))
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
        block.fault("un exercice n'a pas de titre.", "Dites ce qu'il y a à faire : :::: exercice Titre")
    if not any(token.content.startswith(html_blocks.SOLUTION) for token in block.inner):
        mend = "Écrivez-y ::: solution, ouvrez et fermez l'exercice par ::::."
        block.fault("un exercice n'a pas de solution.", mend)
    number = block.draft.next_number("exercice")
    return html_blocks.exercise(number, french(block.words or "Exercice"), to_html(block.inner))


def solution(block: Container) -> str:
    """The solution of an exercise, folded."""
    return html_blocks.solution(to_html(block.inner))


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
        mend = "Les noms sont {known}."
        block.fault("le bloc « ::: {name} » est inconnu.", mend, name=name, known=", ".join(DRAWN))
    elif words and drawn in WORDLESS:
        what = "« {words} », après ::: {name}, n'est pas affiché."
        block.fault(what, "Écrivez-le dans le bloc.", words=words, name=name)
    if end >= len(draft.lines) or not re.search(r":{3,}\s*$", draft.lines[end]):
        mend = "Fermez-le par ::: sur une ligne à part."
        block.fault("le bloc « ::: {name} » n'est jamais fermé.", mend, name=name)
    if not inner:
        block.fault("le bloc « ::: {name} » est vide.", "Écrivez son texte, ou retirez-le.", name=name)
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
