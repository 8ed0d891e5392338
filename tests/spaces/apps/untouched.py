"""Values that a form must not change on their way: line ends, types of JSON, tables and texts larger than a form."""

from typing import Any

import gradio as gr

from tests.spaces.apps.seeing import add_round_trip, describe_value

GREETINGS = ["Cher monsieur,\nbonjour", "Chère madame,\r\nbonsoir", "Salut"]
VOICES = [f"voix n° {number}" for number in range(2_500)]
TALLY = [[f"élève {line}", *(line * column for column in range(9))] for line in range(200)]
NOTES = [["Awa", 12, "très\nbien"], [None, None, None], ["Zoé", 2**60, None]]
LONG = "Il était une fois. " * 8_000
TOWNS = {"Bretagne": ["Brest", "Rennes"], "Alsace": ["Colmar"]}
HAS_OBJECTS_IN_HTML = gr.__version__ >= "6"


def app() -> gr.Blocks:
    with gr.Blocks(title="Intacts") as blocks:
        texts()
        lists()
        tables()
        numbers()
        button()
        folds()
        session()
    return blocks


def texts() -> None:
    add_round_trip("lignes_windows", gr.Textbox("Un\r\nDeux\rTrois", label="Texte de plusieurs lignes"))
    add_round_trip("texte_simple", gr.Textbox(label="Texte qui grandit"))
    add_round_trip("texte_court", gr.Textbox(label="Une ligne", max_lines=1))
    add_round_trip("texte_long", gr.Textbox(LONG, label="Histoire"))
    add_round_trip("majuscules", gr.ColorPicker("#FF8800", label="Couleur"))


def lists() -> None:
    add_round_trip("formules", gr.Dropdown(GREETINGS, value=GREETINGS[0], label="Formule"))
    add_round_trip("formules_radio", gr.Radio(GREETINGS, value=GREETINGS[1], label="Formule"))
    add_round_trip("formules_cases", gr.CheckboxGroup(GREETINGS, value=[GREETINGS[2], GREETINGS[0]], label="Formules"))
    named = [("Jour", GREETINGS[0]), ("Soir", GREETINGS[1])]
    add_round_trip("formules_nommees", gr.Dropdown(named, value=GREETINGS[1], label="Formule"))
    add_round_trip(
        "formules_libres", gr.Dropdown(GREETINGS, value=GREETINGS[0], allow_custom_value=True, label="Formule")
    )
    free = gr.Dropdown(GREETINGS, value=[GREETINGS[1]], multiselect=True, allow_custom_value=True, label="Formules")
    add_round_trip("formules_plusieurs", free)
    add_round_trip("tardive", gr.Dropdown([], label="Liste que la page remplit"))
    add_round_trip("tardives", gr.Dropdown([], multiselect=True, label="Listes que la page remplit"))
    add_round_trip("voix", gr.Dropdown(VOICES, value=VOICES[2_400], label="Voix"))


def tables() -> None:
    headers = ["nom", *(f"note {n}" for n in range(9))]
    add_round_trip("releve", gr.Dataframe(TALLY, headers=headers, label="Relevé", visible=False))
    add_round_trip("avis", gr.Dataframe(NOTES, headers=["Nom", "2024", "Avis"], label="Avis"))


def numbers() -> None:
    add_round_trip("sans_valeur", gr.Number(label="Nombre"), gr.JSON())
    add_round_trip("sans_valeur_entier", gr.Number(precision=0, label="Entier"), gr.JSON())
    add_round_trip("a_la_fin", gr.Number(0.1 + 0.2, label="Précis"), gr.JSON())
    if HAS_OBJECTS_IN_HTML:
        add_round_trip("compteur", gr.HTML(3, html_template="<b>${value}</b>", label="Compteur"), gr.JSON())
        add_round_trip("bascule", gr.HTML(True, html_template="<b>${value}</b>", label="Bascule"), gr.JSON())
        add_round_trip("fiche", gr.HTML({"n": 1.0}, html_template="<b>${value.n}</b>", label="Fiche"), gr.JSON())


def button() -> None:
    """An endpoint whose first input is the button itself."""
    kind, about, report = gr.Button("Sonnet"), gr.Textbox("la pluie", label="Sujet"), gr.JSON()

    def compose(kind: str, subject: str) -> Any:
        return {"vu": [kind, subject]}

    kind.click(compose, [kind, about], report, api_name="composer")


def folds() -> None:
    """Numbers without value: in sight, folded, in another tab, hidden by a parent, hidden, beside the button."""
    shown, report = gr.Number(label="En vue"), gr.JSON()
    with gr.Accordion("Réglages", open=False):
        folded = gr.Number(label="Replié")
    with gr.Tabs():
        with gr.Tab("Premier"):
            first = gr.Number(label="Premier onglet")
        with gr.Tab("Second"):
            second = gr.Number(label="Second onglet")
            inside = gr.Button("Calculer ici")
    with gr.Column(visible=False):
        hidden = gr.Number(label="Dans un bloc caché")
    alone = gr.Textbox(label="Caché", visible=False)
    inputs = [shown, folded, first, second, hidden, alone]
    outside = gr.Button("Calculer")
    for name, trigger in {"plis": outside, "plis_ouverts": inside}.items():
        trigger.click(lambda *values: {"vu": describe_value(values)}, inputs, report, api_name=name)


def session() -> None:
    """One endpoint gives a list its choices, another takes one of them; a State keeps the session."""
    region, town = gr.Radio([*TOWNS], value="Bretagne", label="Région"), gr.Dropdown(["Brest"], label="Ville")
    visited, report = gr.State([]), gr.JSON()

    def offer(name: str, before: list[str]) -> Any:
        return gr.update(choices=TOWNS[name], value=None), [*before, name]

    gr.Button("Voir les villes").click(offer, [region, visited], [town, visited], api_name="villes")

    def leave(town: str, before: list[str]) -> Any:
        return {"vu": [town, before]}

    gr.Button("Partir").click(leave, [town, visited], report, api_name="partir")
