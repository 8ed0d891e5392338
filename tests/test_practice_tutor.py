"""What the practice Space says of the course: lessons read as plain text, searched, quoted, followed up."""

from pathlib import Path

import pytest

from hfcourse.practice.tutor.answers import MAX_EXCERPT_CHARACTERS, Tutor, TutorMemory, cut_excerpt
from hfcourse.practice.tutor.course_text import read_course, strip_markdown
from hfcourse.practice.tutor.french_text import extract_stems, fold_french, split_words, stem_word, typeset

CONTENT = Path(__file__).parents[1] / "hfcourse" / "content"
BREAD = """+++
number = "1.1"
title  = "Le pain"
+++

Le pain est un aliment très ancien. On le fait avec de la farine, de l'eau et du sel.

## Pétrir la pâte

Voici comment pétrir :

1. Mélangez la **farine** et l'eau.
2. Pliez la pâte, puis [tournez-la](/ailleurs).

Recommencez pendant dix minutes. Le mot [dough]{lang=en} veut dire pâte.

::: figure pain.svg
Une légende que personne ne doit citer.
:::

```python
print("du code non plus")
```

## Cuire

::: note
Un four est une boîte chaude. Le *four* se règle à `240` degrés !
:::

::: edition
On cuisait jadis au charbon.
:::

Laissez refroidir. Voyez ce que donne un essai :

::: essayez hfcourse/entrainement /saluer
Un essai que personne ne doit citer.
:::

:::: exercice Trancher
Un exercice que personne ne doit citer.

::: solution
Une solution non plus.
:::

Ni la fin de l'exercice.
::::

Ceci annonce du code :

```sh
couper pain
```

Coupez le pain.
"""
CHEESE = """+++
number = "1.2"
title  = "Le fromage"
+++

## Page « Affinage »

Un fromage est un lait caillé. On le garde à la cave pendant six mois.

| Fromage | Durée |
| --- | --- |
| Comté | douze mois |

## Sources

- Un livre sur les fromages.
"""


@pytest.fixture
def sections(tmp_path):
    (tmp_path / "11-pain.md").write_text(BREAD, encoding="utf-8")
    (tmp_path / "12-fromage.md").write_text(CHEESE, encoding="utf-8")
    (tmp_path / "LISEZMOI.md").write_text("Pas une leçon.", encoding="utf-8")
    return read_course(tmp_path)


@pytest.fixture
def ask(sections):
    """Asks within one conversation."""
    tutor, memory = Tutor(sections), TutorMemory()
    return lambda message: tutor.answer_message(message, memory)


# --- reading


def test_lessons_are_cut_into_sections_in_order(sections):
    assert [(section.lesson, section.heading) for section in sections] == [
        ("1.1", "Introduction"),
        ("1.1", "Pétrir la pâte"),
        ("1.1", "Cuire"),
        ("1.2", "Page «\u00a0Affinage\u00a0»"),
    ]


def test_markdown_becomes_the_words_that_are_read(sections):
    assert sections[1].passages == (
        "Voici comment pétrir\u00a0:\n1. Mélangez la farine et l’eau.\n2. Pliez la pâte, puis tournez-la.",
        "Recommencez pendant dix minutes. Le mot dough veut dire pâte.",
    )
    assert sections[2].passages == (
        "Un four est une boîte chaude. Le four se règle à 240 degrés\u202f!",
        "Laissez refroidir.",
        "Coupez le pain.",
    )
    assert sections[3].passages[1] == "Fromage — Durée\nComté — douze mois"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("🔍 Fiche", "Fiche"),
        ("**[Create]{lang=en}**", "Create"),
        ("a * b", "a * b"),
        ("`gr.Error` et ![x](y.svg)", "gr.Error et x"),
    ],
)
def test_inline_marks_are_removed(markdown, text):
    assert strip_markdown(markdown) == text


def test_a_folder_without_lessons_is_an_empty_course(tmp_path):
    assert read_course(tmp_path) == []
    assert "aucune leçon" in Tutor([]).answer_message("Qu'est-ce que le pain ?", TutorMemory())


# --- French


def test_words_are_compared_without_accents_endings_or_empty_words():
    assert fold_french("Œuvre CRÉÉE") == "oeuvre creee"
    assert extract_stems("Comment créer des jetons ?") == extract_stems("la création d'un jeton") == ["cre", "jeton"]
    assert stem_word("fondateurs") == stem_word("fondee") == stem_word("fondent") == "fond"


def test_text_is_typeset_as_french_is():
    assert typeset("L'eau : « oui » !") == "L’eau\u00a0: «\u00a0oui\u00a0»\u202f!"


# --- answering


@pytest.mark.parametrize(
    ("question", "place", "quoted"),
    [
        ("Qu'est-ce que le pain ?", "Leçon 1.1, «\u00a0Introduction\u00a0»", "Le pain est un aliment"),
        ("Comment petrir la pate ?", "Leçon 1.1, «\u00a0Pétrir la pâte\u00a0»", "1. Mélangez la farine"),
        ("c'est quoi un four", "Leçon 1.1, «\u00a0Cuire\u00a0»", "boîte chaude"),
        ("fromages ?", "Leçon 1.2, «\u00a0Page “Affinage”\u00a0»", "lait caillé"),
        ("Que veut dire fromaje ?", "Leçon 1.2", "lait caillé"),
    ],
)
def test_tutor_quotes_the_passage_and_names_its_section(ask, question, place, quoted):
    answer = ask(question)

    assert answer.startswith(place)
    assert quoted in answer


@pytest.mark.parametrize("question", ["Qui est Victor Hugo ?", "Quelle est la capitale de l'Italie ?", "2 + 2"])
def test_tutor_says_when_the_course_does_not_speak_of_it(ask, question):
    answer = ask(question)

    assert "aliment" not in answer
    assert "1.1, «\u00a0Le pain\u00a0»\u202f; 1.2, «\u00a0Le fromage\u00a0»" in answer


@pytest.mark.parametrize("more", ["et ensuite ?", "Et pourquoi ?", "tu peux préciser ?", "continue"])
def test_a_follow_up_quotes_what_comes_next(ask, more):
    ask("Comment pétrir la pâte ?")

    assert "Recommencez pendant dix minutes" in ask(more)
    assert ask(more).startswith("Leçon 1.1, «\u00a0Cuire\u00a0»")


def test_what_an_earlier_edition_said_is_never_quoted(sections):
    quoted = "\n".join(passage for section in sections for passage in section.passages)
    assert not {"bois", "gaz", "charbon", "exercice", "solution", "annonce", "essai"} & set(split_words(quoted))


def test_a_follow_up_stops_at_the_end_of_the_lesson(ask):
    ask("Qu'est-ce qu'un fromage ?")
    ask("et ensuite ?")

    assert "La leçon 1.2 s’arrête là" in ask("et ensuite ?")


def test_a_follow_up_to_nothing_introduces_the_course(ask):
    assert "Ses leçons" in ask("et ensuite ?")
    assert ask("Bonjour !").startswith("Bonjour\u202f!")


def test_a_short_question_leans_on_the_one_before(ask):
    ask("Combien de temps cuire le pain ?")

    assert ask("Et pour le fromage ?").startswith("Leçon 1.2")


def test_tutor_remembers_its_questions(ask):
    assert "premier message" in ask("Quelle était ma première question ?")
    ask("Qu'est-ce qu'un four ?")

    assert "«\u00a0Qu’est-ce qu’un four\u202f?\u00a0»" in ask("Quelle était ma question précédente ?")


def test_a_long_conversation_keeps_its_first_question_only(sections):
    tutor, memory = Tutor(sections), TutorMemory()
    for number in range(120):
        tutor.answer_message(f"question {number}", memory)

    assert len(memory.questions) == 10
    assert "«\u00a0question 0\u00a0»" in tutor.answer_message("Quelle était ma première question ?", memory)


def test_a_long_passage_is_cut_at_its_sentences():
    passage = " ".join(f"Phrase {number} sans intérêt aucun." for number in range(60)) + " Le four chauffe."
    cut = cut_excerpt(passage, "four")

    assert cut.startswith("… Phrase")
    assert cut.endswith("Le four chauffe.")
    assert len(cut) <= MAX_EXCERPT_CHARACTERS + 4
    assert cut_excerpt("x" * 2000, "four") == "x" * MAX_EXCERPT_CHARACTERS + " …"


# --- the real course


@pytest.mark.parametrize(
    ("question", "lesson", "quoted"),
    [
        ("Qu'est-ce qu'un Space ?", "3.", "Un Space est une mini-application"),
        ("Qui a fondé Hugging Face ?", "3.1", "Delangue"),
        ("Comment créer un jeton ?", "3.2", "1. Connectez-vous"),
        ("Comment tester un Space ?", "3.3", "1. Sur"),
        ("Qu'est-ce que cURL ?", "3.2", "cURL, un outil"),
        ("Quelle est la recette des crêpes ?", "", "Je n’ai rien trouvé"),
        ("Qui a gagné la coupe du monde ?", "", "Je n’ai rien trouvé"),
    ],
)
def test_tutor_answers_from_the_real_course(question, lesson, quoted):
    answer = Tutor(read_course(CONTENT)).answer_message(question, TutorMemory())

    assert quoted in answer
    assert not lesson or answer.startswith(f"Leçon {lesson}")


def test_what_there_is_to_do_is_not_quoted_nor_what_is_for_the_instructor(tmp_path: Path):
    blocks = (
        "::: quiz\nQuelle pâte ?\n\n- [x] La juste.\n  > Oui.\n- [ ] La fausse.\n  > Non.\n:::",
        "::: checklist\n- La liste.\n:::",
        ":::: exercice Pétrir\nÉnoncé.\n\n::: solution\nLa solution.\n:::\n::::",
        "::: enseignant 5 min\nUn conseil.\n:::",
    )
    (tmp_path / "11.md").write_text(BREAD + "\n## Vérifier\n\n" + "\n\n".join(blocks), encoding="utf-8")
    assert [section.heading for section in read_course(tmp_path)] == ["Introduction", "Pétrir la pâte", "Cuire"]
    passages = [passage for section in read_course(CONTENT) for passage in section.passages]
    assert not [passage for passage in passages if "[x]" in passage or "[ ]" in passage]
