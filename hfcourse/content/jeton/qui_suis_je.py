import os

import httpx
from dotenv import load_dotenv

load_dotenv()  # lit le fichier .env, dans le dossier de ce programme
hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
token = os.environ["HF_TOKEN"]

answer = httpx.get(
    f"{hub}/api/whoami-v2",
    headers={"Authorization": f"Bearer {token}"},
)
print("Code", answer.status_code)
who = answer.json()
if answer.status_code == 200:
    print("Compte :", who["name"])
    print("Jeton :", who["auth"]["accessToken"]["displayName"])
else:
    print("Refusé :", who["error"])
