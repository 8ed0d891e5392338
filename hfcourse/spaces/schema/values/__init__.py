"""Parsers, validators and formatters of form values, and the budget of a form. Pure."""
