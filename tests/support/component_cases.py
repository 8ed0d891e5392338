"""For every component: what a student types, and the JSON that gradio_client would have to be given for the same.

`typed` is by control, without its `arg-`: words, the labels of choices, files. `sent` is one value per
parameter, with an `Upload` where the file goes. Each case is an endpoint of an app in spaces/apps/.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.support.form_filling import Upload

RED, BLUE, GREEN = Upload("rouge.png"), Upload("bleu.jpg"), Upload("vert.webp")
SOUND, FILM, CUBE = Upload("été.wav"), Upload("film.mp4"), Upload("cube.glb")
NOTE, CITIES, PAGE = Upload("note.txt"), Upload("villes.csv"), Upload("page.pdf")
TRICKY = "L’été <b>« déjà »</b> & 100 % 🎈 \\n {{ x }}"


@dataclass(frozen=True)
class Case:
    """One call of one endpoint, in the versions of Gradio that have it so."""

    app: str
    endpoint: str
    typed: dict[str, Any] = field(default_factory=dict)
    sent: tuple[Any, ...] = ()
    since: int = 4
    until: int = 6

    def __str__(self) -> str:
        return f"{self.app}-{self.endpoint}"


def one(app: str, endpoint: str, typed: Any, sent: Any, *, since: int = 4, until: int = 6) -> Case:
    """A call of an endpoint whose only parameter is `value`; `typed` may name its parts."""
    parts = typed if isinstance(typed, dict) else {"": typed}
    controls = {"value" + (f"-{part}" if part else ""): typed for part, typed in parts.items()}
    return Case(app, endpoint, controls, (sent,), since, until)


def message(role: str, text: str) -> dict[str, Any]:
    content = [{"text": text, "type": "text"}]
    return {"role": role, "metadata": None, "content": content, "options": None}


def old_message(role: str, text: str) -> dict[str, Any]:
    """As Gradio 4 and 5 take it."""
    return {"role": role, "content": text}


TEXTS = [
    one("textes", "ligne", TRICKY, TRICKY),
    one("textes", "lignes", "Un\n\n  Deux\n", "Un\n\n  Deux\n"),
    one("textes", "adresse", "awa@exemple.fr", "awa@exemple.fr"),
    one("textes", "secret", "  mot de passe ", "  mot de passe "),
    one("textes", "code", "def f():\n\treturn 1\n", "def f():\n\treturn 1\n"),
    one("textes", "markdown", "# Titre\n\n*x*", "# Titre\n\n*x*"),
    one("textes", "html", "<p title='x'>é</p> &", "<p title='x'>é</p> &"),
    one("textes", "json", '{"a": [1, 2.5, null, true, "é"], "b": {}}', {"a": [1, 2.5, None, True, "é"], "b": {}}),
    one("textes", "json", "[]", []),
    one("textes", "couleur", "#00ff7f", "#00ff7f"),
    one("textes", "couleur_libre", "rgba(255, 0, 0, 0.5)", "rgba(255, 0, 0, 0.5)"),
    one("textes", "etiquette", "chat", {"label": "chat", "confidences": None}),
    one(
        "textes",
        "surligne",
        '[{"token": "Awa", "class_or_confidence": "nom"}, {"token": " dort", "class_or_confidence": null}]',
        [{"token": "Awa", "class_or_confidence": "nom"}, {"token": " dort", "class_or_confidence": None}],
    ),
]
NUMBERS = [
    one("nombres", "nombre", "2,75", 2.75),
    one("nombres", "nombre", "-1e3", -1000),
    one("nombres", "nombre", "", None),
    one("nombres", "entier", "495", 495),
    one("nombres", "reglette", "-0,75", -0.75),
    one("nombres", "case", True, True),
    one("nombres", "case", False, False),
    one("nombres", "date", "2024-02-29", "2024-02-29"),
    one("nombres", "moment", "2024-02-29T23:59:58", "2024-02-29 23:59:58"),
    one("nombres", "moment", "2024-02-29T05:20", "2024-02-29 05:20:00"),
    one("nombres", "instant", "2025-07-14T00:00:00", "2025-07-14 00:00:00"),
    one("nombres", "minuterie", "3", 3),
    Case(
        "nombres",
        "calculer",
        {"left": "7", "operation": "-", "right": "0,5", "rounded": True},
        (7, "-", 0.5, True),
    ),
]
CHOICES = [
    one("choix", "radio", "bleu", "bleu"),
    one("choix", "radio_sans_valeur", "rouge", "rouge"),
    one("choix", "radio_nombres", "Dans cinq ans", 2030),
    one("choix", "radio_jumeaux", "Le nombre", 1),
    one("choix", "radio_jumeaux", "Le texte", "1"),
    one("choix", "liste", "rouge", "rouge"),
    one("choix", "liste_nombres", "Cette année", 2025),
    one("choix", "liste_libre", "turquoise", "turquoise"),
    one("choix", "liste_libre", "rouge", "rouge"),
    one("choix", "liste_rien", "vert", "vert"),
    one("choix", "liste_multiple", ["rouge", "bleu"], ["rouge", "bleu"]),
    one("choix", "liste_multiple", [], []),
    one("choix", "liste_multiple_libre", ["rouge", "vert"], ["rouge", "vert"]),
    one("choix", "liste_de_deux", ["rouge", "vert"], ["rouge", "vert"]),
    one("choix", "cases", ["vert"], ["vert"]),
    one("choix", "cases", [], []),
    one("choix", "cases_nombres", ["Cette année", "Dans cinq ans"], [2025, 2030]),
    one("choix", "position", "bleu", "bleu"),
    one("choix", "exemple", "1", 1),
]
EDITED = {"background": RED, "layers": [], "composite": RED, "id": None}
MEDIA = [
    one("images", "image", RED, RED),
    one("images", "image", BLUE, BLUE),
    one("images", "image_lue", GREEN, GREEN),
    one("images", "image_tableau", RED, RED),
    one("images", "image_appareil", BLUE, BLUE),
    one("images", "galerie", [RED, BLUE], [{"image": RED, "caption": None}, {"image": BLUE, "caption": None}]),
    one("images", "editeur", {"background": RED}, EDITED),
    one(
        "images",
        "editeur",
        {"background": RED, "layers": [GREEN], "composite": BLUE},
        {"background": RED, "layers": [GREEN], "composite": BLUE, "id": None},
    ),
    Case("images", "annotee"),
    Case("images", "images_legendees"),
    one("images", "comparaison", {"1": RED, "2": BLUE}, [RED, BLUE], since=5),
    one("images", "comparaison", {"2": BLUE}, [None, BLUE], since=5),
    Case("images", "avant_apres", since=5),
    one("sons", "son", SOUND, SOUND),
    one("sons", "son_lu", SOUND, SOUND),
    one("sons", "micro", SOUND, SOUND),
    one("sons", "volume", CUBE, CUBE),
    one("sons", "video", FILM, FILM, since=6),
    one("sons", "video", FILM, {"video": FILM, "subtitles": None}, until=5),
]
FILES = [
    one("fichiers", "fichier", NOTE, NOTE),
    one("fichiers", "fichier", Upload("vide.txt"), Upload("vide.txt")),
    one("fichiers", "fichiers", [NOTE, CITIES], [NOTE, CITIES]),
    one("fichiers", "dossier", [NOTE, RED], [NOTE, RED]),
    one("fichiers", "octets", PAGE, PAGE),
    one("fichiers", "bouton", CITIES, CITIES),
    one("fichiers", "bouton_multiple", [CITIES], [CITIES]),
    one(
        "fichiers",
        "explorateur",
        "recettes/soupe.txt\nrecettes/gateau.txt",
        [["recettes", "soupe.txt"], ["recettes", "gateau.txt"]],
    ),
    one("fichiers", "explorateur_un", "recettes/soupe.txt", [["recettes", "soupe.txt"]]),
    Case("fichiers", "telecharger"),
    Case("fichiers", "deux_fichiers"),
    Case("fichiers", "aucun_fichier"),
]


def table(headers: list[str], *rows: list[Any]) -> dict[str, Any]:
    return {"headers": headers, "data": list(rows), "metadata": None}


TABLES = [
    one(
        "tableaux",
        "tableau",
        {"0-0": "Éva", "0-1": "3,5", "1-0": "", "1-1": "", "1-2": ""},
        table(["Nom", "Âge", "Là"], ["Éva", 3.5, True]),
    ),
    one("tableaux", "tableau_vide", {"0-0": "x", "0-1": "12"}, table(["a", "b"], ["x", "12"])),
    one("tableaux", "tableau_liste", {"0-0": "4"}, table(["x"], [4])),
    one("tableaux", "matrice", {"0-0": "1", "0-1": "2"}, table(["1", "2"], [1, 2])),
    Case("tableaux", "tableau_markdown"),
    Case("tableaux", "parametres"),
    Case("tableaux", "visiter", {"kept": '{"visites": 4}'}, ({"visites": 4},), since=5),
]
TALK = [
    one(
        "conversations",
        "historique",
        "user: Bonjour\nassistant: Oui ?\nJ’écoute.",
        [message("user", "Bonjour"), message("assistant", "Oui ?\nJ’écoute.")],
        since=6,
    ),
    one(
        "conversations",
        "historique",
        "user: Bonjour\nassistant: Oui ?",
        [old_message("user", "Bonjour"), old_message("assistant", "Oui ?")],
        until=5,
    ),
    one("conversations", "historique", "", []),
    one("conversations", "paires", "user: Bonjour\nassistant: Oui ?", [["Bonjour", "Oui ?"]], until=5),
    one("conversations", "message", {"text": "Voici", "files": [RED, NOTE]}, {"text": "Voici", "files": [RED, NOTE]}),
    one("conversations", "message", {"text": "Rien"}, {"text": "Rien", "files": []}),
    Case("conversations", "repondre", {"message": "Ça va"}, ("Ça va", [])),
    Case(
        "conversations",
        "repondre",
        {"message": "Encore", "history": "user: Un\nassistant: Deux"},
        ("Encore", [message("user", "Un"), message("assistant", "Deux")]),
        since=6,
    ),
    Case("conversations", "reflexion"),
    one(
        "conversations",
        "dialogue",
        "Awa : Bonjour\nZoé : Salut : ça va",
        [{"speaker": "Awa", "text": "Bonjour"}, {"speaker": "Zoé", "text": "Salut : ça va"}],
        since=5,
    ),
    one("conversations", "dialogue_texte", "Zoé : Salut", [{"speaker": "Zoé", "text": "Salut"}], since=5),
    Case("echo", "answer", {"message": "Bonjour"}, ("Bonjour",), since=6),
    Case("echo", "chat", {"message": "Bonjour"}, ("Bonjour",), until=5),
    Case(
        "echo-fichiers",
        "answer",
        {"message-text": "Vu", "message-files": [NOTE]},
        ({"text": "Vu", "files": [NOTE]},),
        since=6,
    ),
    Case(
        "echo-fichiers",
        "chat",
        {"message-text": "Vu", "message-files": [NOTE]},
        ({"text": "Vu", "files": [NOTE]},),
        until=5,
    ),
]
PLOTS = [Case("traces", name) for name in ("matplotlib", "plotly", "altair", "bokeh", "ligne", "barres", "nuage")]
PLOTS += [Case("traces", "relire", sent=(None,)), Case("traces", "relire_courbe", sent=(None,))]
LIFE = [
    Case("temps", "ajouter", {"by": "3"}, (3,)),
    Case("temps", "epeler", {"words": "mot"}, ("mot",)),
    Case("temps", "avancer", {"words": "mot"}, ("mot",)),
    Case("temps", "prevenir", {"words": "mot"}, ("mot",)),
    Case("temps", "rien", {"text": "mot"}, ("mot",)),
    Case("temps", "sans_file", {"text": "mot"}, ("mot",)),
    *(
        Case("changements", name)
        for name in ("change_valeur", "change_composant", "change_visible", "change_choix", "saute", "change_image")
    ),
]
FOREIGN = [
    one("composants", "thermometre", '{"celsius": -3.5}', {"celsius": -3.5}),
    one("composants", "etoiles", "4", 4),
    one("composants", "document", PAGE, PAGE),
    Case("apis", "repeter", {"word": "ha", "times": "3", "loud": True}, ("ha", 3, True), since=5),
    Case("apis", "somme", {"numbers": "[1, 2.5]", "factor": "2"}, ([1, 2.5], 2), since=5),
    Case("apis", "reglages", {"values": '{"a": 1}', "note": "x"}, ({"a": 1}, "x"), since=5),
]
DOORS = [
    Case("plomberie", "compter_lettres", {"text": "cinq!"}, ("cinq!",)),
    Case("plomberie", "dedicacer", {"words": "À Awa"}, ("À Awa",), since=5),  # Gradio 4 wants the login all the same
    Case("plomberie", "lambda", {"text": "X"}, ("X",)),
    Case("plomberie", "lambda_1", {"text": "X"}, ("X",)),
    Case("plomberie", "charger"),
    Case("validation", "inscrire", {"age": "40", "city": "Nice"}, (40, "Nice"), since=5),
    Case("exemples", "resumer", {"name": "Léo", "size": "2,5", "colour": "bleu"}, ("Léo", 2.5, "bleu")),
    one("chemin", "image", RED, RED),
    Case("chemin", "peindre", {"colour": "teal"}, ("teal",)),
    one("chemin", "texte", TRICKY, TRICKY),
]
GREETINGS = ["Cher monsieur,\nbonjour", "Chère madame,\r\nbonsoir", "Salut"]
UNTOUCHED = [
    one("intacts", "texte_simple", "un\ndeux\n", "un\ndeux\n"),
    one("intacts", "texte_court", "une ligne", "une ligne"),
    one("intacts", "lignes_windows", "autre", "autre"),
    one("intacts", "majuscules", "#00ff00", "#00ff00"),
    one("intacts", "formules", "Chère madame, bonsoir", GREETINGS[1]),
    one("intacts", "formules_radio", "Cher monsieur, bonjour", GREETINGS[0]),
    one("intacts", "formules_cases", ["Cher monsieur, bonjour", "Chère madame, bonsoir"], GREETINGS[:2]),
    one("intacts", "formules_nommees", "Jour", GREETINGS[0]),
    one("intacts", "formules_libres", "Chère madame, bonsoir", GREETINGS[1]),
    one("intacts", "formules_libres", "Bonne nuit", "Bonne nuit"),
    one(
        "intacts",
        "formules_plusieurs",
        {"": ["Salut"], "others": "Bonne nuit\nÀ demain"},
        ["Salut", "Bonne nuit", "À demain"],
    ),
    one("intacts", "tardive", "", None),
    one("intacts", "tardives", {"others": ""}, []),
    one("intacts", "voix", "voix n° 2100", "voix n° 2100"),
    one("intacts", "sans_valeur", "", None),
    one("intacts", "sans_valeur_entier", "3", 3),
    one("intacts", "a_la_fin", "0,1", 0.1),
    one("intacts", "compteur", "4", 4, since=6),
    one("intacts", "bascule", False, False, since=6),
    one("intacts", "fiche", '{"n": 2}', {"n": 2}, since=6),
    one(
        "intacts",
        "avis",
        {"0-1": "13"},
        table(["Nom", "2024", "Avis"], ["Awa", "13", "très\nbien"], [None, None, None], ["Zoé", 2**60, None]),
    ),
]
# What depends on the page of the Space, and so on the version: sent without a touch, in place of a default.
OF_THE_PAGE = [
    Case("intacts", "plis", sent=(0, 0, 0, 0, 0, ""), until=4),
    Case("intacts", "plis", sent=(0, 0, 0, 0, None, None), since=5, until=5),
    Case("intacts", "plis", sent=(0, None, 0, None, None, None), since=6),
    Case("intacts", "plis_ouverts", sent=(0, None, 0, 0, None, None), since=6),
]
CASES = [*TEXTS, *NUMBERS, *CHOICES, *MEDIA, *FILES, *TABLES, *TALK, *PLOTS, *LIFE, *FOREIGN, *DOORS, *UNTOUCHED]


def cases_for(version: int) -> list[Case]:
    """The cases whose endpoint exists in this version of Gradio."""
    return [case for case in [*CASES, *OF_THE_PAGE] if case.since <= version <= case.until]


def forms_for(version: int) -> list[Case]:
    """One case for each endpoint that takes something."""
    takers = (case for case in cases_for(version) if case.sent and case not in OF_THE_PAGE)
    return list({(case.app, case.endpoint): case for case in takers}.values())
