"""Describe and render OVERSIZED_DESCRIPTIONS in a process of their own, with bounded memory; print what each takes.

python -m tests.support.render_oversized <instance folder> <name> <name> …
"""

import json
import resource
import sys
import time
from dataclasses import replace

from hfcourse import create_app
from hfcourse.playground.space_page import SpacePage
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from tests.support.oversized_descriptions import OVERSIZED_DESCRIPTIONS

MAX_MEMORY_BYTES = 1_500_000_000


def main(instance: str, *names: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    app = create_app({"INSTANCE": instance, "TESTING": True})
    for name in names:
        config, info = OVERSIZED_DESCRIPTIONS[name]()
        begun = time.process_time()
        description = build_description(config, info)
        first = description.endpoints[0]
        shown = SpacePage(space_id="a/b", description=description)
        with app.test_request_context("/espaces/a/b"):
            if first.blocked_reason:
                page, _ = replace(shown, blocked_endpoint=first).render()
            else:
                page, _ = replace(shown, form=forms.bind_form(first)).render()
        print(json.dumps([name, time.process_time() - begun, len(page.encode())]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
