"""Values of runs: types, file references, short texts, page budget. Pure."""
