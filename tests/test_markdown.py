"""The dialect of the lessons: what each construct becomes, and what is said of what is wrong."""

import re
from html import unescape

import pytest

from hfcourse.lessons.markdown import Rendered, render

FRONT = """+++
number = "3.9"
slug = "3-9-essai"
title = "L'essai : un"
summary = "Une phrase."
reading_minutes = 1
exercise_minutes = 5
objectives = ["Lire.", "Essayer.", "Choisir."]
prerequisites = ["Un navigateur."]
key_points = ["Un.", "Deux.", "Trois."]
reviewed = 2026-11-22
sources_dated = 2026-08-22
+++

Un chapeau.

"""
FIRST_LINE = FRONT.count("\n") + 1
FIGURES = {"Jetons.svg": '<svg viewBox="0 0 8 4"><title id="t">La page des jetons</title></svg>'}
APP = """import os

# >>> page
@app.get("/")
def page():
    # >>> corps
    return "oui"
    # <<< corps
# <<< page


# >>> envoi
def ask(): ...
# >>> jamais-fermé
"""
LISTINGS = {"mini/app.py": APP, "mini/page.html": "{# >>> titre #}\n<h1>Oui</h1>\n{# <<< titre #}\n"}


def lesson(body: str) -> Rendered:
    return render(FRONT + body, FIGURES, LISTINGS)


def said(rendered: Rendered) -> list[str]:
    return [f"{fault.line}: {fault.what}" for fault in rendered.faults]


def body_of(rendered: Rendered) -> str:
    """The HTML between the head and the key points."""
    head, foot = '<div class="brief">.*?</div>\n</div>\n', '<h2 id="a-retenir">.*'
    return re.sub(foot, "", re.sub(head, "", rendered.html, flags=re.DOTALL), flags=re.DOTALL)


def words(rendered: Rendered) -> str:
    return "\n".join(body_of(rendered).split("\n")[1:]).strip()


def test_the_front_matter_is_read_and_typeset():
    front = lesson("").front
    assert (front.number, front.slug, front.minutes, str(front.reviewed)) == ("3.9", "3-9-essai", 6, "2026-11-22")
    assert front.title == "L’essai\u00a0: un"


def test_a_sound_lesson_has_no_fault():
    assert said(lesson("## Un titre\n\nDu texte.\n\n::: edition\nCeci.\n:::\n")) == []


def test_the_first_paragraph_is_the_lede():
    assert body_of(lesson("Suite.")) == '<p class="lede">Un chapeau.</p>\n<p>Suite.</p>\n'


def test_sections_are_numbered_in_the_margin_and_subsections_are_not():
    rendered = lesson("## Créer une clé d'API (Access Token)\n\n### Détail\n\n## Œuvre\n")
    assert '<h2 id="creer-une-cle-d-api-access-token"><span class="hang">1</span> Créer une clé d’API' in rendered.html
    assert '<h3 id="detail">Détail</h3>' in rendered.html
    assert [(one.anchor, one.number) for one in rendered.sections[:2]] == [
        ("creer-une-cle-d-api-access-token", 1), ("oeuvre", 2),
    ]  # fmt: skip
    assert rendered.anchors == {"creer-une-cle-d-api-access-token", "detail", "oeuvre", "a-retenir"}


def test_an_emoji_before_a_heading_is_not_in_its_id():
    assert lesson("## 🔍 Fiche d’un modèle\n").sections[0].anchor == "fiche-d-un-modele"


def test_an_ordered_list_is_a_list_of_steps_that_may_hold_a_block():
    html = words(
        lesson("1. Ouvrez la page.\n\n   ::: note\n   Un détail.\n   :::\n2. Tapez :\n   ```bash\n   ls\n   ```\n")
    )
    assert html.startswith('<ol class="steps">\n<li>\n<p>Ouvrez la page.</p>\n<div class="callout note"')
    assert '<pre data-lang="bash"' in html


def test_a_tight_list_of_steps_still_has_paragraphs():
    assert "<li>\n<p>Un</p>\n</li>" in words(lesson("1. Un\n2. Deux\n"))
    assert "<li>Un</li>" in words(lesson("- Un\n- Deux\n"))


@pytest.mark.parametrize(
    ("name", "kind", "label"), [("note", "note", "À noter"), ("attention", "warning", "Attention")]
)
def test_a_callout_has_a_shape_an_icon_and_a_label(name: str, kind: str, label: str):
    html = words(lesson(f"::: {name}\nUn **mot**.\n:::\n"))
    assert html.startswith(
        f'<div class="callout {kind}" role="note">\n<p class="callout-label"><span class="hang"><svg'
    )
    assert f"</span>{label}</p>\n<p>Un <strong>mot</strong>.</p>" in html


def test_a_figure_is_inlined_and_opens_large_where_it_has_no_narrow_drawing():
    html = words(lesson("::: figure Jetons.svg\nLa page. **1** le bouton.\n:::\n"))
    assert html.startswith(
        '<figure class="wide figure"><svg viewBox="0 0 8 4"><title id="t">La page des jetons</title>'
    )
    assert '<a href="/static/figures/Jetons.svg">Ouvrir la figure en grand</a>' in html
    assert "<figcaption>La page. <strong>1</strong>\u00a0le bouton.</figcaption></figure>" in html


def test_code_is_highlighted_and_never_typeset():
    html = words(lesson("```python\nprint('a : b')  # quoi ?\n```\n"))
    assert '<div class="code wide">' in html
    assert "<span>Python</span>" in html
    assert """<span class="s1">'a : b'</span>""" in html
    assert '<span class="c1"># quoi ?</span>' in html


def code(html: str) -> str:
    """The words of the one block of code."""
    return unescape(re.sub(r"<[^>]+>", "", html.partition("<code>")[2].partition("</code>")[0]))


def test_a_file_is_shown_whole_without_its_marks_under_its_name():
    rendered = lesson("```python mini/app.py\n```\n")
    assert said(rendered) == []
    assert code(rendered.html) == ('import os\n\n@app.get("/")\ndef page():\n    return "oui"\n\n\ndef ask(): ...\n')
    assert "<span>app.py</span>" in rendered.html
    assert 'aria-label="Copier le code\u00a0: app.py"' in rendered.html
    assert '<pre data-lang="python"' in rendered.html


def test_a_part_of_a_file_is_what_stands_between_its_marks():
    assert code(lesson("```python mini/app.py page\n```\n").html) == '@app.get("/")\ndef page():\n    return "oui"\n'
    assert code(lesson("```html mini/page.html titre\n```\n").html) == "<h1>Oui</h1>\n"


def test_a_part_inside_a_function_moves_to_the_left():
    assert code(lesson("```python mini/app.py corps\n```\n").html) == 'return "oui"\n'


def test_a_file_may_stand_in_tabs():
    html = lesson("::: onglets Un\n```python mini/app.py corps\n```\n:::\n").html
    assert code(html) == 'return "oui"\n'


def test_what_no_style_is_for_weighs_nothing():
    html = lesson('```javascript\nconst app = "a";\n```\n').html
    assert '<span class="kd">const</span> app = <span class="s2">"a"</span>;' in html


TABS = "::: onglets Saluer\n```python\na\n```\n```javascript\nb\n```\n```bash\ncurl c\n```\n:::\n"


def test_languages_side_by_side_are_radio_buttons_of_a_name_of_their_own():
    html = words(lesson(TABS + "\n" + TABS))
    assert html.count('data-sync="langage"') == 2
    assert '<input type="radio" name="langage-1" value="python" checked>' in html
    assert '<input type="radio" name="langage-2" value="curl">cURL' in html
    assert html.count(" checked") == 2
    assert '<pre data-lang="curl"' in html
    assert html.count('class="button copy"') == 2


def test_commands_of_two_shells_are_tabs_by_system():
    html = words(lesson("::: onglets Installer\n```bash\nls\n```\n```powershell\ndir\n```\n:::\n"))
    assert '<input type="radio" name="langage-1" value="bash" checked>Linux, macOS' in html
    assert '<input type="radio" name="langage-1" value="powershell">Windows' in html
    assert '<pre data-lang="bash"' in html
    assert '<pre data-lang="powershell"' in html


def test_tabs_of_two_shells_hold_no_other_language():
    source = "::: onglets Installer\n```python\n1\n```\n```powershell\ndir\n```\n:::\n"
    assert [fault.partition(": ")[2] for fault in said(lesson(source))] == ["“python” has no place in tabs."]


def test_tabs_of_shells_are_named_after_the_systems_that_have_them():
    blocks = "```bash\na\n```\n```powershell\nb\n```\n```batch\nc\n```\n"
    html = words(lesson(f"::: onglets Installer\n{blocks}:::\n"))
    assert '<input type="radio" name="langage-1" value="bash" checked>Linux, macOS' in html
    assert '<input type="radio" name="langage-1" value="powershell">Windows (PowerShell)' in html
    assert '<input type="radio" name="langage-1" value="batch">Windows (cmd)' in html
    for language in ("bash", "powershell", "batch"):
        assert f'<pre data-lang="{language}"' in html


def test_try_it_is_a_link_to_the_form_and_only_the_first_is_the_next_step():
    block = "::: essayez hfcourse/entrainement /saluer\nDonnez un prénom.\n:::\n"
    rendered = lesson(block + "\n" + block)
    assert rendered.html.count('href="/espaces/hfcourse/entrainement?endpoint=/saluer"') == 2
    assert rendered.html.count(" data-try>") == 2
    assert rendered.html.count('class="button go"') == 2  # the button of the first, and its link
    assert [link.line for link in rendered.links] == [FIRST_LINE, FIRST_LINE + 4]


def test_a_table_scrolls_and_needs_no_inline_style():
    html = words(lesson("| État | Durée |\n| --- | --: |\n| Endormi | 48 |\n"))
    assert html.startswith(
        '<div class="scroll" tabindex="0" role="group" aria-label="Tableau\u00a0: État, Durée"><table'
    )
    assert '<th scope="col" class="num">Durée</th>' in html
    assert '<td class="num">48</td>' in html
    assert "style=" not in html


def test_words_of_another_language_say_so():
    assert '<strong><span lang="en">Create</span></strong>' in lesson("**[Create]{lang=en}**\n").html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("« **gras** »", "«\u00a0<strong>gras</strong>\u00a0»"),
        ("«**gras**»", "«\u00a0<strong>gras</strong>\u00a0»"),
        ("« [x]{lang=en} » !", '«\u00a0<span lang="en">x</span>\u00a0»\u202f!'),
        ("**Attention** : oui", "<strong>Attention</strong>\u00a0: oui"),
        ("l'**eau**, d'`x`", "l’<strong>eau</strong>, d’<code>x</code>"),
        ("*quoi* ?", "<em>quoi</em>\u202f?"),
        ("quoi\n? oui\nnon", "quoi\u202f? oui\nnon"),
        ("«\nmot\n»", "«\u00a0mot\u00a0»"),
        ("[ici](#a) ; là...", '<a href="#a">ici</a>\u202f; là…'),
        ("`a : b` : c", "<code>a : b</code>\u00a0: c"),
        ("« `x` »", "«\u00a0<code>x</code>\u00a0»"),
        ("<https://a.example/x?y>", '<a href="https://a.example/x?y">https://a.example/x?y</a>'),
    ],
)
def test_typography_holds_across_the_marks_of_markdown(source: str, html: str):
    assert words(lesson(source)) == f"<p>{html}</p>"


def test_raw_html_is_text_and_a_fault():
    rendered = lesson("Un\n<script>alert(1)</script>\n")
    assert "&lt;script&gt;" in rendered.html
    assert "<script" not in rendered.html
    assert said(rendered)[0] == f"{FIRST_LINE + 1}: HTML (<script>) is shown as text."


def test_a_link_may_not_run_a_script():
    rendered = lesson("[x](javascript:alert)\n")
    assert "href" not in rendered.html
    assert "not understood" in said(rendered)[0]


def test_an_unknown_block_is_shown_as_a_note():
    rendered = lesson("Avant.\n\n::: astuce\nUn détail.\n:::\n")
    assert said(rendered) == [f"{FIRST_LINE + 2}: the block “::: astuce” is unknown."]
    assert "callout note" in rendered.html
    assert "Un détail." in rendered.html


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("::: figure Jeton.svg\nLa page.\n:::\n", "the figure “Jeton.svg” is missing."),
        ("::: figure Jetons.svg\nUn.\n\nDeux.\n:::\n", "a figure's caption is not one paragraph."),
        ("::: onglets Appeler\nDu texte.\n:::\n", "onglets without a code block."),
        ("::: onglets\n```python\n1\n```\n:::\n", "onglets have no title."),
        ("::: essayez saluer\nUn essai.\n:::\n", "essayez does not name an endpoint."),
        ("::: essayez saluer /saluer\nUn essai.\n:::\n", "“saluer” is no name of a Space."),
        ("::: essayez a/../b /saluer\nUn essai.\n:::\n", "“a/../b” is no name of a Space."),
        ("::: essayez a/b saluer\nUn essai.\n:::\n", "“saluer” is no name of an endpoint."),
        ("::: essayez a/b /f prenom=Awa vite\nUn.\n:::\n", "“prenom=Awa vite”, after the endpoint, is not understood."),
        ("::: note\nJamais fermé.\n", "the block “::: note” is never closed."),
        ("::: note\n:::\n", "the block “::: note” is empty."),
        ("::: note Titre\nTexte.\n:::\n", "“Titre”, after ::: note, is not shown."),
        ("```\nsans langage\n```\n", "a code block has no language."),
        ("```cobol\nx\n```\n", "the language “cobol” of a code block is unknown."),
        ("```python mini/apq.py\n```\n", "the file “mini/apq.py” is missing."),
        ("```python autre/chose.py\n```\n", "the file “autre/chose.py” is missing."),
        ("```python mini/app.py pages\n```\n", "mini/app.py has no part “pages”."),
        ("```python mini/app.py envoi\n```\n", "mini/app.py has no part “envoi”."),
        ("```html mini/page.html page\n```\n", "mini/page.html has no part “page”."),
        ("```python mini/app.py page corps\n```\n", "“corps”, after a file and its part, is not understood."),
        (
            "```python mini/app.py page\n1\n```\n",
            "a code block shows mini/app.py and holds code of its own, which is not shown.",
        ),
        ("# Titre\n", "a heading of level 1."),
        ("4. quatre\n", "steps that do not start at 1."),
        (
            "![un chat](https://ailleurs.example/chat.png)\n",
            "the image https://ailleurs.example/chat.png is not shown.",
        ),
        ("[x](autre.html)\n", "the link “autre.html” leads nowhere."),
        ("[x](//ailleurs.example)\n", "the link “//ailleurs.example” leads nowhere."),
        ("[mot]{.rouge}\n", "words in […]{…} may only say their language or their fact."),
    ],
)
def test_a_fault_is_told_with_its_line_and_the_page_still_renders(body: str, what: str):
    rendered = lesson(body)
    assert said(rendered) == [f"{FIRST_LINE}: {what}"]
    assert all(fault.mend for fault in rendered.faults)
    assert rendered.html.startswith('<p class="lede">Un chapeau.</p>')


@pytest.mark.parametrize(
    ("language", "wrong"), [("json", "“json” has no place in tabs."), ("python", "“python” stands twice in tabs.")]
)
def test_tabs_hold_each_language_of_a_call_once(language: str, wrong: str):
    rendered = lesson(f"::: onglets Appeler\n```python\n1\n```\n```{language}\n2\n```\n:::\n")
    assert said(rendered) == [f"{FIRST_LINE + 4}: {wrong}"]


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("mini/apq.py", "Did you mean mini/app.py?"),
        ("autre/chose.txt", "Put it into a folder of hfcourse/content."),
        ("mini/app.py pages", "Its parts are page, corps, envoi, jamais-fermé."),
        ("mini/app.py envoi", "Open it with a comment >>> envoi, close it with <<< envoi."),
    ],
)
def test_a_missing_file_or_part_is_told_with_what_there_is(words: str, mend: str):
    assert lesson(f"```python {words}\n```\n").faults[0].mend == mend


def test_a_near_name_is_suggested_for_a_missing_figure():
    assert lesson("::: figure Jeton.svg\nLa page.\n:::\n").faults[0].mend == "Did you mean Jetons.svg?"


def test_two_headings_of_one_text_are_a_fault_and_have_two_ids():
    rendered = lesson("## Suite\n\n## Suite\n")
    assert said(rendered) == [f"{FIRST_LINE + 2}: the heading id “suite” is already taken."]
    assert rendered.anchors == {"suite", "suite-2", "a-retenir"}


def test_an_image_of_another_host_is_never_loaded():
    html = lesson("![un chat](https://ailleurs.example/chat.png)\n").html
    assert "ailleurs.example" not in html
    assert "un chat" in html


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("exercise_minutes = 5", 'exercise_minutes = "cinq"', "7: the front matter's “exercise_minutes” is wrong."),
        ("reading_minutes = 1", "reading_minutes = true", "6: the front matter's “reading_minutes” is wrong."),
        ("reviewed = 2026-11-22", "reviewed = 2026-11-22T10:00:00", "11: the front matter's “reviewed” is wrong."),
        ("sources_dated = 2026-08-22\n", "", "1: the front matter's “sources_dated” is missing."),
        ('"Lire.", ', "", "8: the front matter's “objectives” is wrong."),
        ('"Lire."', "7", "8: the front matter's “objectives” is wrong."),
        ('"Lire."', '"Lire.\\n\\nEncore."', "8: the front matter's “objectives” is wrong."),
        ('"Lire."', '"- Lire."', "8: a line of “objectives” is not one sentence."),
        ('["Un navigateur."]', "[]", "9: the front matter's “prerequisites” is wrong."),
        ('"Deux.", ', '"[Deux](deux.html).", ', "10: the link “deux.html” leads nowhere."),
        ('"Deux.", ', '"> Deux.", ', "10: a line of “key_points” is not one sentence."),
        ("reading_minutes = 1", "reading_minutes = 9", "6: reading_minutes is 9, and the words take 1."),
        ('slug = "3-9-essai"', 'slug = "3.9 Essai"', "3: the front matter's “slug” is wrong."),
        ('summary = "Une phrase."\n', "", "1: the front matter's “summary” is missing."),
        ("exercise_minutes = 5", "auteur = 1", "7: the front matter has an unknown field “auteur”."),
        ("reading_minutes = 1", "reading_minutes = = 1", "6: the front matter is not TOML."),
    ],
)
def test_a_wrong_field_is_told_with_its_line(before: str, after: str, fault: str):
    rendered = render(FRONT.replace(before, after), FIGURES, {})
    assert fault in said(rendered)
    assert "Un chapeau." in rendered.html


def test_a_lesson_without_front_matter_is_still_rendered():
    rendered = render("Bonjour.\n", {}, {})
    assert said(rendered) == ["1: the front matter is missing."]
    assert rendered.html == '<p class="lede">Bonjour.</p>\n'


def test_a_character_that_is_not_utf8_is_told():
    assert said(lesson("Un mot\ufffd.\n")) == [f"{FIRST_LINE}: a character cannot be read."]


def test_a_lesson_that_begins_with_a_heading_has_no_lede():
    rendered = render(FRONT.replace("Un chapeau.", "## Titre"), {}, {})
    assert [fault.what for fault in rendered.faults] == ["the lesson does not begin with a paragraph."]
