"""Code of a call: the same call as a form makes, as programs in several languages, beside the form and to download."""
