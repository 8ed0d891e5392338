"""The HTML of what Markdown has no word for; templates/patterns.html shows each piece. Pure.

`body`, `caption` and `drawn` are HTML already; every other argument is text.
"""

import re
from collections.abc import Sequence
from html import escape, unescape

from hfcourse.lessons.syntax.svg_drawings import has_narrow_drawing
from hfcourse.text.typography import NO_BREAK

TITLE_OR_ALT = re.compile(r'<title[^>]*>(.*?)</title>|<img [^>]*\balt="([^"]*)"', re.DOTALL)


def build_icon(name: str) -> str:
    """An icon of the page's sprite."""
    return f'<svg class="i" aria-hidden="true"><use href="#i-{name}"/></svg>'


def build_margin_label(content: str) -> str:
    """What stands left of the margin line."""
    return f'<span class="hang">{content}</span>'


def build_callout(kind: str, icon_name: str, label: str, body: str, aside: str = "") -> str:
    """A note, a warning, a change."""
    small = f" <small>{escape(aside)}</small>" if aside else ""
    return (
        f'<div class="callout {kind}" role="note">\n'
        f'<p class="callout-label">{build_margin_label(build_icon(icon_name))}{escape(label)}{small}</p>\n'
        f"{body}</div>\n"
    )


def build_scroll_area(label: str, body: str) -> str:
    """Something wide, that scrolls by itself on a narrow screen."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(label)}">{body}</div>'


def get_figure_title(drawn: str) -> str:
    """What a drawing or a picture shows, in a few words; '' if it does not say so."""
    found = TITLE_OR_ALT.search(drawn)
    return unescape(found[1] or found[2] or "") if found else ""


def build_figure(drawn: str, caption: str, address: str) -> str:
    """A drawing or a picture, and its caption; the caption alone if nothing is drawn.

    A drawing without a narrow one shrinks to a narrow page, where a link opens it large.

    Args:
        address: of the file of the drawing.
    """
    is_wide_alone = drawn.startswith("<svg") and not has_narrow_drawing(drawn)
    large = f'<p class="enlarge screen"><a href="{escape(address)}">{ENLARGE_LABEL}</a></p>' if is_wide_alone else ""
    drawing = f"{drawn}{large}\n" if drawn else ""
    return f'<figure class="wide figure">{drawing}<figcaption>{caption.strip()}</figcaption></figure>\n'


ENLARGE_LABEL = "Ouvrir la figure en grand"
ENLARGE_LINK = re.compile(r'<p class="enlarge screen">.*?</p>')


def remove_enlarge_links(html: str) -> str:
    """Remove the links to drawings, where the site is not there to open them."""
    return ENLARGE_LINK.sub("", html)


def build_code_block(head: str, label: str, listings: str) -> str:
    """A block of code under a head that names its language, or offers several."""
    look = f'class="button copy" type="button" data-js data-copy aria-label="{escape(label)}"'
    copy = f"<button {look}>{build_icon('copy')} Copier</button>"
    return f'<div class="code wide">\n<div class="code-head">{head}{copy}</div>\n{listings}</div>\n'


def build_diff(head: str, lines: Sequence[str]) -> str:
    """Two versions of a file, compared: what went and what came are marked by a sign, an element and a colour."""
    drawn = "".join(build_diff_line(line) for line in lines)
    return (
        f'<div class="code wide diff">\n<div class="code-head">{head}</div>\n'
        f'<pre data-lang="diff" tabindex="0"><code>{drawn}</code></pre>\n</div>\n'
    )


def build_diff_line(line: str) -> str:
    """One line of a unified difference."""
    tag = {"+": "ins", "-": "del", "@": "small"}.get(line[:1])
    text = escape(line.replace("-", "−", 1) if tag == "del" else line, quote=False)
    return f"<{tag}>{text}</{tag}>\n" if tag else f"{text}\n"


def build_listing(language: str, highlighted: str) -> str:
    """The code itself, highlighted."""
    return f'<pre data-lang="{escape(language)}" tabindex="0"><code>{highlighted}</code></pre>\n'


def build_tabs(number: int, title: str, languages: Sequence[tuple[str, str]]) -> str:
    """One radio button for each language, by value and name; the first is chosen."""
    radio = f'<input type="radio" name="langage-{number}" value='
    choices = "".join(
        f'<label>{radio}"{value}"{"" if place else " checked"}>{escape(name)}</label>'
        for place, (value, name) in enumerate(languages)
    )
    legend = f'<legend class="vh">{escape(title)}{NO_BREAK}: langage</legend>'
    return f'<fieldset class="tabs" data-sync="langage">{legend}{choices}</fieldset>'


def build_try_it(number: int, space: str, endpoint: str, address: str, body: str) -> str:
    """The card of an endpoint: a button opens its form in the lesson, without scripts a link leads to its page.

    The first of a lesson is its next step.
    """
    look = "button go" if number == 1 else "button"
    return (
        f'<section class="try sheet wide" aria-labelledby="essayez-{number}">\n'
        f'<header><span class="kind"><mark>Essayez</mark></span>'
        f'<h3 id="essayez-{number}">Le point d’accès <code>{escape(endpoint)}</code></h3></header>\n{body}'
        f'<div class="submit"><button class="{look}" type="button" data-js data-try>'
        f"{build_icon('play')} Essayer ici</button>"
        f'<a class="{look}"{LINK_WITHOUT_SCRIPT}{escape(address)}">{build_icon("play")} Ouvrir le formulaire</a>'
        f"<p>Notre serveur appelle le Space <code>{escape(space)}</code> pour vous.</p></div>\n</section>\n"
    )


LINK_WITHOUT_SCRIPT = ' data-bare href="'
TRY_IT_BUTTON = re.compile(r"<button[^<>]* data-try>.*?</button>")


def remove_try_it_buttons(html: str) -> str:
    """The same cards where no form can be opened in place: on paper, in a file."""
    return TRY_IT_BUTTON.sub("", html).replace(LINK_WITHOUT_SCRIPT, ' href="')


EDITION_LABEL = "Ce que disait l’édition 2025"


def build_kind_label(label: str) -> str:
    """What a question asks to do, before its words; nothing for an ordinary one."""
    return f'<span class="kind">{label}</span> ' if label else ""


SOLUTION_OPENING = '<details class="solution">'


def build_exercise(number: int, title: str, body: str) -> str:
    """Something to do; its solution stands in the body."""
    return (
        f'<section class="exercise" aria-labelledby="exercice-{number}">\n'
        f'<h3 id="exercice-{number}">{build_margin_label(build_icon("hand"))}'
        f'<span class="kind">Exercice</span> {escape(title)}</h3>\n'
        f"{body}</section>\n"
    )


def build_edition_note(anchor: str, body: str) -> str:
    """What an older edition of the course said, folded: the text has what holds today."""
    summary = f"<summary>{build_icon('chevron')} {EDITION_LABEL}</summary>"
    return f'<details class="edition" id="{anchor}">{summary}\n{body}</details>\n'


def build_download(address: str, name: str, body: str) -> str:
    """A link to a zip of the files that a lesson speaks of."""
    link = f'<a class="button" href="{escape(address)}" download>{build_icon("down")} Télécharger {escape(name)}</a>'
    return f'<div class="download">\n{body}<p class="zip">{link}</p></div>\n'


ZIP_LINK = re.compile(r'<p class="zip">.*?</p>')


def remove_download_links(html: str) -> str:
    """The same lesson where no site can be asked for a zip: a button that does nothing is left out."""
    return ZIP_LINK.sub("", html)


def build_solution(body: str) -> str:
    """What is only looked at afterwards."""
    return f"{SOLUTION_OPENING}<summary>{build_icon('chevron')} Voir une solution</summary>\n{body}</details>\n"
