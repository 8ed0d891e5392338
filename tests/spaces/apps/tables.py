"""Tables, whose columns have types, and values that only JSON can write."""

import gradio as gr

from tests.spaces.apps.seeing import add_output, add_round_trip, describe_value

ROWS = [["Awa", 3, True], ["Zoé", 2.5, False]]


def app() -> gr.Blocks:
    with gr.Blocks(title="Tableaux") as blocks:
        add_round_trip(
            "tableau",
            gr.Dataframe(ROWS, headers=["Nom", "Âge", "Là"], datatype=["str", "number", "bool"], label="Tableau"),
        )
        add_round_trip("tableau_vide", gr.Dataframe(headers=["a", "b"], label="Tableau vide", row_count=2))
        add_round_trip(
            "tableau_liste", gr.Dataframe(headers=["x"], datatype="number", type="array", label="Liste de nombres")
        )
        add_round_trip(
            "matrice", gr.Dataframe(type="numpy", datatype="number", row_count=1, label="Matrice", headers=["1", "2"])
        )
        add_output("tableau_markdown", gr.Dataframe(label="Avec du HTML", datatype=["str", "html"]), suspicious)
        add_output("parametres", gr.ParamViewer({}), described)
        if hasattr(gr, "BrowserState"):
            remembered()
    return blocks


def suspicious() -> dict[str, object]:
    return {"headers": ["Nom", "Balise"], "data": [["<b>x</b>", "<img src=x>"], [None, "&"]]}


def described() -> dict[str, dict[str, str]]:
    return {"taille": {"type": "int", "description": "En octets.", "default": "3"}}


def remembered() -> None:
    """What a browser would keep, sent along."""
    kept, report = gr.BrowserState({"visites": 1}), gr.JSON(label="Vu par le Space")

    def visit(kept):
        return {"visites": kept["visites"] + 1}, {"vu": describe_value(kept)}

    gr.Button("Visiter").click(visit, kept, [kept, report], api_name="visiter")
