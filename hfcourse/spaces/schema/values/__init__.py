"""The values of a form: parsed from what was typed, formatted back, within a budget. Pure."""
