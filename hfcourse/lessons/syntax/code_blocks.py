"""Code blocks in a lesson: highlighted on the server, alone or in tabs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from hfcourse.lessons.syntax import html_blocks, includes
from hfcourse.lessons.syntax.context import RenderContext
from hfcourse.text.highlighting import highlight_code
from hfcourse.text.typography import NO_BREAK

LISTING_LANGUAGES = {
    "python": "Python",
    "javascript": "JavaScript",
    "bash": "Bash",
    "powershell": "PowerShell",
    "text": "Texte",
    "html": "HTML",
    "css": "CSS",
    "json": "JSON",
    "batch": "Invite de commandes",
}
# Language tabs compare one API call; from a terminal it is made with cURL, hence the label of bash.
LANGUAGE_TABS = {"python": ("python", "Python"), "javascript": ("javascript", "JavaScript"), "bash": ("curl", "cURL")}
# Shell tabs compare the same commands by operating system.
SHELL_TABS = {
    "bash": ("bash", "Linux, macOS"),
    "powershell": ("powershell", "Windows (PowerShell)"),
    "batch": ("batch", "Windows (cmd)"),
}


def get_token_line(token: Token) -> int:
    """Return the line of the file on which the token begins."""
    return token.map[0] + 1 if token.map else 1


@dataclass(frozen=True)
class LessonListing:
    """A code listing: its language, its label, its code."""

    language: str
    name: str
    code: str


def get_language(fence: Token, context: RenderContext) -> str:
    """Return the language of a fence; plain text, and a lint error, for an unknown one."""
    language = "".join(fence.info.split()[:1])
    if language in LISTING_LANGUAGES:
        return language
    unknown = "le langage « {language} » d'un bloc de code est inconnu."
    problem = unknown if language else "un bloc de code ne nomme pas son langage."
    advice = "Ouvrez-le par ``` suivi de l'un de ces noms : {known}."
    context.add_error(get_token_line(fence), problem, advice, language=language, known=", ".join(LISTING_LANGUAGES))
    return "text"


def read_listing(fence: Token, context: RenderContext) -> LessonListing:
    """Return the code of a fence, or of the file that it names after its language."""
    language, words = get_language(fence, context), fence.info.split()[1:]
    if not words:
        return LessonListing(language, LISTING_LANGUAGES[language], fence.content)
    if fence.content.strip():
        problem = "un bloc de code montre le fichier {name} et contient d'autres lignes, que personne ne verrait."
        context.add_error(get_token_line(fence), problem, "Retirez l'un des deux.", name=words[0])
    return LessonListing(
        language, words[0].rpartition("/")[2], includes.include_file(words, get_token_line(fence), context)
    )


def render_diff(fence: Token, context: RenderContext) -> str:
    """Render the diff between the two files that a fence names after `diff`."""
    names, line = fence.info.split()[1:], get_token_line(fence)
    if len(names) != 2 or fence.content.strip():
        problem = "un diff ne nomme pas deux fichiers, ou contient ses propres lignes."
        context.add_error(line, problem, "Écrivez ```diff dossier/avant.py dossier/apres.py, et rien dans le bloc.")
        return ""
    before, after = (includes.include_file([name], line, context) for name in names)
    head = f"<span>{escape(names[0])} {html_blocks.build_icon('next')} {escape(names[1])}</span>"
    lines = includes.build_unified_diff(before, after)
    if not lines and before and after:
        context.add_error(line, "les deux fichiers d'un diff sont identiques.", "Nommez-en deux qui diffèrent.")
    return html_blocks.build_diff(head, lines)


def render_fenced_code(fence: Token, context: RenderContext) -> str:
    """Render one code block under the name of its language, or of its file."""
    if fence.info.split()[:1] == ["diff"]:
        return render_diff(fence, context)
    listing = read_listing(fence, context)
    return html_blocks.build_code_block(
        f"<span>{escape(listing.name)}</span>",
        f"Copier le code{NO_BREAK}: {listing.name}",
        html_blocks.build_listing(listing.language, highlight_code(listing.code, listing.language)),
    )


def render_code_tabs(title: str, fences: Sequence[Token], context: RenderContext) -> str:
    """Render the same code in several languages or shells as tabs."""
    is_shells = any(fence.info.split()[:1] == ["powershell"] for fence in fences)
    known = SHELL_TABS if is_shells else LANGUAGE_TABS
    listings: dict[str, LessonListing] = {}
    for fence in fences:
        each = read_listing(fence, context)
        if each.language not in known or each.language in listings:
            is_twice = each.language in listings
            problem = "des onglets ont deux blocs « {language} »." if is_twice else "« {language} » n'a pas d'onglet."
            advice = "Des onglets contiennent au plus un bloc de chacun de ces langages : {known}."
            context.add_error(get_token_line(fence), problem, advice, language=each.language, known=", ".join(known))
        listings.setdefault(each.language, each)
    code = "".join(
        html_blocks.build_listing(known.get(language, (language,))[0], highlight_code(each.code, language))
        for language, each in listings.items()
    )
    choices = [known.get(language, (language, LISTING_LANGUAGES[language])) for language in listings]
    head = html_blocks.build_tabs(context.next_number("tabs"), title, choices)
    return html_blocks.build_code_block(head, f"Copier le code{NO_BREAK}: {title}", code)
