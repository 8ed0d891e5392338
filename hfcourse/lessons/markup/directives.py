"""The blocks that a lesson opens with ::: and a name. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.exercises import checklist, ordering, quiz
from hfcourse.lessons.markup import downloads, instructor_notes
from hfcourse.lessons.syntax import code_blocks, html_blocks
from hfcourse.lessons.syntax.context import DID_YOU_MEAN, InternalLink, RenderContext, find_near
from hfcourse.lessons.syntax.parser import make_html_token, render_tokens
from hfcourse.lessons.syntax.svg_drawings import find_wrong_numbers
from hfcourse.text.typography import NO_BREAK, typeset_french

DIRECTIVE_OPEN, DIRECTIVE_CLOSE = "container_block_open", "container_block_close"
SPACE_NAME_PATTERN, ENDPOINT_PATTERN = (
    re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE),
    re.compile(r"/[\w-]+"),
)
CAPTION_NUMBER = re.compile(r"<strong>(\d+)</strong>")
SPACE_AFTER_NUMBER = re.compile(r"(<strong>\d+</strong>) ")


@dataclass
class Directive:
    """One ::: block: the words after its name, and what it holds."""

    words: str
    inner: Sequence[Token]
    line: int
    draft: RenderContext

    def fault(self, what: str, mend: str, /, **values: object) -> None:
        """Note what is wrong with it, on its first line."""
        self.draft.fault(self.line, what, mend, **values)


def render_note(block: Directive) -> str:
    """« À noter »: a useful detail."""
    return html_blocks.build_callout("note", "note", "À noter", render_tokens(block.inner))


def render_warning(block: Directive) -> str:
    """« Attention »: a risk."""
    return html_blocks.build_callout("warning", "warn", "Attention", render_tokens(block.inner))


def render_edition(block: Directive) -> str:
    """What the edition of 2025 said where today's text says something else, folded."""
    anchor = block.draft.claim(f"edition-{block.draft.next_number('edition')}", block.line)
    return html_blocks.build_edition_note(anchor, render_tokens(block.inner))


def render_download(block: Directive) -> str:
    """A link to a zip of one folder of hfcourse/content."""
    folder = block.words.strip("/")
    if not any(name.startswith(f"{folder}/") for name in block.draft.listings):
        folders = sorted({parent for name in block.draft.listings for parent in downloads.list_parent_folders(name)})
        near = find_near(folder, folders)
        mend = DID_YOU_MEAN if near else "Créez-le dans hfcourse/content, avec ses fichiers."
        block.fault("le dossier « {folder} » est introuvable.", mend, folder=folder, near=near)
        return render_tokens(block.inner)
    block.draft.downloads.append(folder)
    return html_blocks.build_download(downloads.get_zip_address(folder), f"{folder} (zip)", render_tokens(block.inner))


def render_figure(block: Directive) -> str:
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
    caption = render_tokens(block.inner)
    check_figure_numbers(block, drawn, caption)
    return html_blocks.build_figure(drawn, SPACE_AFTER_NUMBER.sub(rf"\1{NO_BREAK}", caption), f"/static/figures/{name}")


def check_figure_numbers(block: Directive, drawn: str, caption: str) -> None:
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


def render_instructor_note(block: Directive) -> str:
    """A note that only the instructor sees: how long what follows takes, or what students often believe."""
    if block.words == instructor_notes.MISCONCEPTION:
        return block.draft.keep(instructor_notes.InstructorNote(render_tokens(block.inner), "", is_misconception=True))
    if block.words and not instructor_notes.DURATION_PATTERN.fullmatch(block.words):
        what = "« {words} », après ::: enseignant, n'est pas une durée."
        block.fault(what, "Écrivez ainsi : ::: enseignant 5 min", words=block.words)
    return block.draft.keep(
        instructor_notes.InstructorNote(render_tokens(block.inner), block.words.replace(" ", NO_BREAK))
    )


def render_tabs(block: Directive) -> str:
    """The same code in several languages."""
    listings = [token for token in block.inner if token.type == "fence"]
    if not listings:
        block.fault("des onglets n'ont aucun bloc de code.", "Écrivez un bloc ``` par langage.")
        return render_tokens(block.inner)
    if len(listings) < len(block.inner):
        what = "des onglets contiennent autre chose que des blocs de code, que personne ne verrait."
        block.fault(what, "Déplacez-le hors des onglets.")
    if not block.words:
        block.fault("des onglets n'ont pas de titre.", "Dites ce que fait le code : ::: onglets Appeler un Space")
    return code_blocks.render_code_tabs(typeset_french(block.words or "Code"), listings, block.draft)


def render_try_it(block: Directive) -> str:
    """The form of one endpoint, to open in the lesson or on its page."""
    space, endpoint, *surplus = [*block.words.split(), "", ""]
    if not endpoint:
        mend = "Écrivez ainsi : ::: essayez auteur/nom /endpoint"
        block.fault("un bloc essayez ne nomme pas d'endpoint.", mend)
    elif not SPACE_NAME_PATTERN.fullmatch(space):
        mend = "Écrivez auteur/nom, comme dans l'adresse de sa page."
        block.fault("« {space} » n'est pas un nom de Space.", mend, space=space)
    elif not ENDPOINT_PATTERN.fullmatch(endpoint):
        mend = "Il commence par une barre oblique, comme /predict."
        block.fault("« {endpoint} » n'est pas un nom d'endpoint.", mend, endpoint=endpoint)
    elif any(surplus):
        what = "« {words} », après l'endpoint, n'est pas compris."
        block.fault(what, "Dites dans le texte ce qu'il faut saisir.", words=" ".join(surplus).strip())
    else:
        address = f"/espaces/{space}?endpoint={endpoint}"
        block.draft.links.append(InternalLink(block.line, address))
        return html_blocks.build_try_it(
            block.draft.next_number("essayez"), space, endpoint, address, render_tokens(block.inner)
        )
    return render_note(block)


def render_quiz(block: Directive) -> str:
    """A question of some kind, its answers, and why each is right or wrong."""
    if block.words not in quiz.QUIZ_KINDS:
        what, mend = "« {words} », après ::: quiz, n'est pas affiché.", "Les sortes de question sont {kinds}."
        block.fault(what, mend, words=block.words, kinds=", ".join(name for name in quiz.QUIZ_KINDS if name))
    read = quiz.read_quiz(block.inner, block.line, block.draft, block.words)
    return block.draft.keep(read) if read else render_tokens(block.inner)


def render_ordering(block: Directive) -> str:
    """Lines of code to put in order."""
    read = ordering.read_ordering(block.inner, block.line, block.draft)
    return block.draft.keep(read) if read else render_tokens(block.inner)


def render_checklist(block: Directive) -> str:
    """What a reader should have done by now, to tick off."""
    read = checklist.read_checklist(typeset_french(block.words), block.inner, block.line, block.draft)
    return block.draft.keep(read) if read else render_tokens(block.inner)


def render_exercise(block: Directive) -> str:
    """Something to do, and its folded solution."""
    if not block.words:
        block.fault("un exercice n'a pas de titre.", "Dites ce qu'il y a à faire : :::: exercice Titre")
    if not any(token.content.startswith(html_blocks.SOLUTION_OPENING) for token in block.inner):
        mend = "Écrivez-y ::: solution, ouvrez et fermez l'exercice par ::::."
        block.fault("un exercice n'a pas de solution.", mend)
    number = block.draft.next_number("exercice")
    return html_blocks.build_exercise(number, typeset_french(block.words or "Exercice"), render_tokens(block.inner))


def render_solution(block: Directive) -> str:
    """The solution of an exercise, folded."""
    return html_blocks.build_solution(render_tokens(block.inner))


DIRECTIVES: dict[str, Callable[[Directive], str]] = {
    "note": render_note,
    "attention": render_warning,
    "edition": render_edition,
    "enseignant": render_instructor_note,
    "figure": render_figure,
    "onglets": render_tabs,
    "essayez": render_try_it,
    "telecharger": render_download,
    "quiz": render_quiz,
    "ordre": render_ordering,
    "exercice": render_exercise,
    "solution": render_solution,
    "checklist": render_checklist,
}
WITHOUT_ARGUMENT = (render_note, render_warning, render_solution, render_edition, render_ordering)


def render_directive(opening: Token, inner: Sequence[Token], draft: RenderContext) -> str:
    """The HTML of one container; an unknown one is shown as a plain note."""
    name, _, words = opening.info.strip().partition(" ")
    start, end = opening.map or [0, 0]
    block = Directive(words.strip(), inner, start + 1, draft)
    drawn = DIRECTIVES.get(name, render_note)
    if name not in DIRECTIVES:
        mend = "Les noms sont {known}."
        block.fault("le bloc « ::: {name} » est inconnu.", mend, name=name, known=", ".join(DIRECTIVES))
    elif words and drawn in WITHOUT_ARGUMENT:
        what = "« {words} », après ::: {name}, n'est pas affiché."
        block.fault(what, "Écrivez-le dans le bloc.", words=words, name=name)
    if end >= len(draft.lines) or not re.search(r":{3,}\s*$", draft.lines[end]):
        mend = "Fermez-le par ::: sur une ligne à part."
        block.fault("le bloc « ::: {name} » n'est jamais fermé.", mend, name=name)
    if not inner:
        block.fault("le bloc « ::: {name} » est vide.", "Écrivez son texte, ou retirez-le.", name=name)
        return ""
    return drawn(block)


def render_directives(tokens: Sequence[Token], draft: RenderContext) -> list[Token]:
    """Replace each container, from the inside out, by one token that holds its HTML."""
    folded: list[Token] = []
    for token in tokens:
        folded.append(token)
        if token.type == DIRECTIVE_CLOSE:
            start = max(place for place, earlier in enumerate(folded) if earlier.type == DIRECTIVE_OPEN)
            opening, inner = folded[start], folded[start + 1 : -1]
            folded[start:] = [make_html_token(render_directive(opening, inner, draft), level=opening.level)]
    return folded
