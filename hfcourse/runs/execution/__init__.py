"""Execution of a run: call of the Space, events, output files, previews."""
