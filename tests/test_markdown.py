"""The dialect of the lessons: what each construct becomes, and what is said of what is wrong."""

import re
from html import unescape

import pytest

from hfcourse.lessons.markup.markdown import RenderedLesson, render_lesson
from hfcourse.text.typography import typeset_french
from tests.support.lessons import BODY_FIRST_LINE, FRONT_MATTER, LESSON_FIGURES, list_lint_messages, render_lesson_body
from tests.support.plain_typography import untypeset


def body_of(rendered: RenderedLesson) -> str:
    """The HTML between the head and the key points."""
    head, foot = '<div class="lesson-summary">.*?</div>\n</div>\n', '<h2 id="a-retenir">.*'
    return re.sub(foot, "", re.sub(head, "", rendered.html, flags=re.DOTALL), flags=re.DOTALL)


def words(rendered: RenderedLesson) -> str:
    return "\n".join(body_of(rendered).split("\n")[1:]).strip()


def test_the_front_matter_is_read_and_typeset():
    front = render_lesson_body("").front
    assert (front.number, front.slug, front.minutes, str(front.reviewed)) == ("3.9", "3-9-essai", 6, "2026-11-22")
    assert front.title == "L’essai\u00a0: un"


def test_a_sound_lesson_has_no_fault():
    assert list_lint_messages(render_lesson_body("## Un titre\n\nDu texte.\n\n::: edition\nCeci.\n:::\n")) == []


def test_the_first_paragraph_is_the_lede():
    assert body_of(render_lesson_body("Suite.")) == '<p class="lead">Un chapeau.</p>\n<p>Suite.</p>\n'


def test_sections_are_numbered_in_the_margin_and_subsections_are_not():
    rendered = render_lesson_body("## Créer une clé d'API (Access Token)\n\n### Détail\n\n## Œuvre\n")
    assert (
        '<h2 id="creer-une-cle-d-api-access-token"><span class="margin-label">1</span> Créer une clé d’API'
        in rendered.html
    )
    assert '<h3 id="detail">Détail</h3>' in rendered.html
    assert [(one.anchor, one.number) for one in rendered.sections[:2]] == [
        ("creer-une-cle-d-api-access-token", 1), ("oeuvre", 2),
    ]  # fmt: skip
    assert rendered.anchors == {"creer-une-cle-d-api-access-token", "detail", "oeuvre", "a-retenir"}


def test_an_emoji_before_a_heading_is_not_in_its_id():
    assert render_lesson_body("## 🔍 Fiche d’un modèle\n").sections[0].anchor == "fiche-d-un-modele"


def test_an_ordered_list_is_a_list_of_steps_that_may_hold_a_block():
    html = words(
        render_lesson_body(
            "1. Ouvrez la page.\n\n   ::: note\n   Un détail.\n   :::\n2. Tapez :\n   ```bash\n   ls\n   ```\n"
        )
    )
    assert html.startswith('<ol class="steps">\n<li>\n<p>Ouvrez la page.</p>\n<div class="callout callout--note"')
    assert '<pre data-lang="bash"' in html


def test_a_tight_list_of_steps_still_has_paragraphs():
    assert "<li>\n<p>Un</p>\n</li>" in words(render_lesson_body("1. Un\n2. Deux\n"))
    assert "<li>Un</li>" in words(render_lesson_body("- Un\n- Deux\n"))


@pytest.mark.parametrize(
    ("name", "kind", "label"), [("note", "note", "À noter"), ("attention", "warning", "Attention")]
)
def test_a_callout_has_a_shape_an_icon_and_a_label(name: str, kind: str, label: str):
    html = words(render_lesson_body(f"::: {name}\nUn **mot**.\n:::\n"))
    assert html.startswith(
        f'<div class="callout callout--{kind}" role="note">\n<p class="callout-label"><span class="margin-label"><svg'
    )
    assert f"</span>{label}</p>\n<p>Un <strong>mot</strong>.</p>" in html


def test_a_figure_is_inlined_and_opens_large_where_it_has_no_narrow_drawing():
    html = words(render_lesson_body("::: figure Jetons.svg\nLa page. **1** le bouton.\n:::\n"))
    assert html.startswith(
        '<figure class="wide figure"><svg viewBox="0 0 8 4"><title id="t">La page des jetons</title>'
    )
    assert '<a href="/static/figures/Jetons.svg">Ouvrir la figure en grand</a>' in html
    assert "<figcaption>La page. <strong>1</strong>\u00a0le bouton.</figcaption></figure>" in html


def test_code_is_highlighted_and_never_typeset():
    html = words(render_lesson_body("```python\nprint('a : b')  # quoi ?\n```\n"))
    assert '<div class="code wide">' in html
    assert "<span>Python</span>" in html
    assert """<span class="s1">'a : b'</span>""" in html
    assert '<span class="c1"># quoi ?</span>' in html


def code(html: str) -> str:
    """The words of the one block of code."""
    return unescape(re.sub(r"<[^>]+>", "", html.partition("<code>")[2].partition("</code>")[0]))


def test_a_file_is_shown_whole_without_its_marks_under_its_name():
    rendered = render_lesson_body("```python mini/app.py\n```\n")
    assert list_lint_messages(rendered) == []
    assert code(rendered.html) == ('import os\n\n@app.get("/")\ndef page():\n    return "oui"\n\n\ndef ask(): ...\n')
    assert "<span>app.py</span>" in rendered.html
    assert 'aria-label="Copier le code\u00a0: app.py"' in rendered.html
    assert '<pre data-lang="python"' in rendered.html


def test_a_part_of_a_file_is_what_stands_between_its_marks():
    assert (
        code(render_lesson_body("```python mini/app.py page\n```\n").html)
        == '@app.get("/")\ndef page():\n    return "oui"\n'
    )
    assert code(render_lesson_body("```html mini/page.html titre\n```\n").html) == "<h1>Oui</h1>\n"


def test_a_part_inside_a_function_moves_to_the_left():
    assert code(render_lesson_body("```python mini/app.py corps\n```\n").html) == 'return "oui"\n'


def test_a_file_may_stand_in_tabs():
    html = render_lesson_body("::: onglets Un\n```python mini/app.py corps\n```\n:::\n").html
    assert code(html) == 'return "oui"\n'


def test_what_no_style_is_for_weighs_nothing():
    html = render_lesson_body('```javascript\nconst app = "a";\n```\n').html
    assert '<span class="kd">const</span> app = <span class="s2">"a"</span>;' in html


TABS = "::: onglets Saluer\n```python\na\n```\n```javascript\nb\n```\n```bash\ncurl c\n```\n:::\n"


def test_languages_side_by_side_are_radio_buttons_of_a_name_of_their_own():
    html = words(render_lesson_body(TABS + "\n" + TABS))
    assert html.count('data-sync="langage"') == 2
    assert '<input type="radio" name="langage-1" value="python" checked>' in html
    assert '<input type="radio" name="langage-2" value="curl">cURL' in html
    assert html.count(" checked") == 2
    assert '<pre data-lang="curl"' in html
    assert html.count('class="button copy-button"') == 2


def test_commands_of_two_shells_are_tabs_by_system():
    html = words(render_lesson_body("::: onglets Installer\n```bash\nls\n```\n```powershell\ndir\n```\n:::\n"))
    assert '<input type="radio" name="langage-1" value="bash" checked>Linux, macOS' in html
    assert '<input type="radio" name="langage-1" value="powershell">Windows' in html
    assert '<pre data-lang="bash"' in html
    assert '<pre data-lang="powershell"' in html


def test_tabs_of_two_shells_hold_no_other_language():
    source = "::: onglets Installer\n```python\n1\n```\n```powershell\ndir\n```\n:::\n"
    assert [fault.partition(": ")[2] for fault in list_lint_messages(render_lesson_body(source))] == [
        "« python » n'a pas d'onglet."
    ]


def test_tabs_of_shells_are_named_after_the_systems_that_have_them():
    blocks = "```bash\na\n```\n```powershell\nb\n```\n```batch\nc\n```\n"
    html = words(render_lesson_body(f"::: onglets Installer\n{blocks}:::\n"))
    assert '<input type="radio" name="langage-1" value="bash" checked>Linux, macOS' in html
    assert '<input type="radio" name="langage-1" value="powershell">Windows (PowerShell)' in html
    assert '<input type="radio" name="langage-1" value="batch">Windows (cmd)' in html
    for language in ("bash", "powershell", "batch"):
        assert f'<pre data-lang="{language}"' in html


def test_try_it_is_a_link_to_the_form_and_only_the_first_is_the_next_step():
    block = "::: essayez hfcourse/entrainement /saluer\nDonnez un prénom.\n:::\n"
    rendered = render_lesson_body(block + "\n" + block)
    assert rendered.html.count('href="/espaces/hfcourse/entrainement?endpoint=/saluer"') == 2
    assert rendered.html.count(" data-try>") == 2
    assert rendered.html.count('class="button button--primary"') == 2  # the button of the first, and its link
    assert [link.line for link in rendered.links] == [BODY_FIRST_LINE, BODY_FIRST_LINE + 4]


def test_a_table_scrolls_and_needs_no_inline_style():
    html = words(render_lesson_body("| État | Durée |\n| --- | --: |\n| Endormi | 48 |\n"))
    assert html.startswith(
        '<div class="scroll-region" tabindex="0" role="group" aria-label="Tableau\u00a0: État, Durée"><table'
    )
    assert '<th scope="col" class="numeric">Durée</th>' in html
    assert '<td class="numeric">48</td>' in html
    assert "style=" not in html


def test_words_of_another_language_say_so():
    assert '<strong><span lang="en">Create</span></strong>' in render_lesson_body("**[Create]{lang=en}**\n").html


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
    assert words(render_lesson_body(source)) == f"<p>{html}</p>"


def test_raw_html_is_text_and_a_fault():
    rendered = render_lesson_body("Un\n<script>alert(1)</script>\n")
    assert "&lt;script&gt;" in rendered.html
    assert "<script" not in rendered.html
    assert list_lint_messages(rendered)[0] == f"{BODY_FIRST_LINE + 1}: du HTML (<script>) s'affiche tel quel."


def test_a_link_may_not_run_a_script():
    rendered = render_lesson_body("[x](javascript:alert)\n")
    assert "href" not in rendered.html
    assert "ne sont pas compris" in list_lint_messages(rendered)[0]


def test_an_unknown_block_is_shown_as_a_note():
    rendered = render_lesson_body("Avant.\n\n::: astuce\nUn détail.\n:::\n")
    assert list_lint_messages(rendered) == [f"{BODY_FIRST_LINE + 2}: le bloc « ::: astuce » est inconnu."]
    assert "callout callout--note" in rendered.html
    assert "Un détail." in rendered.html


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("::: figure Jeton.svg\nLa page.\n:::\n", "la figure « Jeton.svg » est introuvable."),
        ("::: figure Jetons.svg\nUn.\n\nDeux.\n:::\n", "la légende d'une figure n'est pas un seul paragraphe."),
        ("::: onglets Appeler\nDu texte.\n:::\n", "des onglets n'ont aucun bloc de code."),
        ("::: onglets\n```python\n1\n```\n:::\n", "des onglets n'ont pas de titre."),
        ("::: essayez saluer\nUn essai.\n:::\n", "un bloc essayez ne nomme pas d'endpoint."),
        ("::: essayez saluer /saluer\nUn essai.\n:::\n", "« saluer » n'est pas un nom de Space."),
        ("::: essayez a/../b /saluer\nUn essai.\n:::\n", "« a/../b » n'est pas un nom de Space."),
        ("::: essayez a/b saluer\nUn essai.\n:::\n", "« saluer » n'est pas un nom d'endpoint."),
        (
            "::: essayez a/b /f prenom=Awa vite\nUn.\n:::\n",
            "« prenom=Awa vite », après l'endpoint, n'est pas compris.",
        ),
        ("::: note\nJamais fermé.\n", "le bloc « ::: note » n'est jamais fermé."),
        ("::: note\n:::\n", "le bloc « ::: note » est vide."),
        ("::: note Titre\nTexte.\n:::\n", "« Titre », après ::: note, n'est pas affiché."),
        ("```\nsans langage\n```\n", "un bloc de code ne nomme pas son langage."),
        ("```cobol\nx\n```\n", "le langage « cobol » d'un bloc de code est inconnu."),
        ("```python mini/apq.py\n```\n", "le fichier « mini/apq.py » est introuvable."),
        ("```python autre/chose.py\n```\n", "le fichier « autre/chose.py » est introuvable."),
        ("```python mini/app.py pages\n```\n", "le fichier mini/app.py n'a pas de partie « pages »."),
        ("```python mini/app.py envoi\n```\n", "le fichier mini/app.py n'a pas de partie « envoi »."),
        ("```html mini/page.html page\n```\n", "le fichier mini/page.html n'a pas de partie « page »."),
        (
            "```python mini/app.py page corps\n```\n",
            "« corps », après un fichier et sa partie, n'est pas compris.",
        ),
        (
            "```python mini/app.py page\n1\n```\n",
            "un bloc de code montre le fichier mini/app.py et contient d'autres lignes, que personne ne verrait.",
        ),
        ("# Titre\n", "un titre est de niveau 1."),
        ("4. quatre\n", "des étapes ne commencent pas à 1."),
        (
            "![un chat](https://ailleurs.example/chat.png)\n",
            "l'image https://ailleurs.example/chat.png n'est pas affichée.",
        ),
        ("[x](autre.html)\n", "le lien « autre.html » ne mène nulle part."),
        ("[x](//ailleurs.example)\n", "le lien « //ailleurs.example » ne mène nulle part."),
        ("[mot]{.rouge}\n", "des mots entre [...]{...} disent autre chose que leur langue ou leur fait."),
    ],
)
def test_a_fault_is_told_with_its_line_and_the_page_still_renders(body: str, what: str):
    rendered = render_lesson_body(body)
    assert list_lint_messages(rendered) == [f"{BODY_FIRST_LINE}: {what}"]
    assert all(fault.advice for fault in rendered.lint_errors)
    assert rendered.html.startswith('<p class="lead">Un chapeau.</p>')


@pytest.mark.parametrize(
    ("language", "wrong"),
    [("json", "« json » n'a pas d'onglet."), ("python", "des onglets ont deux blocs « python ».")],
)
def test_tabs_hold_each_language_of_a_call_once(language: str, wrong: str):
    rendered = render_lesson_body(f"::: onglets Appeler\n```python\n1\n```\n```{language}\n2\n```\n:::\n")
    assert list_lint_messages(rendered) == [f"{BODY_FIRST_LINE + 4}: {wrong}"]


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("mini/apq.py", "Vouliez-vous écrire « mini/app.py » ?"),
        ("autre/chose.txt", "Mettez-le dans un dossier de hfcourse/content."),
        ("mini/app.py pages", "Ses parties sont page, corps, envoi, jamais-fermé."),
        ("mini/app.py envoi", "Ouvrez-la par un commentaire >>> envoi, fermez-la par <<< envoi."),
    ],
)
def test_a_missing_file_or_part_is_told_with_what_there_is(words: str, mend: str):
    assert untypeset(render_lesson_body(f"```python {words}\n```\n").lint_errors[0].advice) == mend


def test_a_near_name_is_suggested_for_a_missing_figure():
    [fault] = render_lesson_body("::: figure Jeton.svg\nLa page.\n:::\n").lint_errors
    assert fault.advice == typeset_french("Vouliez-vous écrire « Jetons.svg » ?")


def test_two_headings_of_one_text_are_a_fault_and_have_two_ids():
    rendered = render_lesson_body("## Suite\n\n## Suite\n")
    assert list_lint_messages(rendered) == [
        f"{BODY_FIRST_LINE + 2}: l'identifiant « suite » de ce titre est déjà pris dans la leçon."
    ]
    assert rendered.anchors == {"suite", "suite-2", "a-retenir"}


def test_an_image_of_another_host_is_never_loaded():
    html = render_lesson_body("![un chat](https://ailleurs.example/chat.png)\n").html
    assert "ailleurs.example" not in html
    assert "un chat" in html


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (
            "exercise_minutes = 5",
            'exercise_minutes = "cinq"',
            "7: le champ « exercise_minutes » de l'en-tête est mal écrit.",
        ),
        (
            "reading_minutes = 1",
            "reading_minutes = true",
            "6: le champ « reading_minutes » de l'en-tête est mal écrit.",
        ),
        (
            "reviewed = 2026-11-22",
            "reviewed = 2026-11-22T10:00:00",
            "11: le champ « reviewed » de l'en-tête est mal écrit.",
        ),
        ("sources_dated = 2026-08-22\n", "", "1: le champ « sources_dated » manque dans l'en-tête."),
        ('"Lire.", ', "", "8: le champ « objectives » de l'en-tête est mal écrit."),
        ('"Lire."', "7", "8: le champ « objectives » de l'en-tête est mal écrit."),
        ('"Lire."', '"Lire.\\n\\nEncore."', "8: le champ « objectives » de l'en-tête est mal écrit."),
        ('"Lire."', '"- Lire."', "8: une ligne de « objectives » n'est pas une seule phrase."),
        ('["Un navigateur."]', "[]", "9: le champ « prerequisites » de l'en-tête est mal écrit."),
        ('"Deux.", ', '"[Deux](deux.html).", ', "10: le lien « deux.html » ne mène nulle part."),
        ('"Deux.", ', '"> Deux.", ', "10: une ligne de « key_points » n'est pas une seule phrase."),
        (
            "reading_minutes = 1",
            "reading_minutes = 9",
            "6: reading_minutes vaut 9, alors que le texte se lit en 1 min environ.",
        ),
        ('slug = "3-9-essai"', 'slug = "3.9 Essai"', "3: le champ « slug » de l'en-tête est mal écrit."),
        ('summary = "Une phrase."\n', "", "1: le champ « summary » manque dans l'en-tête."),
        ("exercise_minutes = 5", "auteur = 1", "7: l'en-tête a un champ inconnu, « auteur »."),
        (
            "reading_minutes = 1",
            "reading_minutes = = 1",
            "6: ce n'est pas du TOML : cette valeur n'est ni un texte entre guillemets, ni un nombre, ni une date, "
            "ni true ou false, à la colonne 19.",
        ),
    ],
)
def test_a_wrong_field_is_told_with_its_line(before: str, after: str, fault: str):
    rendered = render_lesson(FRONT_MATTER.replace(before, after), LESSON_FIGURES, {})
    assert fault in list_lint_messages(rendered)
    assert "Un chapeau." in rendered.html


def test_a_lesson_without_front_matter_is_still_rendered():
    rendered = render_lesson("Bonjour.\n", {}, {})
    assert list_lint_messages(rendered) == ["1: l'en-tête manque."]
    assert rendered.html == '<p class="lead">Bonjour.</p>\n'


def test_a_character_that_is_not_utf8_is_told():
    assert list_lint_messages(render_lesson_body("Un mot\ufffd.\n")) == [
        f"{BODY_FIRST_LINE}: un caractère est illisible."
    ]


def test_a_lesson_that_begins_with_a_heading_has_no_lede():
    rendered = render_lesson(FRONT_MATTER.replace("Un chapeau.", "## Titre"), {}, {})
    assert [fault.problem for fault in rendered.lint_errors] == ["la leçon ne commence pas par un paragraphe."]
