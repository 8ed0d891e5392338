"""Choices, whose labels are not their values, and whose values are not always texts."""

import gradio as gr

from tests.spaces.apps.seeing import add_round_trip

YEARS = [("Cette année", 2025), ("Dans cinq ans", 2030)]
WORDS = ["rouge", "vert", "bleu"]


def app() -> gr.Blocks:
    with gr.Blocks(title="Choix") as blocks:
        add_round_trip("radio", gr.Radio(WORDS, label="Radio", value="vert"))
        add_round_trip("radio_sans_valeur", gr.Radio(WORDS, label="Radio, rien de choisi"))
        add_round_trip("radio_nombres", gr.Radio(YEARS, label="Année"))
        add_round_trip(
            "radio_jumeaux", gr.Radio([("Le nombre", 1), ("Le texte", "1")], label="Deux valeurs de même aspect")
        )
        add_round_trip("liste", gr.Dropdown(WORDS, label="Liste", value="bleu"))
        add_round_trip("liste_nombres", gr.Dropdown(YEARS, label="Année de la liste", value=2030))
        add_round_trip("liste_libre", gr.Dropdown(WORDS, label="Liste libre", allow_custom_value=True, value="vert"))
        add_round_trip("liste_rien", gr.Dropdown(WORDS, label="Liste, rien de choisi", value=None))
        add_round_trip("liste_multiple", gr.Dropdown(WORDS, label="Liste multiple", multiselect=True, value=["vert"]))
        add_round_trip(
            "liste_multiple_libre",
            gr.Dropdown(WORDS, label="Liste multiple libre", multiselect=True, allow_custom_value=True),
        )
        add_round_trip("liste_de_deux", gr.Dropdown(WORDS, label="Deux au plus", multiselect=True, max_choices=2))
        add_round_trip("cases", gr.CheckboxGroup(WORDS, label="Cases", value=["rouge", "bleu"]))
        add_round_trip("cases_nombres", gr.CheckboxGroup(YEARS, label="Années"))
        add_round_trip("position", gr.Radio(WORDS, type="index", label="Position"), gr.Number(label="Position choisie"))
        examples = gr.Dataset(components=[gr.Textbox(visible=False)], samples=[["un"], ["deux"]], label="Exemples")
        add_round_trip("exemple", examples, gr.JSON(label="Exemple choisi"))
    return blocks
