"""The language classifier: right on sentences it never saw, and no surer of itself than it should be."""

import pytest

from hfcourse.practice.classifier import LanguageClassifier, read_sentences

# Written for this test, and kept out of the data: what it has learnt must serve for other words.
UNSEEN = {
    "français": [
        "Le plombier viendra réparer la fuite demain matin.",
        "Où avez-vous garé la voiture hier ?",
        "Cette recette demande trois cuillères de farine.",
        "Ma cousine rêve de devenir pilote.",
        "Les voisins organisent une fête pour le quartier.",
        "Il a plu toute la nuit sur les toits de la ville.",
        "Je cherche un cadeau pour l'anniversaire de mon père.",
        "La chèvre a mangé toutes les fleurs du balcon.",
    ],
    "anglais": [
        "The plumber will come to fix the leak tomorrow.",
        "Where did you park the car yesterday?",
        "This recipe needs three spoons of flour.",
        "My cousin dreams of becoming a pilot.",
        "We are looking for a birthday present for our father.",
        "The goat ate all the flowers on the balcony.",
        "Nobody told me that the shop was closed.",
        "They were laughing so loudly that we heard them upstairs.",
    ],
    "espagnol": [
        "El fontanero vendrá a reparar la fuga mañana.",
        "¿Dónde aparcaste el coche ayer?",
        "Esta receta necesita tres cucharadas de harina.",
        "Mi prima sueña con ser piloto.",
        "Los vecinos organizan una fiesta para el barrio.",
        "Busco un regalo para el cumpleaños de mi padre.",
        "La cabra se comió todas las flores del balcón.",
        "Nadie me dijo que la tienda estaba cerrada.",
    ],
    "allemand": [
        "Der Klempner kommt morgen und repariert das Rohr.",
        "Wo hast du gestern das Auto geparkt?",
        "Für dieses Rezept braucht man drei Löffel Mehl.",
        "Meine Kusine träumt davon, Pilotin zu werden.",
        "Ich suche ein Geschenk für den Geburtstag meines Vaters.",
        "Die Ziege hat alle Blumen auf dem Balkon gefressen.",
        "Niemand hat mir gesagt, dass der Laden geschlossen ist.",
        "Sie lachten so laut, dass wir sie oben hörten.",
    ],
    "italien": [
        "L'idraulico verrà domani a riparare la perdita.",
        "Dove hai parcheggiato la macchina ieri?",
        "Per questa ricetta servono tre cucchiai di farina.",
        "Mia cugina sogna di diventare pilota.",
        "I vicini organizzano una festa per il quartiere.",
        "Cerco un regalo per il compleanno di mio padre.",
        "La capra ha mangiato tutti i fiori del balcone.",
        "Nessuno mi ha detto che il negozio era chiuso.",
    ],
    "portugais": [
        "O canalizador vem amanhã arranjar a fuga de água.",
        "Onde é que estacionaste o carro ontem?",
        "Esta receita leva três colheres de farinha.",
        "A minha prima sonha ser piloto de avião.",
        "Os vizinhos organizam uma festa para o bairro.",
        "Procuro uma prenda para os anos do meu pai.",
        "A cabra comeu todas as flores da varanda.",
        "Ninguém me disse que a loja estava fechada.",
    ],
    "néerlandais": [
        "De loodgieter komt morgen het lek herstellen.",
        "Waar heb je gisteren de auto geparkeerd?",
        "Voor dit recept heb je drie lepels meel nodig.",
        "Mijn nicht droomt ervan om piloot te worden.",
        "De buren geven een feest voor de hele wijk.",
        "Ik zoek een cadeau voor de verjaardag van mijn vader.",
        "De geit heeft alle bloemen van het balkon opgegeten.",
        "Niemand zei me dat de winkel dicht was.",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def classifier() -> LanguageClassifier:
    return LanguageClassifier(read_sentences())


def guess(classifier: LanguageClassifier, text: str) -> str:
    confidences = classifier.compute_confidences(text)
    return max(confidences, key=confidences.__getitem__)


def test_classifier_has_sixty_different_sentences_in_each_language():
    sentences = read_sentences()

    assert set(sentences) == set(UNSEEN)
    assert all(len(set(lines)) >= 60 for lines in sentences.values())


def test_classifier_is_right_on_sentences_it_never_saw(classifier):
    known = {line for lines in read_sentences().values() for line in lines}
    cases = [(text, language) for language, texts in UNSEEN.items() for text in texts]

    assert not known & {text for text, _ in cases}
    right = sum(guess(classifier, text) == language for text, language in cases)
    assert right / len(cases) >= 0.95


def test_classifier_is_right_on_each_fifth_of_its_data_after_learning_the_rest():
    sentences = read_sentences()
    right = total = 0
    for part in range(5):
        learnt = {language: [s for i, s in enumerate(lines) if i % 5 != part] for language, lines in sentences.items()}
        classifier = LanguageClassifier(learnt)
        for language, lines in sentences.items():
            right += sum(guess(classifier, line) == language for line in lines[part::5])
            total += len(lines[part::5])

    assert right / total >= 0.95


def test_confidences_are_probabilities(classifier):
    for text in ("Le chat dort.", "a", "x" * 5000, "Bonjour, how are you, wie geht es dir?"):
        confidences = classifier.compute_confidences(text)
        assert sum(confidences.values()) == pytest.approx(1)
        assert all(0 <= value <= 1 for value in confidences.values())


def test_confidence_of_the_classifier_is_about_how_often_it_is_right():
    sentences = read_sentences()
    learnt = {language: lines[::2] for language, lines in sentences.items()}
    classifier = LanguageClassifier(learnt)
    right = total = confidence = 0.0
    for language, lines in sentences.items():
        for line in lines[1::2]:
            confidences = classifier.compute_confidences(" ".join(line.split()[1:3]))
            best = max(confidences, key=confidences.__getitem__)
            right, total, confidence = right + (best == language), total + 1, confidence + confidences[best]

    assert abs(confidence / total - right / total) < 0.1


@pytest.mark.parametrize("text", ["pan", "no", "a", "son"])
def test_a_word_of_several_languages_leaves_it_in_doubt(classifier, text):
    assert max(classifier.compute_confidences(text).values()) < 0.8


@pytest.mark.parametrize("text", ["", "   ", "123 456", "?!…", "你好", "😀"])
def test_a_text_without_a_letter_it_knows_has_no_confidence(classifier, text):
    assert classifier.compute_confidences(text) == {}


@pytest.mark.parametrize(
    ("sentence", "language"), [("I love pizza", "italien"), ("Der Zug fährt heute nicht", "allemand")]
)
def test_what_lesson_31_predicts_is_what_it_answers(sentence: str, language: str) -> None:
    confidences = LanguageClassifier(read_sentences()).compute_confidences(sentence)
    assert confidences[language] > 0.95
