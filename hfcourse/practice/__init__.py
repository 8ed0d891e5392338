"""The practice Space: a real Gradio app that needs no network, in a process of its own beside the site.

`app` is the Space, run by that process alone; `server` starts it, puts it to sleep and stops it.
"""
