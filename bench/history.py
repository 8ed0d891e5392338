"""Cost of the list of runs and of pruning with 100,000 stored runs, compared with 1,000.

    python bench/history.py

The runs belong to a visitor with 60, to one with a tenth of all, and to others with 60 each.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Table, insert

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hfcourse import create_app, database
from hfcourse.runs.retention import eviction
from hfcourse.runs.store import search_text
from hfcourse.runs.store.models import Run

FEW, MANY = 1_000, 100_000
OWN = 60  # runs of an ordinary visitor
BATCH = 2_000
OLD_EVERY = 10  # every tenth run is older than KEEP_DAYS
FILE_EVERY, FILE_BYTES = 5, 200_000
TIMES = 15
PARAMETERS = [{"name": "phrase", "label": "Phrase"}, {"name": "langue", "label": "Langue"}]
PHRASES = ("Il fait beau ce matin", "Où est la bibliothèque ?", "Le chat dort sur le canapé", "Zoé part à l’école")
SPACES = ("hfcourse/entrainement", "gradio/calculator", "classe/traduire")
OUTPUTS = [{"label": "Réponse", "component": "Textbox", "value": "Une réponse de quelques lignes. " * 60}]
PAGES = {
    "list": ("own", "/essais/"),
    "list, one Space": ("own", "/essais/?espace=gradio/calculator&issue=reussi"),
    "search": ("own", "/essais/?q=bibliotheque"),
    "list of a tenth of all": ("tenth", "/essais/"),
    "the same, older page": ("tenth", "/essais/?avant={middle}"),
    "the same, search": ("tenth", "/essais/?q=zoe+ecole"),
}


def measure_fastest(action: Callable[[], object], times: int = TIMES) -> float:
    """Return the milliseconds of the fastest of several repetitions."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return min(took) * 1000


def choose_visitor(n: int) -> str:
    """Return the visitor of run number `n`: the one with a tenth of all, or one of those with OWN runs each."""
    return "tenth" if n % 10 == 0 else "own" if n // 10 < OWN and n % 10 == 1 else f"visitor-{n // OWN}"


def make_rows(n: int, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield table name and values of each row of run number `n` of `count`."""
    is_old = n % OLD_EVERY == OLD_EVERY - 1
    moment = database.utc_now() - timedelta(days=95 if is_old else 80 * n / count, seconds=n)
    run_id, inputs = f"run{n:013}", {"phrase": f"{PHRASES[n % len(PHRASES)]} {n}", "langue": "français"}
    run = {
        "id": run_id,
        "visitor": choose_visitor(n),
        "space": SPACES[n % len(SPACES)],
        "endpoint": "/classer",
        "title": "Deviner la langue",
        "status": "succeeded",
        "process": "bench",
        "parameters": PARAMETERS,
        "inputs": inputs,
        "outputs": OUTPUTS,
        "partials": 0,
        "said": "",
    }
    yield "runs", run | dict.fromkeys(("heartbeat", "created", "started", "finished"), moment)
    for number, kind in enumerate(("started", "log"), 1):
        yield "run_events", {"run_id": run_id, "n": number, "kind": kind, "data": {"words": "x" * 80}, "at": moment}
    yield (
        "run_words",
        {"run_id": run_id, "visitor": choose_visitor(n), **search_text.build_search_columns(PARAMETERS, inputs, [])},
    )
    if n % FILE_EVERY == 0:
        file = {"id": f"file{n}", "visitor": choose_visitor(n), "name": "chat.png", "media_type": "image/png"}
        yield "files", {**file, "size": FILE_BYTES, "created": moment}
        yield "run_files", {"run_id": run_id, "n": 0, "file_id": f"file{n}", "parameter": "phrase"}


def fill_database(app: Flask, count: int) -> None:
    """Store `count` runs, in batches."""
    for start in range(0, count, BATCH):
        rows: dict[str, list[dict[str, Any]]] = {}
        for n in range(start, min(start + BATCH, count)):
            for name, row in make_rows(n, count):
                rows.setdefault(name, []).append(row)
        with app.app_context(), database.write_connection() as connection:
            insert_rows(connection, rows)


def insert_rows(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Insert rows, one statement per table, in the order of their foreign keys."""
    tables: dict[str, Table] = {table.name: table for table in Run.metadata.sorted_tables}
    for name, table in tables.items():
        if name in rows:
            connection.execute(insert(table), rows[name])


def make_client(app: Flask, visitor: str) -> FlaskClient:
    """Return a test client with the session of this visitor."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = visitor
    return client


@dataclass
class HistoryCost:
    """Milliseconds of each page, of pruning without expired runs, and per deleted run."""

    pages: dict[str, float]
    idle: float
    each: float


def measure(app: Flask, count: int) -> HistoryCost:
    """Fill the database, request the pages, prune."""
    fill_database(app, count)
    with app.app_context():
        middle = f"{int((database.utc_now() - timedelta(days=40)).timestamp() * 1000)}.x"
    took = {}
    for name, (visitor, address) in PAGES.items():
        client, url = make_client(app, visitor), address.format(middle=middle)
        assert client.get(url).status_code == 200
        took[name] = measure_fastest(lambda client=client, url=url: client.get(url))
    with app.app_context():
        start = time.perf_counter()
        deleted = eviction.prune_all()
        each = (time.perf_counter() - start) * 1000 / deleted
        assert deleted == count // OLD_EVERY, deleted
        return HistoryCost(took, measure_fastest(eviction.prune_all, 5), each)


def measure_site(count: int) -> HistoryCost:
    """Measure a site with `count` runs."""
    with tempfile.TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "KEEP_BYTES": MANY * FILE_BYTES})
        made = measure(app, count)
        app.extensions["database"].kw["bind"].dispose()
        return made


def main() -> None:
    """Print a line for each measure."""
    few, many = measure_site(FEW), measure_site(MANY)
    print(f"{'milliseconds':32}{FEW:>9,} runs{MANY:>10,} runs     ratio")
    lines = [(f"/essais/: {name}", few.pages[name], many.pages[name]) for name in PAGES]
    lines += [("prune, nothing to delete", few.idle, many.idle), ("prune, each run deleted", few.each, many.each)]
    for name, before, after in lines:
        print(f"{name:32}{before:14.1f}{after:15.1f}{after / before:10.1f}")


if __name__ == "__main__":
    main()
