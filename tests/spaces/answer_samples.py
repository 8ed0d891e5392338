"""What the apps of apps/answers.py return, for the tests that do without Gradio."""

ADVICE = "Deux conseils pour **Awa** :\n\n- dormir\n- lire\n\n```python\nprint(7)\n```"
FILM = b"\0\0\0\x18ftypmp42" + b"\0" * 400
