import os

from dotenv import load_dotenv
from huggingface_hub import whoami

load_dotenv()
print(whoami(token=os.environ["HF_TOKEN"])["name"])
