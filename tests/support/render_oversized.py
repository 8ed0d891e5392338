"""Describe and draw one of `oversized.OVERSIZED` in a process of its own, with bounded memory; print what it takes.

python -m tests.support.render_oversized <instance folder> <name> <name> …
"""

import json
import resource
import sys
import time

from hfcourse import create_app
from hfcourse.playground import space_page
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from tests.support.oversized_descriptions import OVERSIZED

MEMORY_BYTES = 1_500_000_000


def main(instance: str, *names: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    app = create_app({"INSTANCE": instance, "TESTING": True})
    for name in names:
        config, info = OVERSIZED[name]()
        begun = time.process_time()
        description = build_description(config, info)
        first = description.endpoints[0]
        with app.test_request_context("/espaces/a/b"):
            if first.blocked_reason:
                page, _ = space_page.render_space_page("a/b", description, closed=first)
            else:
                page, _ = space_page.render_space_page("a/b", description, form=forms.bind_form(first))
        print(json.dumps([name, time.process_time() - begun, len(page.encode())]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
