"""Inputs that once did harm do none, and a short campaign finds no other; `make fuzz` runs a long one."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the limits of processor and memory are those of Linux", allow_module_level=True)

from tests.fuzz.campaign import Campaign, simplify_example
from tests.fuzz.process import Child, locate_dump
from tests.fuzz.recipes import INDEX, MAX_CHARACTERS, lower, render, simplify
from tests.fuzz.strategies import EXAMPLES, REPRODUCERS
from tests.fuzz.targets import MAX_REPEATED_FIELDS, fill_form

CAMPAIGN_SECONDS, CAMPAIGN_EXAMPLES = 300, 4  # the examples are counted; the seconds are for a process that freezes
HARMLESS = {"config": ["json", {}], "info": ["json", {}]}


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """The process that tries examples; one for all."""
    made = Child()
    yield made
    made.stop()


@pytest.mark.parametrize("path", sorted(REPRODUCERS.glob("*.json")), ids=lambda path: path.stem)
def test_an_input_that_once_did_harm_does_none(path: Path, child: Child) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))
    report = child.try_out(kept["target"], kept["example"])
    assert report["faults"] == []
    assert report["reached"], "it never reached the site"


def test_a_short_campaign_finds_nothing_and_reaches_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()
    campaign = Campaign(time.monotonic() + CAMPAIGN_SECONDS, say=lambda _: None)
    try_out = campaign.child.try_out

    def note(name: str, example: dict[str, Any]) -> dict[str, Any]:
        report = try_out(name, example)
        reached.update(report["reached"])
        return report

    monkeypatch.setattr(campaign.child, "try_out", note)
    try:
        for name in EXAMPLES:
            campaign.explore(name, CAMPAIGN_EXAMPLES, None)
    finally:
        campaign.child.stop()
    assert list(campaign.found) == []
    assert {"/espaces/a/b 200", "/essais 303", "/essais/ID 200"} <= reached


@pytest.mark.parametrize(("times", "count"), [(0, 0), (3, 3), (10**6, MAX_REPEATED_FIELDS)])
def test_a_field_is_repeated_as_often_as_a_form_is_worth(times: int, count: int) -> None:
    """Mutation and shrinking change every number of a recipe, down to 0 and up to a million."""
    example = {"texts": [[0, ["text", "a", 3], times]], "json": [], "files": [], "extras": []}
    assert len(fill_form(example, ["arg-0", "arg-1"]).getlist("arg-0")) == count


class Fragile:
    """Stands in for the process: a description of more than fifty characters breaks it."""

    def __init__(self) -> None:
        self.tried = 0

    def try_out(self, _: str, example: dict[str, Any]) -> dict[str, Any]:
        self.tried += 1
        fault = {"kind": "processor", "where": "here", "detail": "a path of this machine"}
        faults = [fault] if len(render(example["config"])) > 50 else []
        return {"cpu_seconds": 1.0, "reached": [], "faults": faults}


def test_a_failure_is_shrunk_and_written_once_without_the_paths_of_a_machine(tmp_path: Path) -> None:
    campaign = Campaign(time.monotonic() + 60, tmp_path / "found", say=lambda _: None)
    campaign.child = Fragile()  # type: ignore[assignment]
    for count in (100_000, 90_000):
        campaign.judge("description", {"config": ["items", [["text", "a", count], ["json", 1]]], "info": ["json", {}]})
    (path,) = (tmp_path / "found").iterdir()
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept.keys() == {"target", "kind", "where", "example"}
    assert 50 < len(render(kept["example"]["config"])) < 90
    assert campaign.tried == {"description": 2, "answer": 0, "form": 0}


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        ("processor", "processor"),
        ("memory", "exception"),
        ("end", "ended"),
        ("exception", "exception"),
        ("<hf-fuzz>", "markup"),
        ("a" * 1_500_001, "page-size"),
    ],
    ids=["processor", "memory", "end", "exception", "markup", "page-size"],
)
def test_harm_is_noticed_and_the_process_goes_on_or_is_started_anew(child: Child, harm: str, kind: str) -> None:
    (fault,) = child.try_out("self", {"harm": harm})["faults"]
    assert fault["kind"] == kind
    assert child.try_out("description", HARMLESS)["faults"] == []


def test_the_place_of_a_frozen_process_is_that_of_the_thread_that_works() -> None:
    dump = (
        "Fatal Python error: CPU time limit exceeded\n\n"
        "Thread 0x01 (most recent call first):\n"
        '  File "/lib/python3.11/threading.py", line 1 in wait\n'
        '  File "/x/hfcourse/runs/queue/monitor.py", line 2 in _run_loop\n\n'
        "Current thread 0x02 (most recent call first):\n"
        '  File "/x/site-packages/pygments/lexer.py", line 3 in get_tokens\n'
        '  File "/x/hfcourse/runs/outputs/untrusted_markdown.py", line 4 in take_until_deadline\n'
    )
    assert locate_dump(dump) == "pygments/lexer.py:get_tokens < runs/outputs/untrusted_markdown.py:take_until_deadline"


@pytest.mark.parametrize(
    ("recipe", "value"),
    [
        (["text", 'a"', 3], 'a"a"a"'),
        (["join", [["text", "a", 1], ["text", "\n", 2]]], "a\n\n"),
        (["digits", 5], 99999),
        (["list", ["json", None], 2], [None, None]),
        (["each", ["items", [["raw", INDEX], ["text", f"x{INDEX}", 1]]], 2], [[0, "x0"], [1, "x1"]]),
        (["object", [["a", ["json", 1]], [["text", "b", 2], ["json", 2]]]], {"a": 1, "bb": 2}),
        (["wide", "k", 2, ["json", 0]], {"k0": 0, "k1": 0}),
        (["deep", "list", 2, ["json", 0]], [[0]]),
        (["deep", "object", 2, ["json", 0]], {"a": {"a": 0}}),
    ],
)
def test_a_recipe_expands_to_json(recipe: list[Any], value: Any) -> None:
    assert json.loads(render(recipe)) == value


def test_a_recipe_of_a_recording_puts_a_value_in_its_place() -> None:
    way = ["named_endpoints", "/predict", "parameters", 0, "label"]
    info = json.loads(render(["data", "recordings/calculator", "info", way, ["text", "x", 3]]))
    assert info["named_endpoints"]["/predict"]["parameters"][0]["label"] == "xxx"


@pytest.mark.parametrize("count", [0, 10, 10_000_000])
def test_a_recipe_is_never_longer_than_asked(count: int) -> None:
    for recipe in (
        ["text", '"', count],
        ["list", ["list", ["json", 1], count], count],
        ["wide", "k", count, ["json", 1]],
    ):
        assert len(render(recipe)) <= MAX_CHARACTERS + 1_000
    assert lower(count, 3, 9) <= 3


def test_what_is_simpler_is_smaller() -> None:
    recipe = ["items", [["text", "a", 100], ["list", ["json", 1], 8]]]
    variants = list(simplify(recipe))
    assert ["items", [["text", "a", 25], ["list", ["json", 1], 8]]] in variants
    assert ["items", [["list", ["json", 1], 8]]] in variants
    assert all(len(render(each)) < len(render(recipe)) for each in variants)
    assert {"endpoint": "/f", "texts": []} in simplify_example({"endpoint": "/f", "texts": [[1, ["text", "a", 9], 1]]})
