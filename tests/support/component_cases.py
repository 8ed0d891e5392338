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
MARKUP_TEXT = "L’été <b>« déjà »</b> & 100 % 🎈 \\n {{ x }}"


@dataclass(frozen=True)
class ComponentCase:
    """One call of one endpoint, in the versions of Gradio that have it so."""

    app: str
    endpoint: str
    typed: dict[str, Any] = field(default_factory=dict)
    sent: tuple[Any, ...] = ()
    min_gradio: int = 4
    max_gradio: int = 6

    def __str__(self) -> str:
        return f"{self.app}-{self.endpoint}"


def make_value_case(app: str, endpoint: str, typed: Any, sent: Any, *, since: int = 4, until: int = 6) -> ComponentCase:
    """A call of an endpoint whose only parameter is `value`; `typed` may name its parts."""
    parts = typed if isinstance(typed, dict) else {"": typed}
    controls = {"value" + (f"-{part}" if part else ""): typed for part, typed in parts.items()}
    return ComponentCase(app, endpoint, controls, (sent,), since, until)


def make_chat_message(role: str, text: str) -> dict[str, Any]:
    content = [{"text": text, "type": "text"}]
    return {"role": role, "metadata": None, "content": content, "options": None}


def make_chat_message_before_6(role: str, text: str) -> dict[str, Any]:
    """As Gradio 4 and 5 take it."""
    return {"role": role, "content": text}


TEXTS = [
    make_value_case("textes", "ligne", MARKUP_TEXT, MARKUP_TEXT),
    make_value_case("textes", "lignes", "Un\n\n  Deux\n", "Un\n\n  Deux\n"),
    make_value_case("textes", "adresse", "awa@exemple.fr", "awa@exemple.fr"),
    make_value_case("textes", "secret", "  mot de passe ", "  mot de passe "),
    make_value_case("textes", "code", "def f():\n\treturn 1\n", "def f():\n\treturn 1\n"),
    make_value_case("textes", "markdown", "# Titre\n\n*x*", "# Titre\n\n*x*"),
    make_value_case("textes", "html", "<p title='x'>é</p> &", "<p title='x'>é</p> &"),
    make_value_case(
        "textes", "json", '{"a": [1, 2.5, null, true, "é"], "b": {}}', {"a": [1, 2.5, None, True, "é"], "b": {}}
    ),
    make_value_case("textes", "json", "[]", []),
    make_value_case("textes", "couleur", "#00ff7f", "#00ff7f"),
    make_value_case("textes", "couleur_libre", "rgba(255, 0, 0, 0.5)", "rgba(255, 0, 0, 0.5)"),
    make_value_case("textes", "etiquette", "chat", {"label": "chat", "confidences": None}),
    make_value_case(
        "textes",
        "surligne",
        '[{"token": "Awa", "class_or_confidence": "nom"}, {"token": " dort", "class_or_confidence": null}]',
        [{"token": "Awa", "class_or_confidence": "nom"}, {"token": " dort", "class_or_confidence": None}],
    ),
]
NUMBERS = [
    make_value_case("nombres", "nombre", "2,75", 2.75),
    make_value_case("nombres", "nombre", "-1e3", -1000),
    make_value_case("nombres", "nombre", "", None),
    make_value_case("nombres", "entier", "495", 495),
    make_value_case("nombres", "reglette", "-0,75", -0.75),
    make_value_case("nombres", "case", True, True),
    make_value_case("nombres", "case", False, False),
    make_value_case("nombres", "date", "2024-02-29", "2024-02-29"),
    make_value_case("nombres", "moment", "2024-02-29T23:59:58", "2024-02-29 23:59:58"),
    make_value_case("nombres", "moment", "2024-02-29T05:20", "2024-02-29 05:20:00"),
    make_value_case("nombres", "instant", "2025-07-14T00:00:00", "2025-07-14 00:00:00"),
    make_value_case("nombres", "minuterie", "3", 3),
    ComponentCase(
        "nombres",
        "calculer",
        {"left": "7", "operation": "-", "right": "0,5", "rounded": True},
        (7, "-", 0.5, True),
    ),
]
CHOICES = [
    make_value_case("choix", "radio", "bleu", "bleu"),
    make_value_case("choix", "radio_sans_valeur", "rouge", "rouge"),
    make_value_case("choix", "radio_nombres", "Dans cinq ans", 2030),
    make_value_case("choix", "radio_jumeaux", "Le nombre", 1),
    make_value_case("choix", "radio_jumeaux", "Le texte", "1"),
    make_value_case("choix", "liste", "rouge", "rouge"),
    make_value_case("choix", "liste_nombres", "Cette année", 2025),
    make_value_case("choix", "liste_libre", "turquoise", "turquoise"),
    make_value_case("choix", "liste_libre", "rouge", "rouge"),
    make_value_case("choix", "liste_rien", "vert", "vert"),
    make_value_case("choix", "liste_multiple", ["rouge", "bleu"], ["rouge", "bleu"]),
    make_value_case("choix", "liste_multiple", [], []),
    make_value_case("choix", "liste_multiple_libre", ["rouge", "vert"], ["rouge", "vert"]),
    make_value_case("choix", "liste_de_deux", ["rouge", "vert"], ["rouge", "vert"]),
    make_value_case("choix", "cases", ["vert"], ["vert"]),
    make_value_case("choix", "cases", [], []),
    make_value_case("choix", "cases_nombres", ["Cette année", "Dans cinq ans"], [2025, 2030]),
    make_value_case("choix", "position", "bleu", "bleu"),
    make_value_case("choix", "exemple", "1", 1),
]
EDITED = {"background": RED, "layers": [], "composite": RED, "id": None}
MEDIA = [
    make_value_case("images", "image", RED, RED),
    make_value_case("images", "image", BLUE, BLUE),
    make_value_case("images", "image_lue", GREEN, GREEN),
    make_value_case("images", "image_tableau", RED, RED),
    make_value_case("images", "image_appareil", BLUE, BLUE),
    make_value_case(
        "images", "galerie", [RED, BLUE], [{"image": RED, "caption": None}, {"image": BLUE, "caption": None}]
    ),
    make_value_case("images", "editeur", {"background": RED}, EDITED),
    make_value_case(
        "images",
        "editeur",
        {"background": RED, "layers": [GREEN], "composite": BLUE},
        {"background": RED, "layers": [GREEN], "composite": BLUE, "id": None},
    ),
    ComponentCase("images", "annotee"),
    ComponentCase("images", "images_legendees"),
    make_value_case("images", "comparaison", {"1": RED, "2": BLUE}, [RED, BLUE], since=5),
    make_value_case("images", "comparaison", {"2": BLUE}, [None, BLUE], since=5),
    ComponentCase("images", "avant_apres", min_gradio=5),
    make_value_case("sons", "son", SOUND, SOUND),
    make_value_case("sons", "son_lu", SOUND, SOUND),
    make_value_case("sons", "micro", SOUND, SOUND),
    make_value_case("sons", "volume", CUBE, CUBE),
    make_value_case("sons", "video", FILM, FILM, since=6),
    make_value_case("sons", "video", FILM, {"video": FILM, "subtitles": None}, until=5),
]
FILES = [
    make_value_case("fichiers", "fichier", NOTE, NOTE),
    make_value_case("fichiers", "fichier", Upload("vide.txt"), Upload("vide.txt")),
    make_value_case("fichiers", "fichiers", [NOTE, CITIES], [NOTE, CITIES]),
    make_value_case("fichiers", "dossier", [NOTE, RED], [NOTE, RED]),
    make_value_case("fichiers", "octets", PAGE, PAGE),
    make_value_case("fichiers", "bouton", CITIES, CITIES),
    make_value_case("fichiers", "bouton_multiple", [CITIES], [CITIES]),
    make_value_case(
        "fichiers",
        "explorateur",
        "recettes/soupe.txt\nrecettes/gateau.txt",
        [["recettes", "soupe.txt"], ["recettes", "gateau.txt"]],
    ),
    make_value_case("fichiers", "explorateur_un", "recettes/soupe.txt", [["recettes", "soupe.txt"]]),
    ComponentCase("fichiers", "telecharger"),
    ComponentCase("fichiers", "deux_fichiers"),
    ComponentCase("fichiers", "aucun_fichier"),
]


def make_table(headers: list[str], *rows: list[Any]) -> dict[str, Any]:
    return {"headers": headers, "data": list(rows), "metadata": None}


TABLES = [
    make_value_case(
        "tableaux",
        "tableau",
        {"0-0": "Éva", "0-1": "3,5", "1-0": "", "1-1": "", "1-2": ""},
        make_table(["Nom", "Âge", "Là"], ["Éva", 3.5, True]),
    ),
    make_value_case("tableaux", "tableau_vide", {"0-0": "x", "0-1": "12"}, make_table(["a", "b"], ["x", "12"])),
    make_value_case("tableaux", "tableau_liste", {"0-0": "4"}, make_table(["x"], [4])),
    make_value_case("tableaux", "matrice", {"0-0": "1", "0-1": "2"}, make_table(["1", "2"], [1, 2])),
    ComponentCase("tableaux", "tableau_markdown"),
    ComponentCase("tableaux", "parametres"),
    ComponentCase("tableaux", "visiter", {"kept": '{"visites": 4}'}, ({"visites": 4},), min_gradio=5),
]
CHAT = [
    make_value_case(
        "conversations",
        "historique",
        "user: Bonjour\nassistant: Oui ?\nJ’écoute.",
        [make_chat_message("user", "Bonjour"), make_chat_message("assistant", "Oui ?\nJ’écoute.")],
        since=6,
    ),
    make_value_case(
        "conversations",
        "historique",
        "user: Bonjour\nassistant: Oui ?",
        [make_chat_message_before_6("user", "Bonjour"), make_chat_message_before_6("assistant", "Oui ?")],
        until=5,
    ),
    make_value_case("conversations", "historique", "", []),
    make_value_case("conversations", "paires", "user: Bonjour\nassistant: Oui ?", [["Bonjour", "Oui ?"]], until=5),
    make_value_case(
        "conversations", "message", {"text": "Voici", "files": [RED, NOTE]}, {"text": "Voici", "files": [RED, NOTE]}
    ),
    make_value_case("conversations", "message", {"text": "Rien"}, {"text": "Rien", "files": []}),
    ComponentCase("conversations", "repondre", {"message": "Ça va"}, ("Ça va", [])),
    ComponentCase(
        "conversations",
        "repondre",
        {"message": "Encore", "history": "user: Un\nassistant: Deux"},
        ("Encore", [make_chat_message("user", "Un"), make_chat_message("assistant", "Deux")]),
        min_gradio=6,
    ),
    ComponentCase("conversations", "reflexion"),
    make_value_case(
        "conversations",
        "dialogue",
        "Awa : Bonjour\nZoé : Salut : ça va",
        [{"speaker": "Awa", "text": "Bonjour"}, {"speaker": "Zoé", "text": "Salut : ça va"}],
        since=5,
    ),
    make_value_case("conversations", "dialogue_texte", "Zoé : Salut", [{"speaker": "Zoé", "text": "Salut"}], since=5),
    ComponentCase("echo", "answer", {"message": "Bonjour"}, ("Bonjour",), min_gradio=6),
    ComponentCase("echo", "chat", {"message": "Bonjour"}, ("Bonjour",), max_gradio=5),
    ComponentCase(
        "echo-fichiers",
        "answer",
        {"message-text": "Vu", "message-files": [NOTE]},
        ({"text": "Vu", "files": [NOTE]},),
        min_gradio=6,
    ),
    ComponentCase(
        "echo-fichiers",
        "chat",
        {"message-text": "Vu", "message-files": [NOTE]},
        ({"text": "Vu", "files": [NOTE]},),
        max_gradio=5,
    ),
]
PLOTS = [
    ComponentCase("traces", name) for name in ("matplotlib", "plotly", "altair", "bokeh", "ligne", "barres", "nuage")
]
PLOTS += [ComponentCase("traces", "relire", sent=(None,)), ComponentCase("traces", "relire_courbe", sent=(None,))]
STREAMING = [
    ComponentCase("temps", "ajouter", {"by": "3"}, (3,)),
    ComponentCase("temps", "epeler", {"words": "mot"}, ("mot",)),
    ComponentCase("temps", "avancer", {"words": "mot"}, ("mot",)),
    ComponentCase("temps", "prevenir", {"words": "mot"}, ("mot",)),
    ComponentCase("temps", "rien", {"text": "mot"}, ("mot",)),
    ComponentCase("temps", "sans_file", {"text": "mot"}, ("mot",)),
    *(
        ComponentCase("changements", name)
        for name in ("change_valeur", "change_composant", "change_visible", "change_choix", "saute", "change_image")
    ),
]
CUSTOM_COMPONENTS = [
    make_value_case("composants", "thermometre", '{"celsius": -3.5}', {"celsius": -3.5}),
    make_value_case("composants", "etoiles", "4", 4),
    make_value_case("composants", "document", PAGE, PAGE),
    ComponentCase("apis", "repeter", {"word": "ha", "times": "3", "loud": True}, ("ha", 3, True), min_gradio=5),
    ComponentCase("apis", "somme", {"numbers": "[1, 2.5]", "factor": "2"}, ([1, 2.5], 2), min_gradio=5),
    ComponentCase("apis", "reglages", {"values": '{"a": 1}', "note": "x"}, ({"a": 1}, "x"), min_gradio=5),
]
ACCESS = [
    ComponentCase("plomberie", "compter_lettres", {"text": "cinq!"}, ("cinq!",)),
    ComponentCase(
        "plomberie", "dedicacer", {"words": "À Awa"}, ("À Awa",), min_gradio=5
    ),  # Gradio 4 wants the login all the same
    ComponentCase("plomberie", "lambda", {"text": "X"}, ("X",)),
    ComponentCase("plomberie", "lambda_1", {"text": "X"}, ("X",)),
    ComponentCase("plomberie", "charger"),
    ComponentCase("validation", "inscrire", {"age": "40", "city": "Nice"}, (40, "Nice"), min_gradio=5),
    ComponentCase("exemples", "resumer", {"name": "Léo", "size": "2,5", "colour": "bleu"}, ("Léo", 2.5, "bleu")),
    make_value_case("chemin", "image", RED, RED),
    ComponentCase("chemin", "peindre", {"colour": "teal"}, ("teal",)),
    make_value_case("chemin", "texte", MARKUP_TEXT, MARKUP_TEXT),
]
GREETINGS = ["Cher monsieur,\nbonjour", "Chère madame,\r\nbonsoir", "Salut"]
ROUND_TRIP = [
    make_value_case("intacts", "texte_simple", "un\ndeux\n", "un\ndeux\n"),
    make_value_case("intacts", "texte_court", "une ligne", "une ligne"),
    make_value_case("intacts", "lignes_windows", "autre", "autre"),
    make_value_case("intacts", "majuscules", "#00ff00", "#00ff00"),
    make_value_case("intacts", "formules", "Chère madame, bonsoir", GREETINGS[1]),
    make_value_case("intacts", "formules_radio", "Cher monsieur, bonjour", GREETINGS[0]),
    make_value_case("intacts", "formules_cases", ["Cher monsieur, bonjour", "Chère madame, bonsoir"], GREETINGS[:2]),
    make_value_case("intacts", "formules_nommees", "Jour", GREETINGS[0]),
    make_value_case("intacts", "formules_libres", "Chère madame, bonsoir", GREETINGS[1]),
    make_value_case("intacts", "formules_libres", "Bonne nuit", "Bonne nuit"),
    make_value_case(
        "intacts",
        "formules_plusieurs",
        {"": ["Salut"], "others": "Bonne nuit\nÀ demain"},
        ["Salut", "Bonne nuit", "À demain"],
    ),
    make_value_case("intacts", "tardive", "", None),
    make_value_case("intacts", "tardives", {"others": ""}, []),
    make_value_case("intacts", "voix", "voix n° 2100", "voix n° 2100"),
    make_value_case("intacts", "sans_valeur", "", None),
    make_value_case("intacts", "sans_valeur_entier", "3", 3),
    make_value_case("intacts", "a_la_fin", "0,1", 0.1),
    make_value_case("intacts", "compteur", "4", 4, since=6),
    make_value_case("intacts", "bascule", False, False, since=6),
    make_value_case("intacts", "fiche", '{"n": 2}', {"n": 2}, since=6),
    make_value_case(
        "intacts",
        "avis",
        {"0-1": "13"},
        make_table(["Nom", "2024", "Avis"], ["Awa", "13", "très\nbien"], [None, None, None], ["Zoé", 2**60, None]),
    ),
]
# What depends on the page of the Space, and so on the version: sent without a touch, in place of a default.
VERSION_DEPENDENT = [
    ComponentCase("intacts", "plis", sent=(0, 0, 0, 0, 0, ""), max_gradio=4),
    ComponentCase("intacts", "plis", sent=(0, 0, 0, 0, None, None), min_gradio=5, max_gradio=5),
    ComponentCase("intacts", "plis", sent=(0, None, 0, None, None, None), min_gradio=6),
    ComponentCase("intacts", "plis_ouverts", sent=(0, None, 0, 0, None, None), min_gradio=6),
]
CASES = [
    *TEXTS,
    *NUMBERS,
    *CHOICES,
    *MEDIA,
    *FILES,
    *TABLES,
    *CHAT,
    *PLOTS,
    *STREAMING,
    *CUSTOM_COMPONENTS,
    *ACCESS,
    *ROUND_TRIP,
]


def select_cases(version: int) -> list[ComponentCase]:
    """The cases whose endpoint exists in this version of Gradio."""
    return [case for case in [*CASES, *VERSION_DEPENDENT] if case.min_gradio <= version <= case.max_gradio]


def select_form_cases(version: int) -> list[ComponentCase]:
    """One case for each endpoint that takes something."""
    takers = (case for case in select_cases(version) if case.sent and case not in VERSION_DEPENDENT)
    return list({(case.app, case.endpoint): case for case in takers}.values())
