"""Le plus petit chatbot : une question, une réponse."""

# >>> debut
import os

from flask import Flask, render_template, request
from gradio_client import Client

SPACE = os.environ.get("SPACE", "http://127.0.0.1:7860")
ENDPOINT = os.environ.get("ENDPOINT", "/discuter")
MOST_CHARACTERS = 2000

app = Flask(__name__)
# <<< debut


# >>> page
@app.get("/")
def page():
    return render_template("premier.html")


# <<< page


# >>> appel
@app.post("/")
def ask():
    message = request.form.get("message", "").strip()
    if not message or len(message) > MOST_CHARACTERS:
        sentence = f"Écrivez un message de {MOST_CHARACTERS} caractères au plus."
        return render_template("premier.html", sentence=sentence)
    client = Client(SPACE, token=False)
    answer = client.predict(message, api_name=ENDPOINT)
    return render_template("premier.html", message=message, answer=answer)


# <<< appel
