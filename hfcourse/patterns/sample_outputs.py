"""Sample outputs, one for each kind, with files of `static/samples/`."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from hfcourse.runs.outputs.rendered_outputs import RenderedOutput, render_outputs
from hfcourse.runs.values.file_refs import ERASED, FileEntry
from hfcourse.runs.values.page_budget import PageBudget
from hfcourse.spaces.schema.component_updates import UPDATE_KEY

# The smallest PNG: on the page, a file of static/samples/ replaces the address of this image.
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CODE = 'def saluer(prenom: str) -> str:\n    return f"Bonjour {prenom} !"  # une salutation\n'
MARKDOWN = "Un **chat** sur un clavier, vu à 93 %.\n\n- il dort\n- il ronronne"
YEARS = [[2020, 12, "fr"], [2021, 30, "fr"], [2022, 41, "fr"], [2020, 20, "en"], [2021, 18, "en"], [2022, 35, "en"]]
PLOT = {
    "columns": ["année", "Spaces", "langue"],
    "data": YEARS,
    "datatypes": {"année": "quantitative", "Spaces": "quantitative", "langue": "nominal"},
    "mark": "line",
}
HINTS = {"Lineplot": {"x": "année", "y": "Spaces", "color": "langue"}}
SPANS = [("Marie Curie", "PERS"), (" est née à ", None), ("Varsovie", "LIEU"), (" en ", None), ("1867", "DATE")]
CONVERSATION = [
    {"role": "user", "content": "Que vois-tu ?"},
    {
        "role": "assistant",
        "content": "Un **chat** sur un clavier.",
        "metadata": {"title": "Recherche dans l’image", "log": "Deux objets.", "duration": 1.5, "status": "done"},
        "options": [{"value": "Continue"}],
    },
]
Sample = tuple[str, str, Any]


def list_texts() -> Iterator[Sample]:
    """Yield label, component and value of texts, numbers and lists."""
    yield "Réponse", "Textbox", "Un chat roux est étendu sur un clavier."
    yield "Compte rendu", "Markdown", MARKDOWN
    yield "Programme", "Code", CODE
    yield "Rapport", "Html", "<h1>Un rapport</h1><p>Écrit en <b>HTML</b> par le Space.</p>"
    yield "Nombre", "Number", 1234.5
    yield "Date", "Datetime", "2026-11-22 14:02:00"
    yield "Couleur", "Colorpicker", "#d98236"
    yield "Mots", "Checkboxgroup", ["un", "deux"]
    yield "Dialogue", "Dialogue", [{"speaker": "Awa", "text": "On y va ?"}, {"speaker": "Inès", "text": "Oui !"}]
    yield "Réglages", "Json", {"nom": "chat", "boîte": [1, 2], "sûr": True}
    confidences = [{"label": "chat", "confidence": 0.931}, {"label": "tigre", "confidence": 0.062}]
    yield "Étiquettes", "Label", {"label": "chat", "confidences": confidences}
    yield "Entités", "Highlightedtext", [{"token": text, "class_or_confidence": name} for text, name in SPANS]
    yield "Conversation", "Chatbot", CONVERSATION


def list_tables_and_plots() -> Iterator[Sample]:
    """Yield label, component and value of tables, plots, and outputs without a value."""
    rows = [["chat", 41.5], ["clavier", 37]]
    yield "Objets", "Dataframe", {"headers": ["objet", "part"], "data": rows, "metadata": None}
    yield "Paramètres", "Paramviewer", {"prénom": {"type": "texte", "default": "aucun", "description": "À saluer."}}
    yield "Courbe", "Lineplot", PLOT
    yield "Figure", "Plot", {"type": "matplotlib", "plot": PIXEL}
    yield "Graphique", "Plot", {"type": "plotly", "plot": '{"data": [{"type": "bar", "y": [1, 3, 2]}]}'}
    yield "Rien", "Image", None
    yield "Sans changement", "Textbox", {UPDATE_KEY: "update"}
    yield "Interface", "Textbox", {UPDATE_KEY: "update", "visible": False}
    yield "Nouveaux choix", "Dropdown", {UPDATE_KEY: "update", "choices": [["rouge", "rouge"], ["bleu", "bleu"]]}


def list_files(address_of: Callable[[str], str]) -> Iterator[Sample]:
    """Yield label, component and value of files; `address_of` returns the URL of a file of `static/samples/`."""
    cat = FileEntry(file=address_of("cat.svg"), name="chat.svg", bytes=701, media_type="image/svg+xml")
    keyboard = FileEntry(file=address_of("keyboard.svg"), name="clavier.svg", bytes=381, media_type="image/svg+xml")
    tone = FileEntry(file=address_of("tone.wav"), name="son.wav", bytes=4044, media_type="audio/x-wav")
    ball = FileEntry(file=address_of("ball.webm"), name="balle.webm", bytes=1794, media_type="video/webm")
    erased = FileEntry.make_missing(ERASED, "perdu.png")
    yield "Image", "Image", cat
    yield "Pièces jointes", "File", [tone, erased]
    yield "Galerie", "Gallery", [{"image": cat, "caption": "Le chat"}, {"image": keyboard, "caption": None}]
    yield "Avant et après", "Imageslider", [cat, keyboard]
    yield "Retouche", "Imageeditor", {"background": keyboard, "layers": [cat], "composite": cat, "id": None}
    yield "Zones", "Annotatedimage", {"image": cat, "annotations": [{"image": keyboard, "label": "clavier"}]}
    yield "Film", "Video", {"video": ball, "subtitles": None}
    yield "Message", "Multimodaltextbox", {"text": "Voici le son", "files": [tone]}


def render_sample_outputs(budget: PageBudget, address_of: Callable[[str], str]) -> list[RenderedOutput]:
    """Render one output of each kind; the last one as if the page had no more room."""
    samples = [*list_texts(), *list_files(address_of), *list_tables_and_plots(), ("Trop long", "Textbox", "Il était…")]
    outputs = [
        {"label": label, "component": component, "value": value, "hints": HINTS.get(component, {})}
        for label, component, value in samples
    ]
    *rendered, last = render_outputs(outputs, budget=budget)
    return [*rendered, replace(last, kind="omitted", value=None)]
