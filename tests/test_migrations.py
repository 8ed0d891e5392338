"""A database that an earlier version made: it opens, and what it holds is listed, found and used like anything new."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import select

from hfcourse import create_app, database
from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.retention import maintenance
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as, make_run

EARLIER = ("0001", "0002")
RUN = (
    "INSERT INTO runs (id, visitor, space, endpoint, title, status, process, heartbeat, parameters, inputs, outputs,"
    " partials, said, created, started, finished)"
    " VALUES (?, ?, 'a/b', '/x', 'Saluer', 'succeeded', 'gone', ?, ?, ?, '[]', 0, '', ?, ?, ?)"
)
MOMENT = "2026-09-{:02} 10:00:00.{:03}000"
PARAMETERS = json.dumps([{"name": "prenom", "label": "Prénom"}, {"name": "image", "label": "Image"}])
MANY = 450  # more than two batches


def made_at(revision: str, folder: Path) -> sqlite3.Connection:
    """The database of a site that was last started at this revision."""
    engine = database.open_engine(f"sqlite:///{folder / 'hfcourse.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS_FOLDER))
    with engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()
    return sqlite3.connect(folder / "hfcourse.sqlite")


def add_run(opened: sqlite3.Connection, run_id: str, visitor: str, inputs: dict[str, object], moment: str) -> None:
    opened.execute(RUN, (run_id, visitor, moment, PARAMETERS, json.dumps(inputs), moment, moment, moment))


@pytest.fixture(params=EARLIER)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A site that was last started at an earlier revision, with runs of Awa's and one of Bilal's."""
    with closing(made_at(request.param, tmp_path)) as opened:
        add_run(opened, "greeting", "awa", {"prenom": "Zoé 100 %", "image": None}, MOMENT.format(2, 0))
        add_run(opened, "picture", "awa", {"prenom": "", "image": {"$file": 0}}, MOMENT.format(3, 0))
        add_run(opened, "first-of-all", "awa", {"prenom": "", "image": None}, MOMENT.format(1, 0))
        add_run(opened, "theirs", "bilal", {"prenom": "Zoé"}, MOMENT.format(4, 0))
        for n, run_id in enumerate(("picture", "first-of-all")):
            row = (f"file{n}", "awa", f"Chat{n}.PNG", "image/png", 3, MOMENT.format(1, 0))
            opened.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", row)
            opened.execute(
                "INSERT INTO run_files (run_id, n, file_id, parameter) VALUES (?, 0, ?, 'image')", (run_id, f"file{n}")
            )
        for n in range(MANY):
            add_run(opened, f"many{n:03}", "cora", {"prenom": f"numéro {n}"}, MOMENT.format(1, n))
        opened.commit()
    made = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    yield made
    close_app(made)


@pytest.fixture
def app_context(site: Flask) -> Iterator[None]:
    with site.app_context():
        yield


def ids(words: str, visitor: str = "awa") -> list[str]:
    return [line.id for line in queries.fetch_page(visitor, RunFilter(words=words)).summaries]


@pytest.mark.usefixtures("app_context")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", ["picture", "greeting", "first-of-all"]),
        ("ZOE", ["greeting"]),
        ("100 %", ["greeting"]),
        ("chat0.png", ["picture"]),
        ("chat1", ["first-of-all"]),
        ("prénom", ["picture", "greeting", "first-of-all"]),
        ("numéro", []),
    ],
)
def test_runs_of_an_old_database_are_kept_and_found(words: str, wanted: list[str]) -> None:
    assert ids(words) == wanted


@pytest.mark.usefixtures("app_context")
def test_all_of_many_runs_are_found() -> None:
    assert queries.count_runs("cora", RunFilter(words="numero")) == MANY
    assert ids(f"numero {MANY - 1}", "cora") == [f"many{MANY - 1}"]


@pytest.mark.usefixtures("app_context")
def test_a_line_says_what_was_sent() -> None:
    assert [line.excerpt for line in queries.fetch_page("awa", RunFilter()).summaries] == [
        "Image\u00a0: Chat0.PNG",
        "Prénom\u00a0: Zoé 100 %",
        "Chat1.PNG",
    ]


@pytest.mark.usefixtures("app_context")
def test_the_file_of_a_run_is_still_the_one_of_its_parameter() -> None:
    for run_id in ("picture", "first-of-all"):
        values = run_store.find_sent_values(run_id, "awa")
        assert values is not None
        assert values["image"].id == {"picture": "file0", "first-of-all": "file1"}[run_id]


def test_pages_of_an_old_database_open(site: Flask) -> None:
    student = BrowserClient(site.test_client())
    with student.client.session_transaction() as session:
        session["visitor"] = "awa"
    links = [str(link["href"]) for link in student.open_page("/essais/").select("a.row-link")]
    assert links == ["/essais/picture", "/essais/greeting", "/essais/first-of-all"]
    for link in links:
        student.open_page(link)


def test_nothing_is_pruned_because_the_site_was_updated(site: Flask) -> None:
    """The runs are months old: the first daily pruning is a day away, whatever the clock says today."""
    with site.app_context():
        assert not maintenance.is_due()


@pytest.mark.usefixtures("app_context")
def test_what_the_texts_of_its_runs_take_is_measured() -> None:
    with database.read_session() as session:
        sizes = dict(session.execute(select(Run.id, Run.text_bytes)).all())
    assert len(json.dumps({"prenom": "Zoé 100 %"})) < sizes["greeting"] < 400
    assert all(sizes.values())


def test_the_update_can_be_undone_and_done_again(site: Flask) -> None:
    engine = site.extensions["database"].kw["bind"]
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS_FOLDER))
    with engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        connection.commit()
    database.migrate_engine(engine)
    with site.app_context():
        assert ids("zoe") == ["greeting"]


@pytest.mark.parametrize("revision", ["0003", "0004", "0005", "0006"])
def test_a_run_of_a_later_revision_is_kept_and_a_new_one_can_be_made(revision: str, tmp_path: Path) -> None:
    with closing(made_at(revision, tmp_path)) as opened:
        add_run(opened, "greeting", "awa", {"prenom": "Zoé", "image": None}, MOMENT.format(2, 0))
        opened.commit()
    made = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    awa = log_in_as(BrowserClient(made.test_client()), "awa")
    assert awa.client.get("/essais/greeting.json").get_json()["inputs"]["prenom"] == "Zoé"
    with made.app_context():
        run_id = make_run("awa", "succeeded", sent={"prenom": "Awa"})
        assert [line.id for line in queries.fetch_page("awa", RunFilter()).summaries] == [run_id, "greeting"]
    assert made.test_client().get("/metriques").status_code == 200
    close_app(made)
