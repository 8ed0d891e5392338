"""Code in a lesson: highlighted on the server, alone or in tabs. Pure."""

from collections.abc import Sequence

from markdown_it.token import Token

from hfcourse.highlighting import highlighted
from hfcourse.lessons import pieces
from hfcourse.lessons.draft import Draft
from hfcourse.typography import NO_BREAK

LANGUAGES = {
    "python": "Python",
    "javascript": "JavaScript",
    "bash": "Bash",
    "text": "Texte",
    "html": "HTML",
    "json": "JSON",
}
# What tabs set side by side is one call, and from a terminal a call is made with cURL.
TABS = {"python": ("python", "Python"), "javascript": ("javascript", "JavaScript"), "bash": ("curl", "cURL")}


def line_of(token: Token) -> int:
    """The line of the file that the token begins on."""
    return token.map[0] + 1 if token.map else 1


def language_of(fence: Token, draft: Draft) -> str:
    """The language that a fence names; plain text, and a fault, if there is none that we know."""
    language = fence.info.strip()
    if language in LANGUAGES:
        return language
    what = f"the language “{language}” of a code block is unknown." if language else "a code block has no language."
    draft.fault(line_of(fence), what, f"Open it with ``` and one of {', '.join(LANGUAGES)}.")
    return "text"


def block(fence: Token, draft: Draft) -> str:
    """One block of code under the name of its language."""
    language = language_of(fence, draft)
    name = LANGUAGES[language]
    return pieces.code(
        f"<span>{name}</span>",
        f"Copier le code{NO_BREAK}: {name}",
        pieces.listing(language, highlighted(fence.content, language)),
    )


def tabs(title: str, fences: Sequence[Token], draft: Draft) -> str:
    """The same thing in several languages, one shown at a time."""
    shown: dict[str, Token] = {}
    for fence in fences:
        language = language_of(fence, draft)
        if language not in TABS or language in shown:
            wrong = "stands twice" if language in shown else "has no place"
            draft.fault(line_of(fence), f"“{language}” {wrong} in tabs.", f"Tabs hold one each of {', '.join(TABS)}.")
        shown.setdefault(language, fence)
    listings = "".join(
        pieces.listing(TABS.get(language, (language,))[0], highlighted(fence.content, language))
        for language, fence in shown.items()
    )
    choices = [TABS.get(language, (language, LANGUAGES[language])) for language in shown]
    head = pieces.tabs(draft.next_number("tabs"), title, choices)
    return pieces.code(head, f"Copier le code{NO_BREAK}: {title}", listings)
