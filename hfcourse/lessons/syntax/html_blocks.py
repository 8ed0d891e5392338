"""HTML builders for blocks that Markdown lacks; templates/patterns/index.html shows each of them. Pure.

The arguments `body`, `caption` and `drawing` are HTML; every other one is text, and is escaped.
"""

import re
from collections.abc import Sequence
from html import escape, unescape

from hfcourse.lessons.syntax.svg_drawings import has_narrow_drawing
from hfcourse.text.typography import NO_BREAK

TITLE_OR_ALT = re.compile(r'<title[^>]*>(.*?)</title>|<img [^>]*\balt="([^"]*)"', re.DOTALL)


def build_icon(name: str) -> str:
    """Return an icon of the page's SVG sprite."""
    return f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>'


def build_margin_label(content: str) -> str:
    """Return a label in the margin, left of the text."""
    return f'<span class="margin-label">{content}</span>'


def build_callout(kind: str, icon_name: str, label: str, body: str, aside: str = "") -> str:
    """Return a callout: a note, a warning, a change."""
    small = f" <small>{escape(aside)}</small>" if aside else ""
    return (
        f'<div class="callout callout--{kind}" role="note">\n'
        f'<p class="callout-label">{build_margin_label(build_icon(icon_name))}{escape(label)}{small}</p>\n'
        f"{body}</div>\n"
    )


def build_scroll_area(label: str, body: str) -> str:
    """Return a focusable area that scrolls horizontally on a narrow screen."""
    return f'<div class="scroll-region" tabindex="0" role="group" aria-label="{escape(label)}">{body}</div>'


def get_figure_title(drawing: str) -> str:
    """Return the title of a drawing or a picture; '' if it has none."""
    found = TITLE_OR_ALT.search(drawing)
    return unescape(found[1] or found[2] or "") if found else ""


def build_figure(drawing: str, caption: str, address: str) -> str:
    """Return a figure: a drawing or a picture, and its caption; the caption alone without a drawing.

    A drawing without a narrow variant shrinks on a narrow page, where a link opens it at full size.

    Args:
        address: the path of the drawing's file.
    """
    is_wide_alone = drawing.startswith("<svg") and not has_narrow_drawing(drawing)
    large = (
        f'<p class="enlarge screen-only"><a href="{escape(address)}">{ENLARGE_LABEL}</a></p>' if is_wide_alone else ""
    )
    body = f"{drawing}{large}\n" if drawing else ""
    return f'<figure class="wide figure">{body}<figcaption>{caption.strip()}</figcaption></figure>\n'


ENLARGE_LABEL = "Ouvrir la figure en grand"
ENLARGE_LINK = re.compile(r'<p class="enlarge screen-only">.*?</p>')


def remove_enlarge_links(html: str) -> str:
    """Remove the links to full-size drawings, for an export without a site to open them."""
    return ENLARGE_LINK.sub("", html)


def build_code_block(head: str, label: str, listings: str) -> str:
    """Return a code block with a header that names its language, or offers several."""
    look = f'class="button copy-button" type="button" data-js data-copy aria-label="{escape(label)}"'
    copy = f"<button {look}>{build_icon('copy')} Copier</button>"
    return f'<div class="code wide">\n<div class="code-header">{head}{copy}</div>\n{listings}</div>\n'


def build_diff(head: str, lines: Sequence[str]) -> str:
    """Return the diff of two versions of a file.

    Removed and added lines are marked by a sign, an element and a colour.
    """
    rows = "".join(build_diff_line(line) for line in lines)
    return (
        f'<div class="code wide diff">\n<div class="code-header">{head}</div>\n'
        f'<pre data-lang="diff" tabindex="0"><code>{rows}</code></pre>\n</div>\n'
    )


def build_diff_line(line: str) -> str:
    """Return one line of a unified diff as HTML."""
    tag = {"+": "ins", "-": "del", "@": "small"}.get(line[:1])
    text = escape(line.replace("-", "−", 1) if tag == "del" else line, quote=False)
    return f"<{tag}>{text}</{tag}>\n" if tag else f"{text}\n"


def build_listing(language: str, highlighted: str) -> str:
    """Return the highlighted code of a block."""
    return f'<pre data-lang="{escape(language)}" tabindex="0"><code>{highlighted}</code></pre>\n'


def build_tabs(number: int, title: str, languages: Sequence[tuple[str, str]]) -> str:
    """Return one radio button per language, by value and name; the first is checked."""
    radio = f'<input type="radio" name="langage-{number}" value='
    choices = "".join(
        f'<label>{radio}"{value}"{"" if place else " checked"}>{escape(name)}</label>'
        for place, (value, name) in enumerate(languages)
    )
    legend = f'<legend class="visually-hidden">{escape(title)}{NO_BREAK}: langage</legend>'
    return f'<fieldset class="tabs" data-sync="langage">{legend}{choices}</fieldset>'


def build_try_it(number: int, space: str, endpoint: str, address: str, body: str) -> str:
    """Return the try-it card of an endpoint.

    A button opens its form in the lesson; without scripts, a link leads to its page. The first card
    of a lesson has the primary button.
    """
    look = "button button--primary" if number == 1 else "button"
    return (
        f'<section class="try-it card wide" aria-labelledby="essayez-{number}">\n'
        f'<header><span class="eyebrow"><mark>Essayez</mark></span>'
        f'<h3 id="essayez-{number}">Le point d’accès <code>{escape(endpoint)}</code></h3></header>\n{body}'
        f'<div class="form-actions"><button class="{look}" type="button" data-js data-try>'
        f"{build_icon('play')} Essayer ici</button>"
        f'<a class="{look}"{LINK_WITHOUT_SCRIPT}{escape(address)}">{build_icon("play")} Ouvrir le formulaire</a>'
        f"<p>Notre serveur appelle le Space <code>{escape(space)}</code> pour vous.</p></div>\n</section>\n"
    )


LINK_WITHOUT_SCRIPT = ' data-bare href="'
TRY_IT_BUTTON = re.compile(r"<button[^<>]* data-try>.*?</button>")


def remove_try_it_buttons(html: str) -> str:
    """Remove the buttons of try-it cards where no form can open in place: on paper, in a file."""
    return TRY_IT_BUTTON.sub("", html).replace(LINK_WITHOUT_SCRIPT, ' href="')


EDITION_LABEL = "Ce que disait l’édition 2025"


def build_kind_label(label: str) -> str:
    """Return the label of a kind of question, before its text; '' for an ordinary one."""
    return f'<span class="eyebrow">{label}</span> ' if label else ""


SOLUTION_OPENING = '<details class="solution">'


def build_exercise(number: int, title: str, body: str) -> str:
    """Return an exercise; its body includes the solution."""
    return (
        f'<section class="exercise" aria-labelledby="exercice-{number}">\n'
        f'<h3 id="exercice-{number}">{build_margin_label(build_icon("hand"))}'
        f'<span class="eyebrow">Exercice</span> {escape(title)}</h3>\n'
        f"{body}</section>\n"
    )


def build_edition_note(anchor: str, body: str) -> str:
    """Return a folded note about an older edition of the course; the text around it is up to date."""
    summary = f"<summary>{build_icon('chevron')} {EDITION_LABEL}</summary>"
    return f'<details class="edition-note" id="{anchor}">{summary}\n{body}</details>\n'


def build_download(address: str, name: str, body: str) -> str:
    """Return a download link for a zip of the lesson's files."""
    link = f'<a class="button" href="{escape(address)}" download>{build_icon("down")} Télécharger {escape(name)}</a>'
    return f'<div class="download">\n{body}<p class="download-link">{link}</p></div>\n'


ZIP_LINK = re.compile(r'<p class="download-link">.*?</p>')


def remove_download_links(html: str) -> str:
    """Remove the download links, for an export without a site to serve them."""
    return ZIP_LINK.sub("", html)


def build_solution(body: str) -> str:
    """Return a folded solution."""
    return f"{SOLUTION_OPENING}<summary>{build_icon('chevron')} Voir une solution</summary>\n{body}</details>\n"
