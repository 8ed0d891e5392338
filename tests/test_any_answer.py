"""Whatever JSON an answer is made of, for every component: the run's pages render, and nothing of it is markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfcourse import create_app
from hfcourse.errors import CallError
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store import run_store
from hfcourse.runs.values.value_types import is_file_data
from hfcourse.spaces.client.call_events import PartialOutputEvent
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from tests.spaces.all_components import ALL_OUTPUTS, EXHIBIT_FILES
from tests.spaces.all_components import make_file_data as file_data
from tests.support.apps import close_app

VISITOR = "awa"
COMPONENTS = sorted(
    {kind for _, kind, _, _ in ALL_OUTPUTS} | {"Api", "Video", "Slider", "Radio", "Timer", "Personne", ""}
)
URL_ATTRIBUTES = ("src", "action", "data-copy", "data-poll", "data-stream")
OURS = re.compile(r"/(static|essais)(/|$)")
NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "[a](javascript:alert(1)) ![b](data:text/html,x) <javascript:alert(1)> [c](http://x/'onclick=alert(1))",
    '[x]: javascript:alert(1)\n\n[x] [y](<http://h/"style=x>)',
    "```html onload=alert(1)\n<script>\n```\n# <b>\n###### x\n|a|b|\n|-|-|\n|<i>|`<u>`|",
    "$$\\unicode{<script>}$$ \\(<img src=x>\\)",
    "data:image/png;base64,iVBORw0KGgo=",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "#fff",
    "rgb(1,2,3)",
    "2026-11-22 14:02:00",
    "{{ 7 * 7 }}{% raw %}",
    "\u202e\u2028\0\x0b",
    "",
]
WORDS = [
    *("headers", "data", "metadata", "label", "confidences", "confidence", "token", "class_or_confidence", "role"),
    *("content", "type", "text", "file", "image", "video", "caption", "annotations", "background", "layers", "plot"),
    *("composite", "columns", "datatypes", "mark", "speaker", "files", "value", "__type__", "component", "options"),
    *("title", "log", "duration", "status", "path", "url", "meta", "orig_name", "is_stream", "$file", "$why", "$name"),
]
texts = (
    st.sampled_from(NASTY)
    | st.sampled_from([*WORDS, *EXHIBIT_FILES])
    | st.text(st.characters(codec="utf-8"), max_size=30)
)
numbers = st.integers(-(10**400), 10**400) | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
files = st.builds(
    lambda name, path, stream, url: file_data(name, path=path, is_stream=stream, url=url),
    texts,
    texts | st.none(),
    st.booleans(),
    st.sampled_from([None, *NASTY]),
)


def shaped(inner: st.SearchStrategy) -> st.SearchStrategy:
    """The shapes that Gradio knows, filled with anything."""
    rows = st.lists(st.lists(inner, max_size=3), max_size=4)
    names = st.lists(texts, min_size=1, max_size=3)
    shapes: list[dict[str, st.SearchStrategy]] = [
        {"headers": st.lists(inner, max_size=3), "data": rows, "metadata": inner},
        {"columns": names, "data": rows, "datatypes": inner, "mark": st.sampled_from(["line", "bar", "point"])},
        {"columns": st.just(["x", "y"]), "mark": st.sampled_from(["line", "bar", "point"]),
         "data": st.lists(st.tuples(scalars, numbers).map(list), max_size=6),
         "datatypes": st.fixed_dictionaries({"x": st.sampled_from(["quantitative", "temporal", "nominal"])})},
        {"label": inner, "confidences": st.lists(
            st.fixed_dictionaries({"label": inner, "confidence": st.floats(0, 1)}), max_size=3)},
        {"type": texts, "plot": texts},
        {"image": files, "annotations": st.lists(
            st.fixed_dictionaries({"image": files, "label": inner}) | inner, max_size=3)},
        {"background": files | inner, "layers": st.lists(files, max_size=2) | inner, "composite": files | st.none(),
         "id": inner},
        {"text": texts, "files": st.lists(files, max_size=3)},
    ]  # fmt: skip
    items: list[dict[str, st.SearchStrategy]] = [
        {"role": st.sampled_from(["user", "assistant", "system"]) | inner, "metadata": inner, "options": inner,
         "content": st.lists(inner, max_size=3) | texts},
        {"role": st.just("assistant"), "content": st.lists(st.fixed_dictionaries(
            {"component": texts | st.sampled_from(COMPONENTS), "value": inner}), max_size=2)},
        {"token": texts, "class_or_confidence": scalars},
        {"speaker": texts, "text": texts},
        {"image": files, "caption": inner},
    ]  # fmt: skip
    lists = [st.lists(st.fixed_dictionaries(item), min_size=1, max_size=3) for item in items]
    pairs = st.lists(st.lists(inner, min_size=2, max_size=2), min_size=1, max_size=3)
    return st.one_of(*(st.fixed_dictionaries(shape) for shape in shapes), *lists, pairs)


anything = st.recursive(
    scalars | files,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | texts, inner, max_size=4)
        | shaped(inner)
        | st.builds(lambda value: {"__type__": "update", "value": value, "visible": True}, inner)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site for all the answers."""
    made = create_app({"INSTANCE": str(tmp_path_factory.mktemp("answers")), "TESTING": True})
    yield made
    close_app(made)


def make_recorder(site: Flask) -> Recorder:
    """What records a run with one output of every component."""
    run_id = run_store.create_run(VISITOR, space="a/b", endpoint="/e", title="E", parameters=[], inputs={}, files={})
    run = run_store.claim_run(run_id)
    assert run is not None
    hints = {"language": "python", "x": "x", "y": "y"}
    returns = tuple(ReturnValue("<b>Sortie</b>", name, hints, holds_files=name == "Personne") for name in COMPONENTS)
    return Recorder(run, OutputSerializer(returns))


def fetch(path: str, **_: bool) -> Iterator[bytes]:
    if path in EXHIBIT_FILES:
        return iter([EXHIBIT_FILES[path][:200]])
    raise CallError("bad-answer")


class Tags(HTMLParser):
    """The tags of a page, each with its attributes; `page` is what a browser would make of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, attribute: str, tag: str = "") -> list[str]:
        """The values of this attribute, of one kind of tag or of every one."""
        return [attrs[attribute] for name, attrs in self.found if attribute in attrs and (tag in ("", name))]


def is_fault(tag: str, attrs: dict[str, str]) -> bool:
    """Is this a tag that no page of ours has?"""
    href = attrs.get("href", "")
    return (
        tag in ("object", "embed", "base", "style")
        or (tag == "script" and not attrs.get("src", "").startswith("/static/"))
        or (tag == "iframe" and attrs.get("sandbox") != "")
        or any(name.startswith("on") or name in ("style", "srcdoc", "poster", "data") for name in attrs)
        or any(not OURS.match(attrs[name]) for name in URL_ATTRIBUTES if attrs.get(name))
        or not re.match(r"$|/(?!/)|#|https?://", href)
        or (href.startswith("http") and attrs.get("rel") != "noopener noreferrer nofollow")
    )


def holds_file(value: Any) -> bool:
    """Is this value a file, or does it hold one at any depth?"""
    if is_file_data(value):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(holds_file, items))


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(value=anything)
def test_whatever_a_space_answers_the_run_is_shown(site: Flask, value: Any) -> None:
    browser = site.test_client()
    with browser.session_transaction() as session:
        session["visitor"] = VISITOR
    with site.app_context():
        recording = make_recorder(site)
        values = [value] * len(COMPONENTS)
        recording.record_event(PartialOutputEvent(tuple(values)))
        checked(browser, f"/essais/{recording.run.id}/statut")
        recording.finish_with_outputs(values, fetch)
    address = f"/essais/{recording.run.id}"
    page = checked(browser, address)
    assert len(page.all("data-output")) == len(COMPONENTS)
    run = browser.get(f"{address}.json").get_json()
    assert [output["component"] for output in run["outputs"]] == COMPONENTS
    if not holds_file(value):  # each file is replaced by a reference
        assert run["outputs"][COMPONENTS.index("Json")]["value"] == value
    for link in {
        re.sub(r"/\d+\b", "/#", link): link for link in page.all("data-copy") + page.all("src", "iframe") if link
    }.values():
        answer = browser.get(link)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def checked(browser: FlaskClient, address: str) -> Tags:
    """The page at this address, which is one of ours and holds no markup of the Space."""
    answer = browser.get(address)
    assert answer.status_code == 200
    page = Tags(answer.text)
    assert [each for each in page.found if is_fault(*each)] == []
    return page


def test_what_no_page_may_hold_is_seen() -> None:
    """The eye that reads them."""
    for fault in (
        "<script>1</script>", "<img src=//x>", "<img src=data:image/png;base64,x>", "<a href=javascript:x>",
        "<p onclick=x>", "<p style=x>", "<iframe src=/essais/x>", "<iframe sandbox=allow-scripts>", "<a href=http://x>",
    ):  # fmt: skip
        assert any(is_fault(*each) for each in Tags(fault).found), fault
