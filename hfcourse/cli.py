"""The commands of `flask`: check and export the course, prune old runs, bring the database up to date, be a worker."""

from pathlib import Path

import click
from flask import Flask, current_app

from hfcourse import database, typography
from hfcourse.lessons import course, library, marks
from hfcourse.runs import pruning, workers


@click.command("check")
def check() -> None:
    """Check every lesson; print file, line and what to mend, and fail if anything is wrong."""
    faults = library.faults()
    for fault in faults:
        click.echo(fault)
    if faults:
        raise SystemExit(1)
    click.echo(f"{len(library.lessons())} lessons, nothing to mend.")


@click.command("prune")
@click.option("--run", "run_id", help="Delete this one run instead, whatever its age: the end of its address.")
def prune(run_id: str | None) -> None:
    """Delete the runs, and their files, that are older than KEEP_DAYS or over KEEP_BYTES; old marks in lessons too."""
    marks.prune()
    gone = pruning.forget(run_id) if run_id else pruning.prune()
    click.echo(f"{gone} runs deleted.")


@click.command("migrate")
def migrate() -> None:
    """Bring the database up to date (on SQLite every start does it)."""
    database.migrate_current()


@click.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--site", metavar="URL", help="Where this site is: the file then links to its forms.")
def export(path: Path, site: str | None) -> None:
    """Write the whole course into one HTML file that is read without a network, questions included."""
    html = course.export(site.rstrip("/") if site else None)
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"{path}: {len(library.lessons())} lessons, {typography.size(len(html.encode()))}.")


@click.command("worker")
def worker() -> None:
    """Execute the runs that web processes take in, on any machine (HFCOURSE_QUEUE_URL); SIGTERM ends it."""
    raise SystemExit(workers.work(current_app._get_current_object()))  # type: ignore[attr-defined]


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (check, export, prune, migrate, worker):
        app.cli.add_command(command)
