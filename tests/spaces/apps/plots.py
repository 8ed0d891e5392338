"""Plots: pictures, libraries' own JSON, and Gradio's own as data."""

import json

import gradio as gr
import pandas as pd
from gradio.components.plot import PlotData
from PIL import Image

from tests.spaces.apps.seeing import add_output, describe_value

YEARS = pd.DataFrame({"annee": [2023, 2024, 2025], "espaces": [10, 40, 90], "langue": ["fr", "fr", "en"]})


def figure() -> object:
    """A figure of matplotlib, which comes with Gradio 4."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return Picture()
    drawn = Figure((1, 1))
    drawn.subplots().plot([1, 3, 2])
    return drawn


class Picture:
    """All that Gradio 5 and 6 ask of such a figure: that it can save itself."""

    __module__ = "matplotlib.figure"

    def savefig(self, out, format="png", **_):
        Image.new("RGB", (32, 20), "#2244aa").save(out, format)


class Chart:
    """All that Gradio asks of a figure of plotly or altair."""

    def to_json(self) -> str:
        return json.dumps({"data": [{"type": "bar", "y": [1, 3, 2]}], "layout": {"title": {"text": "Été"}}})


class PlotlyChart(Chart):
    __module__ = "plotly.graph_objs"


class AltairChart(Chart):
    __module__ = "altair.vegalite"


def app() -> gr.Blocks:
    with gr.Blocks(title="Tracés") as blocks:
        add_output("matplotlib", gr.Plot(label="Figure", format="png"), figure)
        add_output("plotly", gr.Plot(label="Graphique de plotly"), PlotlyChart)
        add_output("altair", gr.Plot(label="Graphique d’altair"), AltairChart)
        add_output(
            "bokeh", gr.Plot(label="Graphique de bokeh"), lambda: PlotData(type="bokeh", plot='{"root_id": "p1"}')
        )
        add_output("ligne", gr.LinePlot(label="Courbe", x="annee", y="espaces"), lambda: YEARS)
        add_output("barres", gr.BarPlot(label="Barres", x="langue", y="espaces"), lambda: YEARS)
        add_output("nuage", gr.ScatterPlot(label="Nuage", x="annee", y="espaces", color="langue"), lambda: YEARS)
        drawn, drawn_line = gr.Plot(label="Tracé reçu"), gr.LinePlot(label="Courbe reçue", x="annee", y="espaces")
        report = gr.JSON(label="Vu par le Space")
        gr.Button("Relire").click(describe_value, drawn, report, api_name="relire")
        gr.Button("Relire la courbe").click(describe_value, drawn_line, report, api_name="relire_courbe")
    return blocks
