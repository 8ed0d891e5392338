"""Describe and render OVERSIZED_DESCRIPTIONS in a process of their own, with bounded memory; print what each takes.

python -m tests.support.render_oversized <instance folder> <name> <name> …
"""

import json
import resource
import sys
from dataclasses import replace
from typing import Any

from hfcourse import create_app
from hfcourse.playground.space_page import SpacePage
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.oversized_descriptions import OVERSIZED_DESCRIPTIONS

MAX_MEMORY_BYTES = 1_500_000_000


def main(instance: str, *names: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    app = create_app({"INSTANCE": instance, "TESTING": True})
    for name in names:
        config, info = OVERSIZED_DESCRIPTIONS[name]()
        pages: list[str] = []
        with app.test_request_context("/espaces/a/b"):
            seconds = measure_cpu_seconds(lambda: pages.append(render_description(config, info)))  # noqa: B023 (at once)
        print(json.dumps([name, seconds, len(pages[0].encode())]), flush=True)


def render_description(config: dict[str, Any], info: dict[str, Any]) -> str:
    """The page of a Space with this description, and the form of its first endpoint."""
    description = build_description(config, info)
    first = description.endpoints[0]
    page = SpacePage(space_id="a/b", description=description)
    if first.blocked_reason:
        body, _ = replace(page, blocked_endpoint=first).render()
    else:
        body, _ = replace(page, form=forms.bind_form(first)).render()
    return body


if __name__ == "__main__":
    main(*sys.argv[1:])
