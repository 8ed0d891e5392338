"""Texts, numbers, moments: whatever one types."""

from typing import Any

import gradio as gr

from tests.spaces.apps.seeing import add_round_trip, describe_value


def app() -> gr.Blocks:
    with gr.Blocks(title="Textes") as blocks:
        add_round_trip(
            "ligne", gr.Textbox(label="Une ligne", info="Sur une ligne.", placeholder="Écrivez", max_lines=1)
        )
        add_round_trip("lignes", gr.Textbox(label="Plusieurs lignes", lines=4, value="Première\nSeconde"))
        add_round_trip("adresse", gr.Textbox(label="Adresse", type="email"))
        add_round_trip("secret", gr.Textbox(label="Mot secret", type="password"))
        add_round_trip("code", gr.Code(label="Programme", language="python", value="print('été')"))
        add_round_trip("markdown", gr.Markdown("**Gras**", label="Markdown"))
        add_round_trip("html", gr.HTML("<b>Gras</b>", label="HTML"))
        add_round_trip("json", gr.JSON(label="JSON"))
        add_round_trip("couleur", gr.ColorPicker(label="Couleur", value="#ff8800"))
        add_round_trip("couleur_libre", gr.ColorPicker(label="Couleur libre", value="rgba(1, 2, 3, 1)"))
        add_round_trip("etiquette", gr.Label(label="Étiquette"), change=classified)
        add_round_trip("surligne", gr.HighlightedText(label="Surligné", interactive=True), change=highlighted)
    return blocks


def numbers() -> gr.Blocks:
    with gr.Blocks(title="Nombres") as blocks:
        add_round_trip("nombre", gr.Number(label="Nombre", value=2.5))
        add_round_trip("entier", gr.Number(label="Entier", precision=0, minimum=-5, maximum=500, step=5))
        add_round_trip("reglette", gr.Slider(-1, 1, value=0.25, step=0.25, label="Réglette"))
        add_round_trip("case", gr.Checkbox(label="Case", value=True))
        add_round_trip("date", gr.DateTime(label="Date", include_time=False, type="string", timezone="UTC"))
        add_round_trip("moment", gr.DateTime(label="Moment", type="string", timezone="UTC"))
        add_round_trip(
            "instant", gr.DateTime(label="Instant", type="timestamp", timezone="UTC", value="2024-02-29 12:00:00")
        )
        add_round_trip("minuterie", gr.Timer(2, active=False), gr.Timer(active=False))
        mixed()
    return blocks


def mixed() -> None:
    """Several values at once, in an order that nothing but their position tells."""
    given = [
        gr.Number(label="Gauche", value=1),
        gr.Radio(["+", "-"], label="Opération", value="+"),
        gr.Number(label="Droite", value=2),
        gr.Checkbox(label="Arrondir"),
    ]
    shown = [gr.Number(label="Résultat"), gr.Textbox(label="Calcul")]

    def calculate(left, operation, right, rounded=False):
        result = left + right if operation == "+" else left - right
        return (round(result) if rounded else result), f"{left} {operation} {right} = {result}"

    gr.Button("Calculer").click(calculate, given, shown, api_name="calculer")


def classified(label: Any) -> Any:
    return {label: 0.75, "autre": 0.25} if isinstance(label, str) and label else label


def highlighted(spans: Any) -> Any:
    """As (text, class) pairs, which is what an author returns."""
    return [(span["token"], span["class_or_confidence"]) if isinstance(span, dict) else span for span in spans or []]


def long() -> gr.Blocks:
    """A form of thirty parameters: as wide and as long as they come."""
    kinds = [gr.Textbox, gr.Number, gr.Slider, gr.Checkbox, gr.ColorPicker, gr.File]
    with gr.Blocks(title="Trente paramètres") as blocks:
        given = [kinds[n % 6](label=f"Un paramètre au nom plutôt long, numéro {n + 1}") for n in range(22)]
        given += [
            gr.Dataframe(headers=[f"Colonne {n}" for n in range(12)], label="Un tableau de douze colonnes"),
            gr.Dropdown([f"Une réponse assez longue, numéro {n}" for n in range(40)], label="Un choix parmi quarante"),
            gr.Dropdown(["un", "deux"], multiselect=True, label="Plusieurs"),
            gr.Radio([f"Réponse {n}" for n in range(12)], label="Douze réponses"),
            gr.CheckboxGroup(["mot" * 20, "x"], label="Un mot sans fin"),
            gr.Code(label="Programme", value="x = 1  " + "# une très longue ligne " * 20),
            gr.Image(label="Image"),
            gr.JSON(label="Des réglages"),
        ]
        report = gr.JSON(label="Vu par le Space")
        gr.Button("Tout envoyer").click(lambda *values: {"vu": describe_value(values)}, given, report, api_name="tout")
    return blocks
