"""Values as runs store and show them: types, file references, short texts, page budget. Pure."""
