"""The URL rules of the site, and paths that match them."""

import re

from flask import Flask
from werkzeug.routing import Rule


def list_rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def fill_rule(rule: Rule, part: str) -> str:
    """The path of a rule with `part` in the place of each of its arguments."""
    return re.sub(r"<[^>]*>", lambda _: part, rule.rule)
