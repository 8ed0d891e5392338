"""The cast and the stage: a site in a folder of its own, a student, a stranger, an awake practice Space."""

# The cast: `student` is a visitor without a name, `stranger` another one, who may see nothing of the first. As `awa`
# and `bilal` the same two are known to the site by these names, so that a test finds their rows; `cora` is a third
# name in rows. The instructor is the visitor who has posted HFCOURSE_INSTRUCTOR_PASSWORD.

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import delete

from hfcourse import create_app, database
from hfcourse.practice.server import PracticeServer
from hfcourse.spaces.registry.description_cache import SpaceDescription
from tests.spaces.fake_servers import FakeSpace
from tests.support.clients import Student
from tests.support.factories import known_as
from tests.support.migrated_database import migrate_copy, migrated_database
from tests.support.practice_space import practice, until  # noqa: F401  (one for the whole session: it takes seconds to wake)
from tests.support.s3 import bucket, files_url, s3_server  # noqa: F401  (a site may keep its files in a bucket)

# The same examples in every run, and no limit of time for one of them: a busy machine is no fault of the code.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")

# One certificate in place of the system's hundred and fifty, which every client and application of a test would parse
# for 25 ms; the processes that tests start inherit it. No test speaks TLS with a server outside.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "data" / "certificate.pem")
database.migrate_engine = migrate_copy

# A shell starts its background jobs with SIGINT ignored, and every process that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite(
    "tests.support.component_trials", "tests.support.form_filling", "tests.support.compare_with_gradio_client"
)  # their asserts say what differs


def set_aside() -> None:
    """What is there now stays to the end: the collector need not look at it each time."""
    gc.collect()
    gc.freeze()


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


# What makes a test wait: a browser, a service, a process, Gradio, or a site with its database.
SLOW_FIXTURES = {"app", "bucket", "browser", "files_url", "practice", "s3_server", "site", "space"}
SLOW_MODULES = ("gradio", "playwright", "subprocess", "tests.browser", "tests.fuzz", "tests.spaces", "hypothesis")
SLOW_SUPPORT = ("campus", "http_browser", "practice_space", "s3", "scripted_space", "services", "site_process")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of `make quick`."""
    config.addinivalue_line("markers", "quick: needs no browser, service, process, Gradio or site (make quick)")


def is_quick(item: pytest.Item) -> bool:
    """Tell by the fixtures of a test, and by what its module imports, whether it runs in memory alone."""
    if not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
        return False
    return has_quick_imports(item.getparent(pytest.Module).obj)  # type: ignore[union-attr]


@cache
def has_quick_imports(module: ModuleType) -> bool:
    """Tell whether a module of tests imports nothing of SLOW_MODULES and SLOW_SUPPORT."""
    slow = SLOW_MODULES + tuple(f"tests.support.{name}" for name in SLOW_SUPPORT)
    origins = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
        for value in [module, *vars(module).values()]
    }
    return not any(origin == name or origin.startswith(f"{name}.") for origin in origins for name in slow)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files: those in a browser first, which then starts once per worker; the slow ones before the rest."""
    rank = {name: number for number, name in enumerate(SLOW_FILES)}

    def rank_item(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        return not name.startswith("browser/"), rank.get(name, len(rank))

    items.sort(key=rank_item)
    for item in items:
        if is_quick(item):
            item.add_marker("quick")


def pytest_collection_finish() -> None:
    """What the modules of the tests are made of is set aside."""
    set_aside()


@pytest.fixture(scope="module", autouse=True)
def leave_no_work_to_the_collector() -> Iterator[None]:
    """An application stays for the forks of its process: with thousands of them the collector would stop it for
    seconds, in the middle of what a later test measures or waits for.
    """
    yield
    set_aside()


def end(app: Flask) -> None:
    """What the end of a process does: no call, connection or file of the site stays open."""
    dispatcher = app.extensions["dispatcher"]
    dispatcher.shut_down()
    dispatcher._active_runs.wait_until_done(5)
    for thread in threading.enumerate():
        if thread.name == "cancel":  # it cancels a call at the Space, and has a socket meanwhile
            thread.join()
    app.extensions["following"].release_all()
    if "directory" in app.extensions:
        app.extensions["directory"].http_client.close()
    app.extensions["database"].kw["bind"].dispose()


def forget_spaces(app: Flask) -> None:
    """As after ten minutes: the site knows of no Space what it said of itself."""
    app.extensions.pop("directory").http_client.close()
    assert until(lambda: not any(each.name == "store-description" for each in threading.enumerate()), 5)
    with app.app_context(), database.write_connection() as connection:
        connection.execute(delete(SpaceDescription))


@pytest.fixture(scope="session")
def empty_database() -> bytes:
    """The file that a site makes at its first start."""
    return migrated_database()


class KeptTemplates(BytecodeCache):
    """The compiled templates of this process: each site of a test would compile its own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:  # noqa: F811  (as its base names it)
        """As its base says; keys and checksums are those of the sources."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:  # noqa: F811
        self._kept[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": KeptTemplates()}


@contextmanager
def opened(instance: Path, content: bytes, **settings: str) -> Iterator[Flask]:
    """A site that began with this database; what it started ends with the block."""
    instance.mkdir(exist_ok=True)
    (instance / "hfcourse.sqlite").write_bytes(content)
    made = create_app({"INSTANCE": str(instance), "TESTING": True} | settings)
    own_practice = made.extensions["practice"]
    yield made
    end(made)
    own_practice.stop()


@pytest.fixture
def app(tmp_path: Path, empty_database: bytes, files_url: str) -> Iterator[Flask]:  # noqa: F811
    """A site of its own, with nothing in it."""
    with opened(tmp_path / "instance", empty_database, FILES_URL=files_url) as made:
        yield made


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
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
def site(tmp_path: Path, space: FakeSpace, empty_database: bytes) -> Iterator[Flask]:
    """A site with one Space, `a/b`."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\n')
    with opened(folder, empty_database) as made:
        yield made


@pytest.fixture
def awake(app: Flask, practice: PracticeServer) -> PracticeServer:  # noqa: F811
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
def student(client: FlaskClient) -> Student:
    """A student in front of the site."""
    return Student(client)


@pytest.fixture
def awa(student: Student) -> Student:
    """A student whom the site knows as `awa`."""
    return known_as(student, "awa")


@pytest.fixture
def stranger(app: Flask) -> Student:
    """Somebody else, with cookies of their own."""
    return Student(app.test_client())


@pytest.fixture
def bilal(stranger: Student) -> Student:
    """The stranger, whom the site knows as bilal."""
    return known_as(stranger, "bilal")
