"""The practice Space: an offline Gradio app, in a process of its own beside the site.

`app` is the Space, imported in that process alone; `server` starts, idles and stops the process.
"""
