"""Forgetting: by age, by size, one by one, once a day; what a page or an open form may still name stays."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from time_machine import Traveller

from hfcourse import create_app, database
from hfcourse.errors import FormRejected
from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle, StoredFile
from hfcourse.runs.retention import disk_usage, eviction, maintenance, pruning, quota, recent_views
from hfcourse.runs.store import newcomers, run_store
from hfcourse.runs.store.models import MaintenanceTask, Run, RunEvent, RunSearchText, RunView, VisitorArrival
from hfcourse.runs.store.newcomers import Client
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic
from tests.support.factories import count_rows, make_run
from tests.support.s3 import both_storages
from tests.support.waiting import wait_until

pytestmark = [both_storages, pytest.mark.usefixtures("app_context")]


def make_finished_run(kept: FileHandle | None = None, days: float = 0, visitor: str = "awa") -> str:
    """A finished run, made so many days ago, with a file or without."""
    sent = [("image", kept.id)] if kept else []
    run_id = run_store.create_run(visitor, space="a/b", endpoint="/x", title="X", parameters=[], inputs={}, files=sent)
    run_store.append_and_notify(run_id, [run_store.NewEvent("started", {"eta": None})])
    run_store.finish_run(run_id, "succeeded", [])
    with database.write_session() as session:
        session.execute(update(Run).where(Run.id == run_id).values(created=database.utc_now() - timedelta(days=days)))
    return run_id


def backdate_file(kept: FileHandle, days: float) -> FileHandle:
    with database.write_session() as session:
        session.execute(
            update(StoredFile).where(StoredFile.id == kept.id).values(created=database.utc_now() - timedelta(days=days))
        )
    return kept


def client_of(visitor: str, origin: str = "school", is_newcomer: bool = False) -> Client:
    return Client(visitor, origin, is_newcomer)


def kept_files(*run_ids: str) -> list[bool]:
    """Of each of these runs: does it still have its files?"""
    runs = [run_store.load_run(run_id) for run_id in run_ids]
    return [run is not None and not any(item.file.erased for item in run.files) for run in runs]


def test_old_runs_go_with_their_events_and_files(app: Flask) -> None:
    kept = backdate_file(file_store.save_file("awa", "chat.png", b"abc"), 91)
    make_finished_run(kept, days=91)
    recent = make_finished_run(days=89)
    assert eviction.prune_all() == 1
    assert run_store.load_run(recent) is not None
    # Of the recent run: its row, and its events `started` and `summary`.
    assert (count_rows(Run), count_rows(RunEvent), count_rows(StoredFile)) == (1, 2, 0)
    assert kept.is_missing()


def test_a_running_run_is_never_pruned() -> None:
    run_id = make_finished_run(days=200)
    with database.write_session() as session:
        session.execute(update(Run).values(status="running"))
    assert eviction.prune_all() == 0
    assert pruning.delete_run(run_id) == 0
    assert count_rows(Run) == 1


def test_a_run_that_a_killed_process_left_is_pruned_like_any_other() -> None:
    make_finished_run(days=91)
    with database.write_session() as session:
        session.execute(update(Run).values(status="running", heartbeat=database.utc_now() - timedelta(days=91)))
    assert eviction.prune_all() == 1
    assert count_rows(Run) == 0


def test_the_oldest_runs_with_files_go_first_when_the_share_is_full(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 250_000
    for days in (3, 2, 1):
        make_finished_run(backdate_file(file_store.save_file("awa", f"{days}.png", b"x" * 100_000), days), days)
    without = make_finished_run(days=5)
    assert eviction.prune_all() == 0, "files suffice"
    assert run_store.load_run(without) is not None
    with database.read_session() as session:
        kept = session.scalars(select(StoredFile.name).where(StoredFile.erased.is_(None)))
        assert sorted(kept) == ["1.png", "2.png"]


def test_an_upload_of_a_form_that_is_still_open_stays() -> None:
    fresh, forgotten = (
        file_store.save_file("awa", "a.png", b"a"),
        backdate_file(file_store.save_file("awa", "b.png", b"b"), 2),
    )
    eviction.prune_all()
    assert not fresh.is_missing()
    assert forgotten.is_missing()


def test_a_file_that_another_run_uses_stays_when_one_is_forgotten() -> None:
    kept = backdate_file(file_store.save_file("awa", "chat.png", b"abc"), 2)
    first, second = make_finished_run(kept), make_finished_run(kept)
    assert pruning.delete_run(first) == 1
    assert not kept.is_missing()
    assert pruning.delete_run(second) == 1
    assert kept.is_missing()


def test_the_command_deletes_one_run(app: Flask) -> None:
    run_id = make_finished_run()
    answer = app.test_cli_runner().invoke(args=["prune", "--run", run_id])
    assert answer.output.strip() == "1\u00a0essai supprimé."
    assert count_rows(Run) == 0


def test_the_command_says_that_there_is_no_such_run(app: Flask) -> None:
    make_finished_run()
    answer = app.test_cli_runner().invoke(args=["prune", "--run", "l'absent"])
    assert answer.output.strip() == "Aucun essai n’a l’identifiant l'absent\u00a0: rien n’est supprimé."
    assert count_rows(Run) == 1


# What a page still shows


def make_stored_file(visitor: str = "awa", days: float = 0, size: int = 100_000) -> FileHandle:
    """A file of this visitor, so many days old."""
    return backdate_file(file_store.save_file(visitor, f"{days}.png", b"x" * size), days)


def test_a_run_that_a_page_showed_within_the_hour_stays_and_goes_after_it(wall_clock: Traveller) -> None:
    run_id = make_finished_run(days=91)
    recent_views.record_view(run_id)
    wall_clock.shift(timedelta(minutes=59))
    assert eviction.prune_all() == 0
    wall_clock.shift(timedelta(minutes=2))
    assert eviction.prune_all() == 1
    assert (count_rows(Run), count_rows(RunView), count_rows(RunSearchText)) == (0, 0, 0)


def test_a_page_that_is_opened_again_counts_anew_and_is_noted_seldom(app: Flask, wall_clock: Traveller) -> None:
    run_id, begun = make_finished_run(days=91), database.utc_now()

    def noted() -> datetime | None:
        recent_views.record_view(run_id)
        with database.read_session() as session:
            return session.scalar(select(RunView.at))

    assert noted() == begun
    wall_clock.move_to(begun + recent_views.VIEW_WRITE_INTERVAL - timedelta(seconds=1))
    assert noted() == begun
    wall_clock.move_to(begun + timedelta(minutes=50))
    assert noted() == database.utc_now()
    wall_clock.shift(timedelta(minutes=50))
    assert eviction.prune_all() == 0


def test_looking_at_a_run_that_is_gone_leaves_nothing() -> None:
    recent_views.record_view("gone")
    assert count_rows(RunView) == 0


def test_run_page_opens_when_its_view_cannot_be_recorded(awa: BrowserClient) -> None:
    run_id = make_run("awa")
    with database.write_session() as session:
        session.execute(text("DROP TABLE run_looks"))
    assert "Saluer quelqu’un" in awa.open_page(f"/essais/{run_id}").get_text()


def test_a_full_disk_takes_no_run_that_a_page_shows(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 100_000
    shown, other = make_finished_run(make_stored_file(days=3), 3), make_finished_run(make_stored_file(days=2), 2)
    recent_views.record_view(shown)
    assert eviction.prune_all() == 0
    assert kept_files(shown, other) == [True, False]
    recent_views.record_view(make_finished_run(make_stored_file(days=1), 1))
    assert eviction.prune_all() == 0
    assert count_rows(Run) == 3


# The share of the disk of each


def test_a_full_disk_takes_first_from_those_above_their_share(app: Flask) -> None:
    modest = make_finished_run(make_stored_file("bilal", days=9), 9, "bilal")
    greedy = [make_finished_run(make_stored_file(days=days), days) for days in (4, 3, 2, 1)]
    app.config["KEEP_BYTES"] = 450_000
    assert eviction.prune_all() == 0
    assert kept_files(modest, *greedy) == [True, False, True, True, True]


def test_forms_that_are_never_sent_push_out_nothing_that_is_kept(app: Flask) -> None:
    run_id = make_finished_run(make_stored_file("bilal", days=9), 9, "bilal")
    loose = [make_stored_file(days=0.1) for _ in range(5)]
    app.config["KEEP_BYTES"] = 150_000
    assert eviction.prune_all() == 0
    assert run_store.load_run(run_id) is not None
    assert all(each.is_missing() for each in loose)


def test_a_visitor_makes_room_with_the_oldest_of_their_own_runs(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 310_000 * disk_usage.QUOTA_DIVISOR
    other = make_finished_run(make_stored_file("bilal", days=9), 9, "bilal")
    mine = [make_finished_run(make_stored_file(days=days), days) for days in (3, 2, 1)]
    new = make_stored_file()
    assert quota.free_space(client_of("awa"), [new.id])
    assert kept_files(other, *mine) == [True, False, True, True]
    assert not new.is_missing()


def test_a_visitor_whose_share_is_full_of_what_pages_show_gets_no_room(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 310_000 * disk_usage.QUOTA_DIVISOR
    mine = [make_finished_run(make_stored_file(days=days), days) for days in (3, 2, 1)]
    for run_id in mine:
        recent_views.record_view(run_id)
    assert not quota.free_space(client_of("awa"), [make_stored_file().id])
    assert all(run_store.load_run(run_id) for run_id in mine)


def test_the_run_whose_files_are_sent_again_stays(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 310_000 * disk_usage.QUOTA_DIVISOR
    sent = make_stored_file(days=4)
    first = make_finished_run(sent, 4)
    mine = [make_finished_run(make_stored_file(days=days), days) for days in (3, 2)]
    assert quota.free_space(client_of("awa"), [sent.id, make_stored_file().id])
    assert kept_files(first, *mine) == [True, False, True]


# At the same moment


def test_what_is_still_needed_saves_nothing_else_from_being_discarded() -> None:
    needed, loose = make_stored_file(days=2), make_stored_file(days=2)
    make_finished_run(needed)
    pruning.delete_orphan_files([needed.id, loose.id])
    assert (needed.is_missing(), loose.is_missing()) == (False, True)


def test_a_file_that_a_new_run_takes_during_the_deletion_of_the_old_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, discard = make_stored_file(days=2), pruning.delete_orphan_files
    first, made = make_finished_run(kept), []

    def discard_late(file_ids: list[str]) -> None:
        made.append(make_finished_run(kept))
        discard(file_ids)

    monkeypatch.setattr(pruning, "delete_orphan_files", discard_late)
    assert pruning.delete_run(first) == 1
    run = run_store.load_run(made[0])
    assert run is not None
    assert [item.file_id for item in run.files] == [kept.id]
    assert not kept.is_missing()


def test_a_file_that_went_first_refuses_the_run_that_names_it() -> None:
    kept = make_stored_file(days=2)
    pruning.delete_orphan_files([kept.id])
    with pytest.raises(FormRejected, match="invalid-input"):
        make_finished_run(kept)
    assert count_rows(Run) == 0


def test_two_that_prune_at_once_count_each_run_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH_PAUSE_SECONDS", 0)
    monkeypatch.setattr(pruning, "RUNS_PER_BATCH", 3)
    for _ in range(20):
        make_finished_run(make_stored_file(days=95), days=95)

    def prune(_number: int) -> int:
        with app.app_context():
            return eviction.prune_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(prune, range(4))) == 20
    assert (count_rows(Run), count_rows(StoredFile)) == (0, 0)


# Once a day


@pytest.fixture
def pruned_yesterday(app_context: None) -> None:
    """The last daily pruning was begun a day and a minute ago."""
    with database.write_session() as session:
        session.execute(update(MaintenanceTask).values(at=database.utc_now() - timedelta(days=1, minutes=1)))


def open_a_page(app: Flask) -> None:
    assert app.test_client().get("/confidentialite").status_code == 200


@pytest.mark.usefixtures("pruned_yesterday")
def test_a_site_that_nobody_sends_anything_to_prunes_when_somebody_reads(app: Flask) -> None:
    make_finished_run(days=91)
    open_a_page(app)
    assert wait_until(lambda: count_rows(Run) == 0)


def is_pruning() -> bool:
    return "daily-pruning" in {thread.name for thread in threading.enumerate()}


def test_pruning_runs_once_a_day(app: Flask) -> None:
    run_id = make_finished_run(days=91)
    assert not maintenance.is_due()
    assert not maintenance.claim_daily_task()
    assert wait_until(lambda: not is_pruning()), "that of an earlier test"
    open_a_page(app)
    assert not is_pruning()
    assert run_store.load_run(run_id) is not None


@pytest.mark.usefixtures("pruned_yesterday")
def test_one_of_several_processes_does_it(app: Flask) -> None:
    other = create_app({"INSTANCE": app.config["INSTANCE"], "TESTING": True})

    def take(site: Flask) -> bool:
        with site.app_context():
            return maintenance.is_due() and maintenance.claim_daily_task()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, [app, other] * 4)) == 1
    close_app(other)


@pytest.mark.usefixtures("pruned_yesterday")
def test_a_process_asks_the_database_once_an_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(maintenance, "is_due", lambda: asked.append(True))
    clock = FakeMonotonic(monkeypatch, maintenance)
    keeper = maintenance.DailyMaintenance(app)
    for passed in (0, 1, maintenance.DUE_CHECK_INTERVAL_SECONDS - 2, 2):
        clock.advance(passed)
        keeper.prune_if_due()
    assert len(asked) == 2


def test_a_database_in_trouble_leaves_the_page_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fail() -> bool:
        calls.append(1)
        raise OperationalError("", {}, Exception("locked"))

    monkeypatch.setattr(maintenance, "is_due", fail)
    open_a_page(app)
    assert calls == [1]


@pytest.mark.usefixtures("pruned_yesterday")
def test_a_pruning_that_fails_is_told_in_the_log(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(eviction, "prune_all", lambda: 1 // 0)
    with caplog.at_level(logging.ERROR):
        open_a_page(app)
        assert wait_until(lambda: "could not be pruned" in caplog.text)


# Newcomers, and texts


def arrived(visitor: str, origin: str = "school") -> str:
    """Somebody new, known to have come from there."""
    newcomers.record_arrival(client_of(visitor, origin, is_newcomer=True))
    return visitor


def spoken_run(visitor: str, size: int, days: float = 0) -> str:
    """A finished run whose typed text takes so much."""
    text_sent = {"parameters": [{"name": "t", "label": "T"}], "inputs": {"t": "x" * size}}
    run_id = run_store.create_run(visitor, space="a/b", endpoint="/x", title="X", **text_sent)
    run_store.finish_run(run_id, "succeeded", [])
    with database.write_session() as session:
        session.execute(update(Run).where(Run.id == run_id).values(created=database.utc_now() - timedelta(days=days)))
    return run_id


def test_newcomers_of_one_address_take_no_more_than_a_share_and_nothing_of_others(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 1_000_000
    old = make_finished_run(make_stored_file("bilal", days=1), 1, "bilal")
    refused = 0
    for n in range(30):
        client = client_of(arrived(f"jar {n}"), is_newcomer=True)
        kept = file_store.save_file(client.visitor, "a.png", b"x" * 60_000)
        if quota.free_space(client, [kept.id]):
            recent_views.record_view(make_finished_run(kept, visitor=client.visitor))
        else:
            pruning.delete_orphan_files([kept.id])
            refused += 1
    assert refused > 15
    assert kept_files(old) == [True]
    assert disk_usage.sum_total_bytes() <= 600_000
    for client in (client_of(arrived("cora", "home"), "home", is_newcomer=True), client_of("bilal")):
        new = file_store.save_file(client.visitor, "b.png", b"x" * 90_000)
        assert quota.free_space(client, [new.id])
    assert kept_files(old) == [True]


def test_what_newcomers_keep_above_their_share_goes_before_what_others_keep_even_if_they_look_at_it(app: Flask) -> None:
    old = make_finished_run(make_stored_file("bilal", days=9), 9, "bilal")
    theirs = [make_finished_run(make_stored_file(arrived(f"jar {n}")), visitor=f"jar {n}") for n in range(9)]
    for run_id in theirs:
        recent_views.record_view(run_id)
    app.config["KEEP_BYTES"] = 900_000
    assert eviction.prune_all() == 0
    assert kept_files(old) == [True]
    assert kept_files(*theirs).count(False) == 2


def test_filling_the_reserve_does_not_make_others_lose_more(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 1_000_000
    old = [make_finished_run(make_stored_file(f"v{n}", days=9), 9, f"v{n}") for n in range(8)]
    for n in range(2):
        make_finished_run(make_stored_file(arrived(f"jar {n}"), size=90_000), visitor=f"jar {n}")
    assert eviction.prune_all() == 0
    assert kept_files(*old) == [True] * 8


def test_jars_that_have_aged_fill_half_of_the_disk_at_most_for_the_day(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 1_000_000
    for n in range(6):
        make_finished_run(make_stored_file(arrived(f"jar {n}")), visitor=f"jar {n}")
    with database.write_session() as session:
        session.execute(update(VisitorArrival).values(at=database.utc_now() - timedelta(minutes=11)))
    assert disk_usage.is_origin_crowded("school")
    old = make_finished_run(make_stored_file("bilal", days=9, size=390_000), 9, "bilal")
    new = make_stored_file("jar 1")
    assert not quota.free_space(client_of("jar 1"), [new.id])
    assert kept_files(old) == [True]


def test_texts_count(app: Flask) -> None:
    run_id = spoken_run("awa", 5_000)
    run_store.create_run("awa", space="a/b", endpoint="/x", title="X", parameters=[], inputs={})
    assert 5_000 < disk_usage.sum_text_bytes() < 12_000, "the text, and the words that it is found by"
    answered = run_store.create_run("awa", space="a/b", endpoint="/x", title="X", parameters=[], inputs={})
    before = disk_usage.sum_text_bytes()
    run_store.append_and_notify(answered, [run_store.NewEvent("log", {"message": "x" * 300})])
    run_store.finish_run(answered, "succeeded", [{"value": "x" * 1_000}])
    assert 1_300 < disk_usage.sum_text_bytes() - before < 1_500
    assert pruning.delete_run(run_id) == 1
    assert disk_usage.sum_text_bytes() < 3_000


def test_texts_of_newcomers_find_no_room_on_a_disk_that_they_fill(app: Flask) -> None:
    app.config["KEEP_BYTES"] = 3_000_000
    old = spoken_run("bilal", 100_000, days=1)
    refused = 0
    for n in range(30):
        app.extensions.pop("disk_pressure", None)
        client = client_of(arrived(f"jar {n}"), is_newcomer=True)
        try:
            quota.check_text_quota(client)
            spoken_run(client.visitor, 180_000)
        except FormRejected:
            refused += 1
    assert refused > 15
    assert disk_usage.sum_total_bytes() < 2_000_000
    assert run_store.load_run(old) is not None
    quota.check_text_quota(client_of("bilal"))
    quota.check_text_quota(client_of(arrived("cora", "home"), "home", is_newcomer=True))


def test_texts_above_a_share_go_with_their_runs_the_oldest_first(app: Flask) -> None:
    modest = spoken_run("bilal", 50_000, days=9)
    greedy = [spoken_run("awa", 200_000, days=days) for days in (4, 3, 2, 1)]
    app.config["KEEP_BYTES"] = 850_000
    assert eviction.prune_all() == 1
    assert [run_store.load_run(run_id) is not None for run_id in (modest, *greedy)] == [True, False, True, True, True]


def test_arrivals_are_forgotten_after_a_day(wall_clock: Traveller) -> None:
    arrived("awa")
    wall_clock.shift(timedelta(days=1, minutes=1))
    eviction.prune_all()
    assert count_rows(VisitorArrival) == 0


def test_a_file_that_a_run_in_progress_needs_too_is_not_erased(app: Flask) -> None:
    kept = make_stored_file(days=9)
    old = make_finished_run(kept, 9)
    sent = [("image", kept.id)]
    run_store.create_run("awa", space="a/b", endpoint="/x", title="X", parameters=[], inputs={}, files=sent)
    app.config["KEEP_BYTES"] = 1_000
    eviction.prune_all()
    assert kept_files(old) == [True]
    assert not kept.is_missing()
