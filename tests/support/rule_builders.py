"""Cache of the functions that Werkzeug compiles for each URL rule: three quarters of the time of a `create_app()`."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]
compile_builder = Rule._compile_builder
builders: dict[tuple[Any, ...], Builder] = {}


def compile_builder_once(rule: Rule, append_unknown: bool = True) -> Builder:
    """Compile the function of a rule, or return that of an equal one: it takes the rule as its argument."""
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in builders:
        builders[key] = compile_builder(rule, append_unknown)
    return builders[key]


def cache_rule_builders() -> None:
    """Have all applications of this process share the functions."""
    Rule._compile_builder = compile_builder_once  # type: ignore[method-assign]
