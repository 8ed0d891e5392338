"""The commands of `flask`: check and export the course, let the instructor in, prune, migrate, work, practise."""

import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, pages, server, typography
from hfcourse.classroom import login_links, preparation
from hfcourse.lessons import course, guide_checks, library
from hfcourse.practice import foreground
from hfcourse.runs import pruning, trimming, workers
from hfcourse.spaces import catalogue

EXPORT_MODE = 0o644
EVERYWHERE = "0.0.0.0"  # noqa: S104 (what `--host` may be; nothing listens here)


@click.command("check")
def check() -> None:
    """Check every lesson, and the token; print file, line and what to mend, and fail if anything is wrong."""
    lent = catalogue.without_token()
    missing = [catalogue.NOT_LENT % ", ".join(lent)] if lent else []
    faults = [*library.faults(), *guide_checks.find_faults(), *preparation.check_plans(), *missing]
    for fault in faults:
        click.echo(fault)
    for fact in library.due_facts(pages.today()):
        click.echo(f"To read again since {fact.read_again}: the fact “{fact.id}”, {fact.source}")
    for term in guide_checks.find_unlinked_terms():
        click.echo(f"Warning: no lesson uses the word “{term.name}” of the glossary.")
    if faults:
        raise SystemExit(1)
    click.echo(f"{len(library.lessons())} lessons, nothing to mend.")


@click.command("prune")
@click.option("--run", "run_id", help="Delete this one run instead, whatever its age: the end of its address.")
def prune(run_id: str | None) -> None:
    """Delete the runs, and their files, that are older than KEEP_DAYS or over KEEP_BYTES; all else that is old, too."""
    for chore in current_app.extensions["daily_chores"]:
        chore()
    gone = pruning.forget(run_id) if run_id else trimming.prune()
    click.echo(f"{gone} runs deleted.")


@click.command("migrate")
def migrate() -> None:
    """Bring the database up to date (on SQLite every start does it)."""
    database.migrate_current()


@click.command("instructor-link")
@click.option("--site", metavar="URL", help="Where this site is, if not at the address that is printed otherwise.")
def instructor_link(site: str | None) -> None:
    """Print an address that opens the instructor's place once, within ten minutes, from any browser."""
    if not current_app.config["INSTRUCTOR_PASSWORD"]:
        raise click.ClickException("HFCOURSE_INSTRUCTOR_PASSWORD is not set: nobody may enter.")
    try:
        code = login_links.create_code()
    except SQLAlchemyError as error:
        raise click.ClickException("The database does not answer, or lacks `flask migrate`.") from error
    click.echo((site or default_site()).rstrip("/") + login_links.PATH + code)


def default_site() -> str:
    """Return where the site probably is: at the first name of HFCOURSE_HOSTS, or where `flask run` serves it."""
    names = [name for name in current_app.config["HOSTS"] if not name.startswith(".")]
    return f"https://{names[0]}" if names else f"http://127.0.0.1:{os.environ.get('FLASK_RUN_PORT', '5000')}"


@click.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--site", metavar="URL", help="Where this site is: the file then links to its forms.")
def export(path: Path, site: str | None) -> None:
    """Write the whole course into one HTML file that is read without a network, questions included."""
    html = course.export(site.rstrip("/") if site else None)
    try:
        path.write_text(html, encoding="utf-8")
        path.chmod(EXPORT_MODE)  # the site's own files are private; this one is made to be handed out
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"{path}: {len(library.lessons())} lessons, {typography.size(len(html.encode()))}.")


@click.command("worker")
def worker() -> None:
    """Execute the runs that web processes take in, on any machine (HFCOURSE_QUEUE_URL); SIGTERM ends it."""
    raise SystemExit(workers.work(current_app._get_current_object()))  # type: ignore[attr-defined]


@click.command("practice")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen: 0.0.0.0 for other machines too.")
@click.option("--port", default=7861, show_default=True, type=click.IntRange(0, 65_535), help="0 for any free one.")
def practice(host: str, port: int) -> None:
    """Run the practice Space for other processes to share: give them its address as HFCOURSE_PRACTICE_URL."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    say = say_network_address if host == EVERYWHERE else say_address
    try:
        foreground.serve(Path(current_app.instance_path) / "practice", host, port, say)
    except (foreground.StartError, OSError) as error:
        raise click.ClickException(f"The practice Space does not run: {error}.") from error


def say_address(url: str) -> None:
    """Print where the practice Space is."""
    click.echo(f"The practice Space is at {url} (end it with Ctrl-C).")


def say_network_address(url: str) -> None:
    """Print where other machines reach the practice Space, and the settings by which the site shows it to them."""
    say_address(url)
    address = foreground.network_address()
    if not address:
        click.echo("This machine has no network address: other machines cannot reach it.")
        return
    network_url = f"http://{address}:{urlsplit(url).port}"
    click.echo(f"Other machines of the network reach it at {network_url}: this is the address to give.")
    click.echo("To show it on the pages of this site too, start it with these two settings:")
    click.echo(f"  HFCOURSE_PRACTICE_URL={url}")
    click.echo(f"  HFCOURSE_PRACTICE_PAGE_URL={network_url}")


def init_app(app: Flask) -> None:
    """Add the commands; limit the connections of `flask run`."""
    server.init_app(app)
    for command in (check, export, instructor_link, prune, migrate, worker, practice):
        app.cli.add_command(command)
