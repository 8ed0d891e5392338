"""Mini chatbot : le Space, le jeton s’il en faut un, et l’appel."""

import os
import time

from dotenv import load_dotenv
from gradio_client import Client
from huggingface_hub import get_space_runtime

from errors import Refusal

load_dotenv()  # flask run lit .env de lui-même, gunicorn non
SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")
# False : aucun jeton ne part, même si HF_TOKEN existe.
TOKEN = os.environ["HF_TOKEN"] if os.environ.get("WITH_TOKEN") == "yes" else False
MAX_SECONDS = 60
STATES = {
    "SLEEPING": "Le Space dort. Ouvrez sa page sur le Hub, puis réessayez.",
    "BUILDING": "Le Space est en construction. Réessayez dans quelques minutes.",
    "APP_STARTING": "Le Space démarre. Réessayez dans une minute.",
    "PAUSED": "Le Space est en pause. Essayez-en un autre.",
}


def open_client():
    """Ouvrir un client, après avoir regardé dans quel état est le Space."""
    if not SPACE.startswith("http"):  # un nom : le Space est sur le Hub
        state = get_space_runtime(SPACE, token=TOKEN).stage
        if not state.startswith("RUNNING"):
            sentence = "Le Space est en panne. Essayez-en un autre."
            raise Refusal(STATES.get(state, sentence))
    return Client(
        SPACE,
        token=TOKEN,
        verbose=False,
        download_files=False,
        httpx_kwargs={"timeout": 20},
    )


def ask_space(client, question):
    """Livrer la réponse à mesure : chaque fois, tout le texte écrit jusque-là."""
    job = client.submit(question, api_name=ENDPOINT)
    deadline = time.monotonic() + MAX_SECONDS
    sent = 0
    try:
        while not job.done():
            if time.monotonic() > deadline:
                raise TimeoutError
            if len(job.outputs()) > sent:
                sent = len(job.outputs())
                yield job.outputs()[-1]
            time.sleep(0.05)
        yield job.result()
    finally:
        if not job.done():
            job.cancel()  # laisser sa place dans la file du Space
