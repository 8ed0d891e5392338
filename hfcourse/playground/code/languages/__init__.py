"""Languages in which a call is rendered as a program; each quotes untrusted names and values by its own rules."""
