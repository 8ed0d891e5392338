"""What the server of forked sites imports once: the site, and what it loads for its first requests.

A fork compiles no template that another process of the session has compiled, and starts its practice Space as a fork
too. Modules that import Gradio stay out.
"""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import alembic.command  # noqa: F401
import flask.cli  # noqa: F401

import hfcourse
from hfcourse.lessons.library import CONTENT_FOLDER, FIGURES_FOLDER, LessonLibrary
from hfcourse.practice import app_process
from tests.spaces.fork_client import FORK_CLIENT
from tests.spaces.program_runner import PRACTICE_SERVER_VARIABLE
from tests.support.compiled_rules import cache_compiled_rules
from tests.support.template_cache import TEMPLATES_VARIABLE, share_templates

UNUSED_PACKAGES = ("hfcourse.content", "hfcourse.migrations")
GRADIO_MODULES = tuple(f"hfcourse.practice.{name}" for name in ("adaptive_queue", "app", "endpoints", "page"))
OPTIONAL_MODULES = ("hfcourse.practice.language_model", "hfcourse.runs.queue.celery_queue")


def import_site() -> None:
    """Import all modules of a site that has neither Gradio nor a queue of its own."""
    for found in pkgutil.walk_packages(hfcourse.__path__, "hfcourse."):
        if not found.name.startswith((*UNUSED_PACKAGES, *GRADIO_MODULES, *OPTIONAL_MODULES)):
            importlib.import_module(found.name)


app_process.APP_COMMAND = (
    sys.executable, "-I", str(FORK_CLIENT), os.environ[PRACTICE_SERVER_VARIABLE], "hfcourse.practice.app",
)  # fmt: skip
cache_compiled_rules()
share_templates(Path(os.environ[TEMPLATES_VARIABLE]))
import_site()
LessonLibrary(CONTENT_FOLDER, FIGURES_FOLDER, FIGURES_FOLDER / "none").get_lessons()  # rendered lessons stay cached
