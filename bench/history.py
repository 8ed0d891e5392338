"""What the list of one's runs and the pruning cost when 100,000 runs are stored, beside the same with 1,000.

    python bench/history.py

The runs are those of a visitor with 60, of one who has made a tenth of all, and of others with 60 each.
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
OWN = 60  # runs of a visitor like any other
BATCH = 2_000
OLD_EVERY = 10  # one run in so many is past KEEP_DAYS
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


def best(action: Callable[[], object], times: int = TIMES) -> float:
    """Milliseconds of the fastest of several times."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return min(took) * 1000


def visitor_of(n: int) -> str:
    """Who made run number `n`: the one who has made a tenth of all, or one of those with OWN runs each."""
    return "tenth" if n % 10 == 0 else "own" if n // 10 < OWN and n % 10 == 1 else f"visitor-{n // OWN}"


def rows_of(n: int, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run number `n` of so many, as its rows: table and values."""
    is_old = n % OLD_EVERY == OLD_EVERY - 1
    moment = database.utc_now() - timedelta(days=95 if is_old else 80 * n / count, seconds=n)
    run_id, inputs = f"run{n:013}", {"phrase": f"{PHRASES[n % len(PHRASES)]} {n}", "langue": "français"}
    run = {
        "id": run_id,
        "visitor": visitor_of(n),
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
        {"run_id": run_id, "visitor": visitor_of(n), **search_text.build_search_columns(PARAMETERS, inputs, [])},
    )
    if n % FILE_EVERY == 0:
        kept = {"id": f"file{n}", "visitor": visitor_of(n), "name": "chat.png", "media_type": "image/png"}
        yield "files", {**kept, "size": FILE_BYTES, "created": moment}
        yield "run_files", {"run_id": run_id, "n": 0, "file_id": f"file{n}", "parameter": "phrase"}


def fill(app: Flask, count: int) -> None:
    """Store so many runs."""
    for start in range(0, count, BATCH):
        kept: dict[str, list[dict[str, Any]]] = {}
        for n in range(start, min(start + BATCH, count)):
            for name, row in rows_of(n, count):
                kept.setdefault(name, []).append(row)
        with app.app_context(), database.write_connection() as connection:
            store(connection, kept)


def store(connection: Connection, kept: dict[str, list[dict[str, Any]]]) -> None:
    """Insert rows, those of each table at once; a table after those that it names."""
    tables: dict[str, Table] = {table.name: table for table in Run.metadata.sorted_tables}
    for name, table in tables.items():
        if name in kept:
            connection.execute(insert(table), kept[name])


def known(app: Flask, visitor: str) -> FlaskClient:
    """The browser of this visitor."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = visitor
    return client


@dataclass
class Measured:
    """Milliseconds of each page; of a pruning that finds nothing, and for each run that one deletes."""

    pages: dict[str, float]
    idle: float
    each: float


def measure(app: Flask, count: int) -> Measured:
    """Fill the database, open the pages, prune."""
    fill(app, count)
    with app.app_context():
        middle = f"{int((database.utc_now() - timedelta(days=40)).timestamp() * 1000)}.x"
    took = {}
    for name, (visitor, address) in PAGES.items():
        client, asked = known(app, visitor), address.format(middle=middle)
        assert client.get(asked).status_code == 200
        took[name] = best(lambda client=client, asked=asked: client.get(asked))
    with app.app_context():
        start = time.perf_counter()
        gone = eviction.prune_all()
        each = (time.perf_counter() - start) * 1000 / gone
        assert gone == count // OLD_EVERY, gone
        return Measured(took, best(eviction.prune_all, 5), each)


def measured(count: int) -> Measured:
    """The measures on a site with so many runs."""
    with tempfile.TemporaryDirectory() as instance:
        app = create_app({"INSTANCE": instance, "KEEP_BYTES": MANY * FILE_BYTES})
        made = measure(app, count)
        app.extensions["database"].kw["bind"].dispose()
        return made


def main() -> None:
    """Print a line for each measure."""
    few, many = measured(FEW), measured(MANY)
    print(f"{'milliseconds':32}{FEW:>9,} runs{MANY:>10,} runs     ratio")
    lines = [(f"/essais/: {name}", few.pages[name], many.pages[name]) for name in PAGES]
    lines += [("prune, nothing to delete", few.idle, many.idle), ("prune, each run deleted", few.each, many.each)]
    for name, before, after in lines:
        print(f"{name:32}{before:14.1f}{after:15.1f}{after / before:10.1f}")


if __name__ == "__main__":
    main()
