"""Every message for an instructor, as it stands in the code: French words, French typography, nothing of English."""

import ast
import re
from collections.abc import Iterator

import pytest

from hfcourse.text import typography
from tests.support.french_typography import TYPOGRAPHY_FAULTS
from tests.support.source_tree import MODULE_PATHS, parse_module
from tests.support.spelling import find_unknown_words

# What makes a message, and the places of its sentences among the arguments.
MAKERS = {
    "add_error": slice(None), "make_fault": slice(2, None), "raise_mistake": slice(1, None),
    "reject_setting": slice(1, None), "format_french": slice(0, 1), "typeset_french": slice(0, 1),
}  # fmt: skip
CHECKED = re.compile(
    r"lessons\.|classroom\.preparation|spaces\.(catalogue|registry\.resolver)|files\.file_store"
    r"|runs\.queue\.(celery_queue|dispatcher)"
)
PARSERS = (
    "setting_parsers", "config", "cli", "french_command", "text.file_errors", "database", "web.proxies", "tokens",
)  # fmt: skip
# Names, code and file names in a message are no words to spell.
NAMES = re.compile(
    r"\{+[^}]*\}+|`[^`]*`|:::+(?: \w+)?|```\w*|[a-z0-9]+(?:\+\w+)?://(?:\S*\w)?|pip install -r|flask \w+"
    r"|[\w*+-]*[/._=*\\](?:[\w/.*+=-]*[\w/*+=-])?|--\w+|<<<|>>>"
    r"|\b(?:advice|checklist|codes|definition|diff|endpoint|english|essayez|flask|forms|fsspec|hfcourse|id|ids|lang"
    r"|lesson|minutes|number|ordre|plan|quiz|read|read_again|slug|step|term|title|token|traceback|where|yes|no"
    r"|HTML|HuggingFace|Markdown|PEM|SIGTERM|SQLite|TOML|UTF|WebP|Space|Spaces|[A-Z]+_[A-Z_]+)\b"
)
STAND_IN = "\ufffc"
ENGLISH = re.compile(
    r"\b(?:the|is|has|of|a line|not|write|must|cannot|expected|missing|unknown|wrong|should|with)\b|[“”]", re.IGNORECASE
)


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the texts of an expression that are sentences; a f-string's values become one word."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_in(node.body)
        yield from texts_in(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from texts_in(node.left)
        yield from texts_in(node.right)


def assigned_in(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """Return the expressions that each name of a module is given, in whichever function."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
            else:
                pairs = iter([(target, node.value)])
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).append(value)
    return found


def messages_of(module: str) -> Iterator[str]:
    """Yield each message that a module makes, as it is written there."""
    assigned = assigned_in(parse_module(module))
    for node in ast.walk(parse_module(module)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_parser_error = name == "ValueError" and module == "setting_parsers"
        if name not in MAKERS and not is_parser_error:
            continue
        for argument in node.args[slice(None) if is_parser_error else MAKERS[name]]:
            values = assigned.get(argument.id, []) if isinstance(argument, ast.Name) else [argument]
            for value in values:
                yield from (text for text in texts_in(value) if " " in text)


MODULES = sorted(name for name in MODULE_PATHS if name in PARSERS or CHECKED.match(name))
MESSAGES = {module: sorted(set(messages_of(module))) for module in MODULES}


def test_the_messages_are_found() -> None:
    assert sum(map(len, MESSAGES.values())) > 200
    assert len([module for module, messages in MESSAGES.items() if messages]) > 25


@pytest.mark.parametrize("module", [module for module in MODULES if MESSAGES[module]])
def test_messages_of_a_module_are_french(module: str) -> None:
    for message in MESSAGES[module]:
        text = NAMES.sub(STAND_IN, message)
        assert not ENGLISH.search(text), message
        assert find_unknown_words(text) == [], message


@pytest.mark.parametrize("module", [module for module in MODULES if MESSAGES[module]])
def test_messages_of_a_module_are_set_in_french(module: str) -> None:
    for message in MESSAGES[module]:
        text = NAMES.sub(STAND_IN, typography.typeset_french(message))
        assert [name for name, pattern in TYPOGRAPHY_FAULTS.items() if pattern.search(text)] == [], message
