"""Attempts at the instructor's password that several workers of a campus decide at once, on a real PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from hfcourse import database
from hfcourse.classroom import login_links, login_queue
from tests.support.apps import open_app
from tests.support.services import Postgres

WORKERS, ATTEMPTS = 8, 48


@pytest.fixture
def app(tmp_path: Path, empty_database: bytes) -> Iterator[Flask]:
    server = Postgres()
    server.start()
    settings = {"DATABASE_URL": server.url, "INSTRUCTOR_PASSWORD": "craie et tableau noir"}
    try:
        with open_app(tmp_path, empty_database, **settings) as made:
            with made.app_context():
                database.migrate_current_database()
            yield made
    finally:
        server.discard()


def test_workers_together_decide_no_more_than_one_alone(app: Flask) -> None:
    barrier = threading.Barrier(WORKERS)

    def attempt(number: int) -> None:
        """Submit and poll some attempts of addresses of their own, as one worker of several does."""
        barrier.wait()
        for turn in range(ATTEMPTS // WORKERS):
            address = {"REMOTE_ADDR": f"10.{number}.{turn}.1"}
            with app.test_request_context("/enseignant/", environ_base=address):
                login_queue.poll_attempt(login_queue.submit_attempt(is_right=False))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(attempt, range(WORKERS)))
    with app.app_context(), database.read_session() as session:
        decided = session.scalar(select(func.count()).where(login_queue.LoginAttempt.decided.is_not(None)))
    assert decided == login_queue.MAX_DECISIONS


def test_a_link_that_several_browsers_use_at_once_opens_for_one(app: Flask) -> None:
    barrier = threading.Barrier(WORKERS)
    with app.app_context():
        code = login_links.create_code()

    def redeem(_number: int) -> bool:
        with app.app_context():
            barrier.wait()
            return login_links.redeem_code(code)

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(redeem, range(WORKERS))) == 1
