"""A Space that answers with everything that a Space may answer: every component of Gradio, and every shape."""

import base64
import io
import math
import wave
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from PIL import Image, ImageDraw

from tests.spaces.fake_servers import ECHO_CONFIG, ECHO_INFO, Exchange, FakeSpace, make_completed, make_component

GRADIO_FOLDER = "/tmp/gradio/"


def make_file_data(name: str, **more: Any) -> dict[str, Any]:
    """File data as Gradio 6 sends it."""
    return {"path": GRADIO_FOLDER + name, "url": None, "size": None, "orig_name": name, "mime_type": None,
            "is_stream": False, "meta": {"_type": "gradio.FileData"}} | more  # fmt: skip


def make_circle_png(colour: str, size: tuple[int, int] = (480, 300)) -> bytes:
    """A PNG: a circle on a ground."""
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse((size[0] // 3, size[1] // 4, size[0] * 2 // 3, size[1] * 3 // 4), fill="#fdf6e3", outline="#1c1d33")
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def make_long_wav(seconds: int = 30, rate: int = 8000) -> bytes:
    """A WAV: a note."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(1)
        written.setframerate(rate)
        written.writeframes(bytes(128 + int(40 * math.sin(n * math.tau / 20)) for n in range(rate)) * seconds)
    return kept.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 24"><rect width="40" height="24" fill="#2b3fae"/></svg>'
EXHIBIT_FILES: Mapping[str, bytes] = {
    "chat.png": make_circle_png("#d98236"),
    "clavier.png": make_circle_png("#3b3c4c"),
    "voix.wav": make_long_wav(),
    "volume.glb": b"glTF" + b"\0" * 400,
    "notes.txt": "Des notes, à lire ailleurs.".encode(),
    "figure.svg": SVG,
    "film.mp4": b"\0\0\0\x18ftypmp42" + b"\0" * 400,
    "paroles.vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\nBonjour\n",
}
STREAMED_BYTES = b"\xff\xf1\x50\x80" + b"\0" * 200  # as Gradio encodes a sound that it streams
MARKDOWN = """# Un titre du modèle

Un **mot fort**, un mot *penché*, du `code`, et [un lien](https://huggingface.co/docs).

## Une liste

1. premier point
2. second point, avec $e^{i\\pi} + 1 = 0$

> Une citation.

| objet | part |
| --- | ---: |
| chat | 41 % |
| clavier | 37 % |

```python
def salue(prenom: str) -> str:
    return f"Bonjour {prenom} !"  # une salutation
```

![une image d’ailleurs](https://example.org/suivi.png)
<script>alert(1)</script> [piège](javascript:alert(1))
"""
HTML = """<h1 onclick="alert(1)">Un rapport</h1><p>Du <b>HTML</b> écrit par le Space.</p>
<script>document.title = "pris"; parent.document.title = "pris"</script><img src=x onerror="alert(1)">
<table border=1><tr><td>1</td><td>2</td></tr></table>"""
CODE = 'import math\n\n\ndef aire(r: float) -> float:\n    """L’aire d’un disque."""\n    return math.pi * r**2\n'
TABLE = {
    "headers": ["objet", "part", "vu", "formule"],
    "data": [["chat", 41.5, True, "=1+1"], ["clavier", 37, False, "+33"], ["étagère", 5, None, "<b>x</b>"],
             ["10 tasses", 1200.25, True, ""]],
    "metadata": None,
}  # fmt: skip
YEAR_ROWS = [[2020, 12, "fr"], [2021, 30, "fr"], [2022, 41, "fr"], [2020, 20, "en"], [2021, 18, "en"], [2022, 35, "en"]]
COLUMN_TYPES = {"annee": "quantitative", "espaces": "quantitative", "langue": "nominal"}
CHAT = [
    {"role": "user", "content": [{"type": "text", "text": "Que vois-tu ?"}], "metadata": None, "options": None},
    {"role": "assistant", "content": [{"type": "text", "text": "Je regarde."}], "options": None,
     "metadata": {"title": "Recherche dans l’image", "log": "deux objets", "duration": 1.5, "status": "done"}},
    {"role": "assistant", "content": [
        {"type": "text", "text": "Un **chat** et :\n\n```python\nprint('un clavier')\n```"},
        {"type": "file", "file": make_file_data("chat.png"), "alt_text": "Un chat roux"},
        {"type": "component", "component": "label", "value": {"label": "chat", "confidences": None}},
        {"type": "component", "component": "html", "value": "<b>gras</b>"}],
     "metadata": None, "options": [{"value": "oui", "label": "Oui, continue"}, {"value": "Non"}]},
]  # fmt: skip
JSON = {"objets": [{"nom": "chat", "boîte": [1, 2, 3, 4]}, {"nom": "clavier", "boîte": []}], "sûr": True, "reste": None,
        "long": "x" * 1200, "profond": {"a": {"b": {"c": {"d": 1}}}}}  # fmt: skip
ENTITY_SPANS = [["Marie Curie", "PERS"], [" est née à ", None], ["Varsovie", "LIEU"], [" en ", None], ["1867", "DATE"],
         [".", None]]  # fmt: skip


def make_plot_value(mark: str, rows: list[list[Any]] = YEAR_ROWS) -> dict[str, Any]:
    return {"columns": ["annee", "espaces", "langue"], "data": rows, "datatypes": COLUMN_TYPES, "mark": mark}


def make_data_url() -> str:
    """A picture in the answer itself, as matplotlib’s."""
    return "data:image/png;base64," + base64.b64encode(make_circle_png("#e8f4ed", (320, 200))).decode()


# Label, component, value, props of the component.
ALL_OUTPUTS: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("Description", "Textbox", "Un chat roux est étendu sur un clavier.\nIl dort <b>bien</b>.", {}),
    ("Compte rendu", "Markdown", MARKDOWN, {}),
    ("Rapport", "Html", HTML, {}),
    ("Programme", "Code", CODE, {"language": "python"}),
    ("Nombre", "Number", 1234.5, {}),
    ("Trouvé", "Checkbox", True, {}),
    ("Étiquettes", "Label", {"label": "chat", "confidences": [
        {"label": "chat", "confidence": 0.931}, {"label": "tigre", "confidence": 0.062}]}, {}),
    ("Entités", "Highlightedtext", [{"token": t, "class_or_confidence": c} for t, c in ENTITY_SPANS], {}),
    ("Poids des mots", "Highlightedtext", [{"token": t, "class_or_confidence": c}
                                            for t, c in (("bon", 0.8), (" mais ", 0), ("cher", -0.5))], {}),
    ("Objets", "Dataframe", TABLE, {}),
    ("Zones", "Image", make_file_data("chat.png"), {}),
    ("Dessin", "Image", make_file_data("figure.svg", path=None, url="data:image/svg+xml," + quote(SVG)), {}),
    ("Annotée", "Annotatedimage", {"image": make_file_data("chat.png"), "annotations": [
        {"image": make_file_data("clavier.png"), "label": "clavier"},
        {"image": make_file_data("perdu.png"), "label": "tasse"}]}, {}),
    ("Galerie", "Gallery", [{"image": make_file_data("chat.png"), "caption": "Le chat"},
                            {"image": make_file_data("clavier.png"), "caption": None}], {}),
    ("Avant et après", "Imageslider", [make_file_data("chat.png"), make_file_data("clavier.png")], {}),
    ("Retouche", "Imageeditor", {"background": make_file_data("clavier.png"), "layers": [make_file_data("chat.png")],
                                 "composite": make_file_data("chat.png"), "id": None}, {}),
    ("Lecture", "Audio", make_file_data("voix.wav"), {}),
    ("En direct", "Audio", make_file_data("playlist.m3u8", is_stream=True), {}),
    ("Pièces jointes", "File", [make_file_data("notes.txt"), make_file_data("perdu.txt")], {}),
    ("Volume", "Model3d", make_file_data("volume.glb"), {}),
    ("Figure", "Plot", {"type": "matplotlib", "plot": make_data_url()}, {}),
    ("Graphique", "Plot", {"type": "plotly", "plot": '{"data": [{"type": "bar", "y": [1, 3, 2]}], "layout": {}}'}, {}),
    ("Courbe", "Lineplot", make_plot_value("line"), {"x": "annee", "y": "espaces", "color": "langue"}),
    ("Barres", "Barplot", make_plot_value("bar"), {"x": "langue", "y": "espaces"}),
    ("Nuage", "Scatterplot", make_plot_value("point"), {"x": "annee", "y": "espaces", "color": "langue"}),
    ("Conversation", "Chatbot", CHAT, {}),
    ("Ancienne conversation", "Chatbot", [["Bonjour", "Salut à **toi**"], [None, "Encore là ?"]], {}),
    ("Message", "Multimodaltextbox", {"text": "Voici mes notes", "files": [make_file_data("notes.txt")]}, {}),
    ("Dialogue", "Dialogue", [{"speaker": "Awa", "text": "On y va ?"}, {"speaker": "Zoé", "text": "Oui !"}], {}),
    ("Réglages", "Json", JSON, {}),
    ("Moment", "Datetime", "2026-11-22 14:02:00", {}),
    ("Couleur", "Colorpicker", "#d98236", {}),
    ("Choix", "Checkboxgroup", ["un", "deux"], {}),
    ("Chemins", "Fileexplorer", [["recettes", "soupe.txt"], ["notes.txt"]], {}),
    ("Mise à jour", "Textbox", {"value": "nouvelle valeur", "visible": True, "__type__": "update"}, {}),
    ("Interface", "Textbox", {"visible": False, "__type__": "update"}, {}),
    ("Sautée", "Textbox", {"__type__": "update"}, {}),
    ("Vide", "Image", None, {}),
]  # fmt: skip


def make_all_components_space(exhibits: list[tuple[str, str, Any, dict[str, Any]]] = ALL_OUTPUTS) -> FakeSpace:
    """A Space whose only endpoint, `/echo`, answers with all of it; `1-chat.png` is a copy of `chat.png`."""

    def hand_over(exchange: Exchange) -> None:
        name = exchange.request.path.rpartition("/")[2].rpartition("-")[2]
        exchange.reply(
            EXHIBIT_FILES.get(name, b""), 200 if name in EXHIBIT_FILES else 404, kind="application/octet-stream"
        )

    space = FakeSpace()
    numbers = range(10, 10 + len(exhibits))
    shown = [
        make_component(number, kind.lower(), label=label, **props)
        for number, (label, kind, _, props) in zip(numbers, exhibits, strict=True)
    ]
    space.config = {
        "components": [*ECHO_CONFIG["components"][:1], *shown],
        "dependencies": [ECHO_CONFIG["dependencies"][0] | {"outputs": list(numbers)}],
    }
    returns = [{"label": label, "type": {}, "component": kind} for label, kind, _, _ in exhibits]
    space.info = {"named_endpoints": {"/echo": ECHO_INFO["named_endpoints"]["/echo"] | {"returns": returns}}}
    space.messages = [make_completed([value for _, _, value, _ in exhibits])]
    space.answers = dict.fromkeys([*EXHIBIT_FILES, "perdu.png", "perdu.txt"], hand_over)
    space.answers["voix/playlist-file"] = lambda exchange: exchange.reply(STREAMED_BYTES, kind="audio/mpeg")
    space.answers["enorme.bin"] = lambda exchange: exchange.send_raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 20000001\r\n\r\n"
    )
    return space
