import os

from huggingface_hub import InferenceClient

client = InferenceClient(api_key=os.environ["HF_TOKEN"])
question = {"role": "user", "content": "Translate into French: The train is late."}
answer = client.chat_completion(
    [question], model="openai/gpt-oss-120b", max_tokens=200
)
print(answer.choices[0].message.content)
