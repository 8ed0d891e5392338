import os

from gradio_client import Client

client = Client(os.environ["SPACE_URL"], token=False, verbose=False)
prompt = "Translate into French: The train is late."
print(client.predict(prompt, 0, 40, 1, api_name="/generer"))
