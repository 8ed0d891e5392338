"""The cast and the stage: a site in a folder of its own, a student, a stranger, an awake practice Space."""

# The cast: `student` is a visitor without a name, `stranger` another one, who may see nothing of the first. As `awa`
# and `bilal` the same two are known to the site by these names, so that a test finds their rows; `cora` is a third
# name in rows. The instructor is the visitor who has posted HFCOURSE_INSTRUCTOR_PASSWORD.
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from hfcourse import database
from hfcourse.files.file_store import FileHandle
from hfcourse.files.storage_backends import LocalBackend
from hfcourse.practice.server import PracticeServer
from hfcourse.spaces.client.http_client import HttpClient
from tests.spaces.fake_servers import FakeSpace
from tests.spaces.served_apps import ServedApps
from tests.spaces.slow_space import SlowSpace, open_slow_space
from tests.support.apps import (
    make_app,  # noqa: F401
    open_app,
)
from tests.support.chat_pages import open_chat_site  # noqa: F401
from tests.support.clients import BrowserClient
from tests.support.clocks import wall_clock  # noqa: F401
from tests.support.compiled_rules import cache_compiled_rules
from tests.support.factories import log_in_as
from tests.support.http_browser import HttpBrowser
from tests.support.instructor_login import app_with_password  # noqa: F401
from tests.support.lessons import course  # noqa: F401
from tests.support.migrated_database import build_migrated_database, migrate_from_copy
from tests.support.node_client import node_client_folder  # noqa: F401
from tests.support.practice_space import practice, practice_client  # noqa: F401  (one app for the session)
from tests.support.quick_tests import ProcessGuard, is_quick
from tests.support.s3 import bucket, files_url, s3_server  # noqa: F401  (a site may keep its files in a bucket)
from tests.support.site_process import SiteProcess
from tests.support.space_answers import make_answer  # noqa: F401
from tests.support.template_cache import TEMPLATES_VARIABLE, share_templates

# The same examples in every run, and no limit of time for one of them: a busy machine is no fault of the code.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")

# One certificate in place of the system's hundred and fifty, which every client and application of a test would parse
# for 25 ms; the processes that tests start inherit it. No test speaks TLS with a server outside.
for variable in ("SSL_CERT_FILE", "AWS_CA_BUNDLE"):
    os.environ[variable] = str(Path(__file__).parent / "data" / "certificate.pem")
database.migrate_engine = migrate_from_copy
cache_compiled_rules()

# A shell starts its background jobs with SIGINT ignored, and every process that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

process_guard = ProcessGuard()

pytest.register_assert_rewrite(
    "tests.browser.accessibility",
    "tests.browser.run_page",
    "tests.support.component_trials",
    "tests.support.form_filling",
    "tests.support.compare_with_gradio_client",
)  # their asserts say what differs


# The files that take longest, longest first: started last, one of them would keep the other workers waiting.
SLOW_FILES = (
    "browser/test_every_form.py",
    "browser/test_every_page.py",
    "browser/test_trying.py",
    "browser/test_try_it.py",
    "browser/test_filling.py",
    "browser/test_doing.py",
    "browser/test_live.py",
    "browser/test_reading.py",
    "browser/test_outputs.py",
    "test_older_gradio.py",
    "test_every_component.py",
    "test_exchanges.py",
    "test_call_code_runs.py",
    "test_faults.py",
    "test_hostile.py",
    "test_live.py",
    "test_silent_hub.py",
    "test_campus.py",
    "test_files.py",
    "test_practice_app.py",
    "test_client.py",
    "test_answers.py",
    "test_storage.py",
    "test_practice_command.py",
    "test_byte_budget.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of `make quick`, and watch the tests that have it."""
    config.addinivalue_line("markers", "quick: needs no browser, service, process, Gradio or site (make quick)")
    sys.addaudithook(process_guard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let no test that has the marker start a process, fixtures included."""
    process_guard.is_active = item.get_closest_marker("quick") is not None
    try:
        return (yield)
    finally:
        process_guard.is_active = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files: those in a browser first, which then starts once per worker; the slow ones before the rest."""
    rank = {name: number for number, name in enumerate(SLOW_FILES)}

    def rank_item(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        return not name.startswith("browser/"), rank.get(name, len(rank))

    items.sort(key=rank_item)
    for item in items:
        if isinstance(item, pytest.Function) and is_quick(item):
            item.add_marker("quick")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Keep the garbage collector away from what the modules of the tests are made of, which stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def collect_garbage_after_module() -> Iterator[None]:
    """Applications are full of cycles: collected in the middle of a later test, they would cost it half a second."""
    yield
    gc.collect()
    gc.freeze()  # caches, which stay: a fifth of the processor time of the tests went into looking at them again


@pytest.fixture(scope="session")
def empty_database() -> bytes:
    """The file that a site makes at its first start."""
    return build_migrated_database()


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All workers of the session, and the sites that they start, compile a template once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    share_templates(folder)
    os.environ[TEMPLATES_VARIABLE] = str(folder)


@pytest.fixture
def app(tmp_path: Path, empty_database: bytes, files_url: str) -> Iterator[Flask]:  # noqa: F811
    """A site of its own, with nothing in it."""
    with open_app(tmp_path / "instance", empty_database, FILES_URL=files_url) as made:
        yield made


@pytest.fixture
def app_context(app: Flask) -> Iterator[None]:
    """What the test asks of the store is asked of this site."""
    with app.app_context():
        yield


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    """A Space of ours, whose endpoint `/echo` takes some words."""
    made = FakeSpace()
    yield made
    made.close()


@pytest.fixture
def stored_file(tmp_path: Path) -> FileHandle:
    folder = LocalBackend(tmp_path)
    folder.write_bytes("ab" * 16, b"\x89PNG bytes")
    return FileHandle("ab" * 16, 'un "chat"\r\nX: y.png', "image/png", 10, folder)


@pytest.fixture
def http_client() -> Iterator[HttpClient]:
    """An HTTP client of the site, closed at the end."""
    with closing(HttpClient()) as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path, space: FakeSpace, empty_database: bytes) -> Iterator[Flask]:
    """A site with one Space, `a/b`."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    with open_app(folder, empty_database) as made:
        yield made


@pytest.fixture
def awake_practice(app: Flask, practice: PracticeServer) -> PracticeServer:  # noqa: F811
    """The site's practice Space is the session's, and awake."""
    practice.wake()
    assert practice.wait_until_awake(60), practice.failure
    app.extensions["practice"] = practice
    return practice


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody's browser, cookies kept."""
    return app.test_client()


@pytest.fixture
def student(client: FlaskClient) -> BrowserClient:
    """A student in front of the site."""
    return BrowserClient(client)


@pytest.fixture
def awa(student: BrowserClient) -> BrowserClient:
    """A student whom the site knows as `awa`."""
    return log_in_as(student, "awa")


@pytest.fixture
def stranger(app: Flask) -> BrowserClient:
    """Somebody else, with cookies of their own."""
    return BrowserClient(app.test_client())


@pytest.fixture
def bilal(stranger: BrowserClient) -> BrowserClient:
    """The stranger, whom the site knows as bilal."""
    return log_in_as(stranger, "bilal")


@pytest.fixture
def site_student(site: Flask) -> BrowserClient:
    """A student in front of `site`."""
    return BrowserClient(site.test_client())


@pytest.fixture
def site_awa(site: Flask, site_student: BrowserClient) -> Iterator[BrowserClient]:
    """The same, known to the site as awa, inside its application context."""
    with site.app_context():
        yield log_in_as(site_student, "awa")


@pytest.fixture
def slow_space() -> Iterator[SlowSpace]:
    """A Space whose calls end when the test lets them."""
    with open_slow_space() as opened:
        yield opened


@pytest.fixture(scope="module")
def module_slow_space() -> Iterator[SlowSpace]:
    """The same for all tests of a module."""
    with open_slow_space() as opened:
        yield opened


@pytest.fixture
def http_browser(site: SiteProcess) -> Iterator[HttpBrowser]:
    """A visitor of `site`, a process, by HTTP."""
    with closing(HttpBrowser(site)) as opened:
        yield opened


@pytest.fixture
def apps_browser(served_apps: ServedApps) -> Iterator[HttpBrowser]:
    """A visitor of the site in front of `served_apps`, by HTTP."""
    with closing(HttpBrowser(served_apps.site)) as opened:
        yield opened
