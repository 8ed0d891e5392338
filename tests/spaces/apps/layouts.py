"""Pages as people lay them out: an introduction, folds, tabs, rows, hidden groups, seeds, several languages."""

import gradio as gr

TEN_DIGITS = 1_994_967_667


def studio() -> gr.Blocks:
    """A page that shows one field and a button, and keeps the rest in a fold."""

    # As many as the pages of picture models have.
    def draw(negative, steps, guidance, seed, randomize_seed, prompt, strength, tiles):  # noqa: PLR0917
        drawn_by = "a seed of its own" if randomize_seed else f"seed {seed}"
        return f"{prompt} without {negative or 'nothing'}: {steps} steps, {guidance}, {drawn_by}, {strength}, {tiles}"

    with gr.Blocks(title="Pocket Painter") as blocks:
        gr.Markdown(
            "# Pocket Painter 🎨\n[Paper](https://a.example) | [Code](https://b.example)\n\n"
            "Describe a picture in one sentence and press **Paint**. It takes about ten seconds."
        )
        prompt = gr.Textbox(label="Prompt", placeholder="A lighthouse in the snow")
        go = gr.Button("Paint", variant="primary")
        picture = gr.Textbox(label="Picture")
        with gr.Accordion("Advanced Settings", open=False):
            negative = gr.Textbox(label="Negative prompt")
            with gr.Row():
                seed = gr.Slider(0, 2**31 - 1, TEN_DIGITS, step=1, label="Seed")
                randomize_seed = gr.Checkbox(True, label="Randomize seed")
            with gr.Row():
                steps = gr.Slider(1, 50, 28, step=1, label="Steps")
                guidance = gr.Slider(0, 20, 3.5, step=0.5, label="Guidance")
            with gr.Accordion("For experts", open=False):
                tiles = gr.Number(4, label="Tiles", precision=0)
        with gr.Group(visible=False):
            strength = gr.Slider(0, 1, 0.8, label="Strength")
        inputs = [negative, steps, guidance, seed, randomize_seed, prompt, strength, tiles]
        go.click(draw, inputs, picture, api_name="draw")
    return blocks


def portraits() -> gr.Blocks:
    """A page whose pictures have no labels: the tabs around them say what they are."""

    def animate(*given):
        return ", ".join(type(each).__name__ for each in given)

    with gr.Blocks() as blocks:
        gr.HTML("<center><h1>Talking Portraits</h1><p>Upload a face, then a film of somebody who speaks.</p></center>")
        with gr.Row():
            with gr.Column():
                with gr.Tabs():
                    with gr.Tab("Source picture"):
                        face = gr.Image(type="filepath")
                    with gr.Tab("Source film"):
                        film = gr.Video()
                with gr.Accordion("Cropping", open=True), gr.Row():
                    crop, scale = gr.Checkbox(True, label="Crop"), gr.Number(2.3, label="Scale")
            with gr.Column(), gr.Tabs():
                with gr.Tab("Driving film"):
                    driver = gr.Video()
                with gr.Tab("Driving sound"):
                    sound, loud = gr.Audio(), gr.Slider(0, 2, 1, label="Loudness")
        inputs = [face, film, driver, sound, crop, scale, loud]
        gr.Button("Animate").click(animate, inputs, gr.Textbox(label="Result"), api_name="animate")
    return blocks


ENGLISH = {"title": "Greeter", "name": "Your name", "formal": "Formal", "go": "Greet", "more": "More"}
FRENCH = {"title": "Bonjours", "name": "Votre nom", "formal": "Vouvoyer", "go": "Saluer", "more": "Suite"}


def greeter() -> tuple[gr.Blocks, "gr.I18n"]:
    """A page in two languages, and its words."""
    words = gr.I18n(en=ENGLISH, fr=FRENCH)

    def greet(name, tone, times):
        return f"{'Bonjour' if tone == 'vous' else 'Salut'} {name} " * int(times)

    with gr.Blocks() as blocks:
        gr.Markdown(f"# {words('title')}")
        name = gr.Textbox(label=words("name"), info=f"✏️ {words('name')}")
        tone = gr.Radio([(words("formal"), "vous"), ("tu", "tu")], value="vous", label="Ton")
        with gr.Accordion(label=words("more"), open=False):
            times = gr.Number(1)
        go, said = gr.Button(words("go")), gr.Textbox()
        go.click(greet, [name, tone, times], said, api_name="greet")
    return blocks, words
