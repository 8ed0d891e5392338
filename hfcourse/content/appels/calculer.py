from gradio_client import Client

SPACE = "http://127.0.0.1:7861"  # l’adresse du Space d’entraînement

client = Client(SPACE, token=False)
for b in (2, 0):
    result = client.predict(a=7, operation="division", b=b, api_name="/calculer")
    print(result)
