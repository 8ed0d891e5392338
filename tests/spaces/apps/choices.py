"""Choices, whose labels are not their values, and whose values are not always texts."""

import gradio as gr

from tests.spaces.apps.seeing import through

YEARS = [("Cette année", 2025), ("Dans cinq ans", 2030)]
WORDS = ["rouge", "vert", "bleu"]


def app() -> gr.Blocks:
    with gr.Blocks(title="Choix") as blocks:
        through("radio", gr.Radio(WORDS, label="Radio", value="vert"))
        through("radio_sans_valeur", gr.Radio(WORDS, label="Radio, rien de choisi"))
        through("radio_nombres", gr.Radio(YEARS, label="Année"))
        through("radio_jumeaux", gr.Radio([("Le nombre", 1), ("Le texte", "1")], label="Deux valeurs de même aspect"))
        through("liste", gr.Dropdown(WORDS, label="Liste", value="bleu"))
        through("liste_nombres", gr.Dropdown(YEARS, label="Année de la liste", value=2030))
        through("liste_libre", gr.Dropdown(WORDS, label="Liste libre", allow_custom_value=True, value="vert"))
        through("liste_rien", gr.Dropdown(WORDS, label="Liste, rien de choisi", value=None))
        through("liste_multiple", gr.Dropdown(WORDS, label="Liste multiple", multiselect=True, value=["vert"]))
        through(
            "liste_multiple_libre",
            gr.Dropdown(WORDS, label="Liste multiple libre", multiselect=True, allow_custom_value=True),
        )
        through("liste_de_deux", gr.Dropdown(WORDS, label="Deux au plus", multiselect=True, max_choices=2))
        through("cases", gr.CheckboxGroup(WORDS, label="Cases", value=["rouge", "bleu"]))
        through("cases_nombres", gr.CheckboxGroup(YEARS, label="Années"))
        through("position", gr.Radio(WORDS, type="index", label="Position"), gr.Number(label="Position choisie"))
        examples = gr.Dataset(components=[gr.Textbox(visible=False)], samples=[["un"], ["deux"]], label="Exemples")
        through("exemple", examples, gr.JSON(label="Exemple choisi"))
    return blocks
