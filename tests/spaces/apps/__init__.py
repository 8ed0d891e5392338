"""Real Gradio apps, one idea each: together they use every component, in and out.

One text for Gradio 4, 5 and 6: what a version lacks is left out. Nothing here asks the network, and the
same values give the same answers.
"""
