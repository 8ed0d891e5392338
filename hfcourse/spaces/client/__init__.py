"""The client of a Space: HTTP, Gradio's queue protocol, the events and errors of a call."""
