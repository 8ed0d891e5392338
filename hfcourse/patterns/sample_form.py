"""Sample form: a field of each kind of control, in the sections that a Space's page may have."""

from collections.abc import Mapping
from typing import Any

from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.examples.example_values import Example
from hfcourse.spaces.schema.layout.block_tree import Block, Position
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.text.typography import typeset_french

COLORS = (("rouge", "rouge"), ("bleu", "bleu"), ("vert", "vert"))
FILE_SCHEMA = {"title": "ImageData", "type": "object"}
SCENE_SCHEMA = {"type": "object", "properties": {"face": FILE_SCHEMA, "dos": FILE_SCHEMA}}
# Name, label, component, other attributes: one parameter for each kind of control, at least.
PARAMETERS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("phrase", "Texte", "textbox", {"placeholder": "Une phrase", "help": "Une aide, sous le nom."}),
    ("texte_long", "Texte long", "textbox", {"lines": 3, "default": "Le chat dort sur le clavier."}),
    ("nombre", "Nombre", "number", {"minimum": 1, "maximum": 512, "default": 900}),
    ("reglette", "Réglette", "slider", {"minimum": 0, "maximum": 10, "step": 1, "default": 4}),
    ("accord", "Case", "checkbox", {"default": True}),
    ("radio", "Un choix", "radio", {"choices": COLORS, "default": "bleu"}),
    ("liste", "Liste", "dropdown", {"choices": COLORS, "default": "rouge"}),
    ("cases", "Cases", "checkboxgroup", {"choices": COLORS, "default": ["vert"]}),
    ("couleur", "Couleur", "colorpicker", {"default": "#ffc83d"}),
    ("date", "Date", "datetime", {"default": "2026-11-22 14:02:00"}),
    ("tableau", "Tableau", "dataframe", {"headers": ("mot", "poids"), "datatypes": ("str", "number"), "rows": 2}),
    ("image", "Image", "image", {"sources": ("upload", "webcam")}),
    ("fichiers", "Fichiers", "file", {"multiple": True}),
    ("galerie", "Galerie", "gallery", {}),
    ("avant_apres", "Avant et après", "imageslider", {}),
    ("retouche", "Retouche", "imageeditor", {}),
    ("message", "Message", "multimodaltextbox", {}),
    ("scene", "Scène", "api", {"schema": SCENE_SCHEMA}),
    ("code", "Code", "code", {"language": "python", "default": "print('Bonjour')"}),
    ("json", "JSON", "json", {"default": {"a": 1}}),
    ("historique", "Conversation", "chatbot", {}),
    ("dialogue", "Dialogue", "dialogue", {"speakers": ("Awa", "Inès")}),
    ("chemins", "Chemins", "fileexplorer", {}),
    ("etiquette", "Étiquette", "label", {}),
    ("graphique", "Graphique", "plot", {}),
)
EXAMPLES = tuple(
    Example(label, {"phrase": phrase}, label, (("Texte", phrase), ("Réglette", number)))
    for label, phrase, number in (
        ("Un chat sur un clavier", "Le chat dort.", "7"),
        ("Un marché, vu d’en haut", "Les étals.", "3"),
    )
)
SECTION_NAMES = ("code", "json", "historique", "dialogue", "chemins", "etiquette", "graphique")


def build_sample_endpoint() -> Endpoint:
    """Build the endpoint of the form; its last parameters are in an accordion."""
    accordion = Block(1, "accordion", "Réglages avancés")
    positions = {
        name: Position(order, accordion if name in SECTION_NAMES else None)
        for order, (name, *_) in enumerate(PARAMETERS)
    }
    parameters = tuple(Parameter(name, label, component, **rest) for name, label, component, rest in PARAMETERS)
    return Endpoint("/exemple", "Un exemple", "", parameters, (), positions=positions, examples=EXAMPLES)


def build_sample_description() -> Description:
    """Build a description with two endpoints that can be called and one that cannot."""
    greeting = Endpoint("/saluer", "Saluer", "", (Parameter("prenom", "Prénom", "textbox"),), ())
    blocked = Endpoint("/interne", "Interne", "", (), (), blocked_reason=typeset_french("Ses entrées manquent ici."))
    return Description("", "6.31.0", (build_sample_endpoint(), greeting, blocked))


def build_sample_form(endpoint: Endpoint) -> Form:
    """Bind the form to its defaults, with an error in a number and one in a cell of the table."""
    form = forms.bind_form(endpoint)
    entries = {entry.parameter.name: entry for entry in form.fields}
    entries["phrase"].mark, entries["texte_long"].mark = "required", "optional"
    entries["nombre"].error = typeset_french("Entre 1 et 512.")
    table = entries["tableau"]
    table.rows = [["truffe noire", "beaucoup"], ["clavier", "0,8"]]
    table.error = typeset_french("Une case ne convient pas.")
    return form
