"""The page of a Space and the form that makes a run, above `spaces` and `runs`: /espaces."""
