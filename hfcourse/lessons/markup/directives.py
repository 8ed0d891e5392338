"""The directives of lessons: blocks opened with ::: and a name. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from hfcourse.lessons.exercises import checklist, ordering, quiz
from hfcourse.lessons.markup import downloads, experiment_cards, instructor_notes
from hfcourse.lessons.syntax import code_blocks, html_blocks
from hfcourse.lessons.syntax.context import DID_YOU_MEAN, InternalLink, RenderContext, find_near
from hfcourse.lessons.syntax.parser import make_html_token, render_tokens
from hfcourse.lessons.syntax.svg_drawings import find_wrong_numbers
from hfcourse.playground.experiments.experiment_table import EXPERIMENTS_BY_SLUG
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
    """A ::: block: its argument (the text after its name) and its content."""

    argument: str
    content: Sequence[Token]
    line: int
    context: RenderContext

    def add_error(self, problem: str, advice: str, /, **values: object) -> None:
        """Add a lint error on the first line of the block."""
        self.context.add_error(self.line, problem, advice, **values)


def render_note(block: Directive) -> str:
    """Render a note, « À noter »: a useful detail."""
    return html_blocks.build_callout("note", "note", "À noter", render_tokens(block.content))


def render_warning(block: Directive) -> str:
    """Render a warning, « Attention »: a risk."""
    return html_blocks.build_callout("warning", "warn", "Attention", render_tokens(block.content))


def render_edition(block: Directive) -> str:
    """Render a folded note about what the edition of 2025 said."""
    anchor = block.context.reserve_id(f"edition-{block.context.next_number('edition')}", block.line)
    return html_blocks.build_edition_note(anchor, render_tokens(block.content))


def render_download(block: Directive) -> str:
    """Render a download link for a zip of one folder of hfcourse/content."""
    folder = block.argument.strip("/")
    if not any(name.startswith(f"{folder}/") for name in block.context.listings):
        folders = sorted({parent for name in block.context.listings for parent in downloads.list_parent_folders(name)})
        near = find_near(folder, folders)
        advice = DID_YOU_MEAN if near else "Créez-le dans hfcourse/content, avec ses fichiers."
        block.add_error("le dossier « {folder} » est introuvable.", advice, folder=folder, near=near)
        return render_tokens(block.content)
    block.context.downloads.append(folder)
    return html_blocks.build_download(
        downloads.get_zip_address(folder), f"{folder} (zip)", render_tokens(block.content)
    )


def render_figure(block: Directive) -> str:
    """Render a figure: a drawing, inlined so that it inherits the page's colours, or a picture."""
    name, known = block.argument, block.context.figures
    if name not in known:
        near = find_near(name, known)
        advice = DID_YOU_MEAN if near else "Dessinez-la dans static/figures."
        block.add_error("la figure « {name} » est introuvable.", advice, name=name, near=near)
    elif name in block.context.used_figures:
        advice = "Montrez-la une fois, puis renvoyez-y."
        block.add_error("la figure « {name} » est deux fois dans cette leçon.", advice, name=name)
    block.context.used_figures.add(name)
    if [token.type for token in block.content] != ["paragraph_open", "inline", "paragraph_close"]:
        problem = "la légende d'une figure n'est pas un seul paragraphe."
        block.add_error(problem, "Écrivez un paragraphe entre les deux lignes :::.")
    else:
        block.content[0].hidden = block.content[-1].hidden = True
    drawing = known.get(name, "")
    # A marker number stays on the line of the text that explains it.
    caption = render_tokens(block.content)
    check_figure_numbers(block, drawing, caption)
    return html_blocks.build_figure(
        drawing, SPACE_AFTER_NUMBER.sub(rf"\1{NO_BREAK}", caption), f"/static/figures/{name}"
    )


def check_figure_numbers(block: Directive, drawing: str, caption: str) -> None:
    """Add a lint error for numbers that only the drawing or only its caption has."""
    explained = sorted(set(CAPTION_NUMBER.findall(caption)), key=int)
    wrong = find_wrong_numbers(drawing, explained)
    if wrong is not None:
        found, wanted = (", ".join(numbers) or "aucun" for numbers in (wrong, explained))
        block.add_error(
            "numéros d'un dessin de « {name} » : {found} ; de sa légende : {wanted}.",
            "Donnez les mêmes numéros au dessin large, au dessin étroit et à la légende.",
            name=block.argument, found=found, wanted=wanted,
        )  # fmt: skip


def render_instructor_note(block: Directive) -> str:
    """Render a note for the instructor: how long a section takes, or a usual misconception."""
    if block.argument == instructor_notes.MISCONCEPTION:
        return block.context.add_part(
            instructor_notes.InstructorNote(render_tokens(block.content), "", is_misconception=True)
        )
    if block.argument and not instructor_notes.DURATION_PATTERN.fullmatch(block.argument):
        problem = "« {words} », après ::: enseignant, n'est pas une durée."
        block.add_error(problem, "Écrivez ainsi : ::: enseignant 5 min", words=block.argument)
    return block.context.add_part(
        instructor_notes.InstructorNote(render_tokens(block.content), block.argument.replace(" ", NO_BREAK))
    )


def render_tabs(block: Directive) -> str:
    """Render the same code in several languages."""
    listings = [token for token in block.content if token.type == "fence"]
    if not listings:
        block.add_error("des onglets n'ont aucun bloc de code.", "Écrivez un bloc ``` par langage.")
        return render_tokens(block.content)
    if len(listings) < len(block.content):
        problem = "des onglets contiennent autre chose que des blocs de code, que personne ne verrait."
        block.add_error(problem, "Déplacez-le hors des onglets.")
    if not block.argument:
        block.add_error("des onglets n'ont pas de titre.", "Dites ce que fait le code : ::: onglets Appeler un Space")
    return code_blocks.render_code_tabs(typeset_french(block.argument or "Code"), listings, block.context)


def render_try_it(block: Directive) -> str:
    """Render the card of one endpoint, whose form opens in the lesson or on its page."""
    space, endpoint, *surplus = [*block.argument.split(), "", ""]
    if not endpoint:
        advice = "Écrivez ainsi : ::: essayez auteur/nom /endpoint"
        block.add_error("un bloc essayez ne nomme pas d'endpoint.", advice)
    elif not SPACE_NAME_PATTERN.fullmatch(space):
        advice = "Écrivez auteur/nom, comme dans l'adresse de sa page."
        block.add_error("« {space} » n'est pas un nom de Space.", advice, space=space)
    elif not ENDPOINT_PATTERN.fullmatch(endpoint):
        advice = "Il commence par une barre oblique, comme /predict."
        block.add_error("« {endpoint} » n'est pas un nom d'endpoint.", advice, endpoint=endpoint)
    elif any(surplus):
        problem = "« {words} », après l'endpoint, n'est pas compris."
        block.add_error(problem, "Dites dans le texte ce qu'il faut saisir.", words=" ".join(surplus).strip())
    else:
        address = f"/espaces/{space}?endpoint={endpoint}"
        block.context.links.append(InternalLink(block.line, address))
        return html_blocks.build_try_it(
            block.context.next_number("essayez"), space, endpoint, address, render_tokens(block.content)
        )
    return render_note(block)


def render_experiment_block(block: Directive) -> str:
    """Render the card of an experiment: a prediction to make, before the real exchange."""
    experiment = EXPERIMENTS_BY_SLUG.get(block.argument)
    if experiment is None:
        near = find_near(block.argument, EXPERIMENTS_BY_SLUG)
        advice = DID_YOU_MEAN if near else "Les expériences sont {known}."
        known = ", ".join(EXPERIMENTS_BY_SLUG)
        problem = "l'expérience « {slug} » est inconnue." if block.argument else "un bloc et-si ne nomme rien."
        block.add_error(problem, advice, slug=block.argument, near=near, known=known)
        return render_note(block)
    anchor = block.context.reserve_id(f"et-si-{experiment.slug}", block.line)
    block.context.links.append(InternalLink(block.line, experiment_cards.build_address(experiment)))
    return experiment_cards.build_experiment_card(experiment, anchor, render_tokens(block.content))


def render_quiz(block: Directive) -> str:
    """Render a question of some kind, its answers, and an explanation of each."""
    if block.argument not in quiz.QUIZ_KINDS:
        problem, advice = "« {words} », après ::: quiz, n'est pas affiché.", "Les sortes de question sont {kinds}."
        block.add_error(
            problem, advice, words=block.argument, kinds=", ".join(name for name in quiz.QUIZ_KINDS if name)
        )
    part = quiz.read_quiz(block.content, block.line, block.context, block.argument)
    return block.context.add_part(part) if part else render_tokens(block.content)


def render_ordering(block: Directive) -> str:
    """Render lines of code to put in order."""
    part = ordering.read_ordering(block.content, block.line, block.context)
    return block.context.add_part(part) if part else render_tokens(block.content)


def render_checklist(block: Directive) -> str:
    """Render a checklist of the things that a reader should have done."""
    part = checklist.read_checklist(typeset_french(block.argument), block.content, block.line, block.context)
    return block.context.add_part(part) if part else render_tokens(block.content)


def render_exercise(block: Directive) -> str:
    """Render an exercise and its folded solution."""
    if not block.argument:
        block.add_error("un exercice n'a pas de titre.", "Dites ce qu'il y a à faire : :::: exercice Titre")
    if not any(token.content.startswith(html_blocks.SOLUTION_OPENING) for token in block.content):
        advice = "Écrivez-y ::: solution, ouvrez et fermez l'exercice par ::::."
        block.add_error("un exercice n'a pas de solution.", advice)
    number = block.context.next_number("exercice")
    return html_blocks.build_exercise(
        number, typeset_french(block.argument or "Exercice"), render_tokens(block.content)
    )


def render_solution(block: Directive) -> str:
    """Render the solution of an exercise, folded."""
    return html_blocks.build_solution(render_tokens(block.content))


DIRECTIVES: dict[str, Callable[[Directive], str]] = {
    "note": render_note,
    "attention": render_warning,
    "edition": render_edition,
    "enseignant": render_instructor_note,
    "figure": render_figure,
    "onglets": render_tabs,
    "essayez": render_try_it,
    "et-si": render_experiment_block,
    "telecharger": render_download,
    "quiz": render_quiz,
    "ordre": render_ordering,
    "exercice": render_exercise,
    "solution": render_solution,
    "checklist": render_checklist,
}
WITHOUT_ARGUMENT = (render_note, render_warning, render_solution, render_edition, render_ordering)


def render_directive(opening: Token, inner: Sequence[Token], context: RenderContext) -> str:
    """Render one container as HTML; an unknown one as a plain note, with a lint error."""
    name, _, words = opening.info.strip().partition(" ")
    start, end = opening.map or [0, 0]
    block = Directive(words.strip(), inner, start + 1, context)
    render = DIRECTIVES.get(name, render_note)
    if name not in DIRECTIVES:
        advice = "Les noms sont {known}."
        block.add_error("le bloc « ::: {name} » est inconnu.", advice, name=name, known=", ".join(DIRECTIVES))
    elif words and render in WITHOUT_ARGUMENT:
        problem = "« {words} », après ::: {name}, n'est pas affiché."
        block.add_error(problem, "Écrivez-le dans le bloc.", words=words, name=name)
    if end >= len(context.lines) or not re.search(r":{3,}\s*$", context.lines[end]):
        advice = "Fermez-le par ::: sur une ligne à part."
        block.add_error("le bloc « ::: {name} » n'est jamais fermé.", advice, name=name)
    if not inner:
        block.add_error("le bloc « ::: {name} » est vide.", "Écrivez son texte, ou retirez-le.", name=name)
        return ""
    return render(block)


def render_directives(tokens: Sequence[Token], context: RenderContext) -> list[Token]:
    """Replace each container, innermost first, by one token with its HTML."""
    folded: list[Token] = []
    for token in tokens:
        folded.append(token)
        if token.type == DIRECTIVE_CLOSE:
            start = max(place for place, earlier in enumerate(folded) if earlier.type == DIRECTIVE_OPEN)
            opening, inner = folded[start], folded[start + 1 : -1]
            folded[start:] = [make_html_token(render_directive(opening, inner, context), level=opening.level)]
    return folded
