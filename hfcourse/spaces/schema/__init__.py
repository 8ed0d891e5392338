"""Parsers of the description of one value in `/config` and `/info`: schema, choices, labels, updates. Pure."""
