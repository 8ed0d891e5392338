from gradio_client import Client

SPACE = "http://127.0.0.1:7861"  # l’adresse du Space d’entraînement

client = Client(SPACE, token=False)
greeting = client.predict(prenom="Awa", tutoyer=False, api_name="/saluer")
print(greeting)
