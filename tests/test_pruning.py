"""Forgetting: by age, by size, one by one; what an open form may still name stays."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from hfcourse import database
from hfcourse.runs import pruning, store
from hfcourse.runs.models import Run, RunEvent
from hfcourse.spaces import files
from hfcourse.spaces.files import KeptFile, StoredFile


def finished_run(kept: KeptFile | None = None, days: float = 0) -> str:
    """A finished run, made so many days ago, with a file or without."""
    sent = [("image", kept.id)] if kept else []
    run_id = store.create("awa", space="a/b", endpoint="/x", title="X", parameters=[], inputs={}, files=sent)
    store.append(run_id, [store.Told("started", {"eta": None})])
    store.finish(run_id, "succeeded", [])
    with database.writing() as session:
        session.execute(update(Run).where(Run.id == run_id).values(created=database.now() - timedelta(days=days)))
    return run_id


def aged(kept: KeptFile, days: float) -> KeptFile:
    with database.writing() as session:
        session.execute(
            update(StoredFile).where(StoredFile.id == kept.id).values(created=database.now() - timedelta(days=days))
        )
    return kept


def count(table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(autouse=True)
def inside(app: Flask):
    with app.app_context():
        yield


def test_old_runs_go_with_their_events_and_files(app: Flask) -> None:
    kept = aged(files.keep("awa", "chat.png", b"abc"), 91)
    finished_run(kept, days=91)
    recent = finished_run(days=89)
    assert pruning.prune() == 1
    assert store.load(recent) is not None
    assert (count(Run), count(RunEvent), count(StoredFile)) == (1, 1, 0)
    assert not kept.path.exists()


def test_a_running_run_is_never_pruned() -> None:
    run_id = finished_run(days=200)
    with database.writing() as session:
        session.execute(update(Run).values(status="running"))
    assert pruning.prune() == 0
    assert pruning.forget(run_id) == 0
    assert count(Run) == 1


def test_the_oldest_runs_with_files_go_first_when_the_share_is_full(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 250
    for days in (3, 2, 1):
        finished_run(aged(files.keep("awa", f"{days}.png", b"x" * 100), days), days)
    without = finished_run(days=5)
    assert pruning.prune() == 1
    assert store.load(without) is not None
    with database.reading() as session:
        assert sorted(session.scalars(select(StoredFile.name))) == ["1.png", "2.png"]


def test_an_upload_of_a_form_that_is_still_open_stays() -> None:
    fresh, forgotten = files.keep("awa", "a.png", b"a"), aged(files.keep("awa", "b.png", b"b"), 2)
    pruning.prune()
    assert fresh.path.exists()
    assert not forgotten.path.exists()


def test_a_file_that_another_run_uses_stays_when_one_is_forgotten() -> None:
    kept = aged(files.keep("awa", "chat.png", b"abc"), 2)
    first, second = finished_run(kept), finished_run(kept)
    assert pruning.forget(first) == 1
    assert kept.path.exists()
    assert pruning.forget(second) == 1
    assert not kept.path.exists()


def test_the_command_deletes_one_run(app: Flask) -> None:
    run_id = finished_run()
    answer = app.test_cli_runner().invoke(args=["prune", "--run", run_id])
    assert "1 runs deleted" in answer.output
    assert count(Run) == 0
