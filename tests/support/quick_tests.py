"""Select the tests of `make quick`: those whose code, fixtures included, refers to nothing slow.

The selection follows the names that a test uses into the fixtures and helpers of the tests, so that no list has to be
kept. A guard fails a selected test that starts a process all the same.
"""

import threading
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from werkzeug.local import LocalProxy

SLOW_ORIGINS = (
    "getfixturevalue",  # it hides what a test needs
    "gradio",
    "hfcourse.create_app",  # a site has a database
    "hfcourse.practice.server",
    "hfcourse.server.dev_server.LimitedServer",  # slow clients are waited for
    "moto",
    "playwright",
    "subprocess",
    "tests.support.cpu_time",  # what is measured takes its time
)
PROCESS_EVENTS = {"os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen"}


class ProcessGuard:
    """Audit hook that rejects new processes of the main thread while a selected test runs."""

    def __init__(self) -> None:
        self.is_active = False

    def __call__(self, event: str, _arguments: tuple[Any, ...]) -> None:
        if self.is_active and event in PROCESS_EVENTS and threading.current_thread() is threading.main_thread():
            raise AssertionError(f"a test of `make quick` starts a process ({event})")


def is_quick(test: pytest.Function) -> bool:
    """Tell whether a test needs nothing slow, nor a hundred examples of a property."""
    if hasattr(test.obj, "hypothesis"):
        return False
    definitions = test._fixtureinfo.name2fixturedefs
    code = [test.obj, *(each.func for name in test.fixturenames for each in definitions.get(name, ()))]
    code += [each for name, each in vars(test.cls or object).items() if not name.startswith("test")]  # its helpers
    code += test.callspec.params.values() if hasattr(test, "callspec") else ()
    return not any(is_slow(each) for each in map(get_plain_code, code) if isinstance(each, FunctionType | type))


def get_plain_code(value: Any) -> Any:
    """Return the function behind a method, a property or a decorator, else the value itself."""
    if type(value) is LocalProxy:  # outside of its context it has no attribute
        return value
    for attribute in ("__func__", "fget", "__wrapped__"):
        value = getattr(value, attribute, value)
    return value


@cache
def is_slow(code: Any) -> bool:
    """Tell whether a function, class or module comes from SLOW_ORIGINS, or refers to what does."""
    seen, waiting = set(), [code]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if is_slow_name(get_origin(current)) or any(map(is_slow_name, iter_names(current))):
            return True
        waiting += map(get_plain_code, iter_references(current))
    return False


def get_origin(value: Any) -> str:
    """Return the full name of a module, function or class; of another value, that of its class."""
    if type(value) is ModuleType:
        return value.__name__
    named = value if type(value) is FunctionType or issubclass(type(value), type) else type(value)
    return f"{named.__module__}.{named.__name__}"


@cache
def is_slow_name(name: str) -> bool:
    return any(f"{name}.".startswith(f"{origin}.") for origin in SLOW_ORIGINS)


def iter_references(value: Any) -> Iterator[Any]:
    """Yield what a function or class of the tests refers to."""
    if not get_origin(value).startswith("tests."):
        return
    if isinstance(value, type):
        yield from (*value.__mro__[1:], *vars(value).values())
    elif isinstance(value, FunctionType):
        names = set(iter_names(value))
        found = [value.__globals__[name] for name in names if name in value.__globals__]
        yield from found
        for module in filter(is_test_module, found):
            yield from (vars(module)[name] for name in names if name in vars(module))


def is_test_module(value: Any) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith("tests.")


def iter_names(value: Any) -> Iterator[str]:
    """Yield the names that a function of the tests uses: globals, attributes, imports."""
    if isinstance(value, FunctionType) and value.__module__.startswith("tests."):
        yield from iter_code_names(value.__code__)


def iter_code_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from iter_code_names(constant)
