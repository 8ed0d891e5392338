"""Cost of the page of a Space with a description of a megabyte, or with 500 endpoints.

    python bench/forms.py

The baseline, in the same run, is the time of parsing the description's JSON, which no implementation can avoid.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
from flask import Flask

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hfcourse import create_app
from hfcourse.playground import space_page
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from tests.support.large_descriptions import LARGE_DESCRIPTIONS

TIMES = 5


def measure_fastest(action: Callable[[], object]) -> float:
    """Return the milliseconds of the fastest of several repetitions."""
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return min(took) * 1000


@dataclass(frozen=True)
class FormCost:
    """Description size in MB; ms to parse, describe and render it; kB of the compressed page."""

    size: float
    read: float
    described: float
    drawn: float
    weight: float


def measure(app: Flask, config: dict[str, Any], info: dict[str, Any]) -> FormCost:
    """Measure the page of a Space with this description."""
    raw = json.dumps([config, info])
    description = build_description(config, info)

    def draw() -> str:
        return space_page.render_space_page("a/b", description, form=forms.bind_form(description.endpoints[0]))[0]

    with app.test_request_context("/espaces/a/b"):
        read, described, drawn = map(
            measure_fastest, (lambda: json.loads(raw), lambda: build_description(config, info), draw)
        )
        page = brotli.compress(draw().encode(), quality=app.config["COMPRESS_BR_LEVEL"])
    return FormCost(len(raw) / 1e6, read, described, drawn, len(page) / 1000)


def main() -> None:
    """Print a line for each description."""
    with tempfile.TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance})
        print("                    MB   read ms   describe ms   draw ms   drawn/read   page KB compressed")
        for name, (config, info) in LARGE_DESCRIPTIONS.items():
            it = measure(app, config, info)
            ratio = (it.described + it.drawn) / it.read
            print(
                f"{name:18}{it.size:5.2f}{it.read:10.1f}{it.described:14.1f}{it.drawn:10.1f}{ratio:13.1f}{it.weight:21.1f}"
            )
        app.extensions["database"].kw["bind"].dispose()


if __name__ == "__main__":
    main()
