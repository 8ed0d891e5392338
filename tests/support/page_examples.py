"""Descriptions of Gradio pages that several tests read."""

from tests.support.page_builder import PageBuilder


def build_enter_and_button_page() -> PageBuilder:
    """The Enter key and a button begin the same two steps."""
    page = PageBuilder()
    asked, seed, made = (
        page.add_component("textbox", "Idée"),
        page.add_component("number", "Graine"),
        page.add_component("image", "Image"),
    )
    for number, trigger in enumerate([(asked, "submit"), (page.add_component("button", "Dessiner"), "click")]):
        suffix = f"_{number}" if number else ""
        step = page.add_event(f"tirer{suffix}", trigger[0], (), [seed], trigger[1])
        page.add_next_step(step, f"dessiner{suffix}", [asked, seed], [made])
    return page


def build_tab_family_page(size: int) -> PageBuilder:
    page = PageBuilder()
    for number in range(size):
        tab = page.add_component("tabitem", f"Modèle {number}")
        taken, given = page.add_component("textbox", "Texte", tab), page.add_component("textbox", "Réponse", tab)
        page.add_event(
            "predire" + (f"_{number}" if number else ""), page.add_component("button", "Prédire", tab), [taken], [given]
        )
    return page


def build_gallery_page() -> PageBuilder:
    """A picture is drawn in the style on which somebody clicked."""
    page = PageBuilder()
    styles, chosen = page.add_component("gallery", "Styles"), page.add_component("state")
    prompt, picture = page.add_component("textbox", "Sujet"), page.add_component("image", "Dessin")
    page.add_event("choisir", styles, (), [chosen], "select", collects_event_data=True)
    page.add_event("dessiner", page.add_component("button", "Dessiner", variant="primary"), [prompt, chosen], [picture])
    return page


def build_painting_chain_page(event: str = "click", kind: str = "image") -> PageBuilder:
    """One button, four steps, one of which is private; the last but one makes the picture."""
    page = PageBuilder()
    tip, mood, draft = (
        page.add_component("markdown", "Aide"),
        page.add_component("textbox", "Idée"),
        page.add_component("slider", "Graine"),
    )
    chance, made = page.add_component("checkbox", "Au hasard"), page.add_component(kind, "Tableau")
    button = page.add_component("button", "Peindre")
    step = page.add_event("ranger", button if event == "click" else mood, (), [tip], event)
    step = page.add_next_step(step, "", public=False)
    step = page.add_next_step(step, "tirer", [chance, draft], [draft])
    step = page.add_next_step(step, "peindre", [mood, draft], [made])
    page.add_next_step(step, "remercier", (), [tip])
    return page
