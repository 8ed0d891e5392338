"""Commands of `flask`: check and export the course, prune, migrate, run a worker or the practice Space."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.classroom import login_links, preparation
from hfcourse.french_command import CommandError, FrenchCommand, echo
from hfcourse.lessons import content_checks, library, single_page
from hfcourse.practice import foreground_server
from hfcourse.runs.queue import celery_queue
from hfcourse.runs.queue.dispatcher import get_dispatcher
from hfcourse.runs.retention import eviction, pruning
from hfcourse.server import dev_server
from hfcourse.server.daily_chores import get_daily_chores
from hfcourse.spaces import catalogue
from hfcourse.text import typography
from hfcourse.text.file_errors import describe_os_error
from hfcourse.text.typography import format_french, typeset_french
from hfcourse.web import template_globals

EXPORT_FILE_MODE = 0o644
HOST_HELP = "Où écouter : 127.0.0.1 si rien n'est dit, 0.0.0.0 pour les autres machines aussi."
PORT_HELP = "Le port : 7861 si rien n'est dit, 0 pour n'importe lequel de libre."
ALL_INTERFACES = "0.0.0.0"  # noqa: S104 (a value of `--host`; nothing listens here)


@contextlib.contextmanager
def explain_database_errors() -> Iterator[None]:
    """Exit with one French line if the database does not respond or lacks a migration."""
    try:
        yield
    except SQLAlchemyError as error:
        advice = "Vérifiez HFCOURSE_DATABASE_URL et le service, puis lancez flask migrate."
        raise CommandError(
            typeset_french(f"la base de données ne répond pas, ou n'est pas à jour. {advice}")
        ) from error


@click.command(
    "check",
    cls=FrenchCommand,
    short_help=typeset_french("Vérifier les leçons, les fiches, les plans et le jeton."),
    help=typeset_french(
        "Vérifier les leçons, le glossaire, les faits, les fiches de dépannage, les plans de séance et le jeton."
        " Chaque ligne dit où, ce qui ne va pas et quoi faire ; s'il y en a une, la commande échoue."
    ),
)
def check_lessons() -> None:
    """Validate every lesson, and the token; print file, line and correction of each error, and fail if there is one."""
    ids = catalogue.list_ids_without_token()
    missing = [format_french(catalogue.NOT_LENT_IN_FRENCH, spaces=", ".join(ids))] if ids else []
    errors = [
        *content_checks.collect_lint_errors(),
        *content_checks.find_guide_errors(),
        *preparation.check_plans(),
        *missing,
    ]
    for error in errors:
        echo(str(error))
    for fact in library.get_due_facts(template_globals.get_today()):
        line = "À relire depuis le {day} : le fait « {id} », {source}"
        echo(format_french(line, day=typography.format_french_date(fact.read_again), id=fact.id, source=fact.source))
    for term in content_checks.find_unlinked_terms():
        echo(format_french("Attention : aucune leçon n'emploie « {name} », un mot du glossaire.", name=term.name))
    if errors:
        echo(f"{format_count(len(errors), 'point')} à corriger.")
        raise SystemExit(1)
    echo(f"{format_count(len(library.get_lessons()), 'leçon')}, rien à corriger.")


def format_count(count: int, word: str) -> str:
    """Format a number and its noun, with a plural s from two on."""
    return f"{typography.format_number(count)}{typography.NO_BREAK}{word}{'s' if count > 1 else ''}"


@click.command(
    "prune",
    cls=FrenchCommand,
    short_help=typeset_french("Supprimer les essais trop vieux ou en trop."),
    help=typeset_french(
        "Supprimer les essais, avec leurs fichiers, qui dépassent HFCOURSE_KEEP_DAYS ou HFCOURSE_KEEP_BYTES, et le"
        " reste de ce qui est périmé. Le site qui tourne le fait chaque jour."
    ),
)
@click.option(
    "--run",
    "run_id",
    metavar="ID",
    help=typeset_french("Supprimer ce seul essai, quel que soit son âge : la fin de son adresse."),
)
def prune_data(run_id: str | None) -> None:
    """Delete runs, with their files, over KEEP_DAYS or KEEP_BYTES, and all other expired data."""
    with explain_database_errors():
        for chore in get_daily_chores():
            chore()
        count = pruning.delete_run(run_id) if run_id else eviction.prune_all()
    if run_id and not count:
        echo(format_french("Aucun essai n'a l'identifiant {run_id} : rien n'est supprimé.", run_id=run_id))
        return
    echo(f"{format_count(count, 'essai')} supprimé{'s' if count > 1 else ''}.")


@click.command(
    "migrate",
    cls=FrenchCommand,
    short_help=typeset_french("Mettre la base de données à jour."),
    help=typeset_french("Mettre la base de données à jour. Avec SQLite, chaque démarrage du site le fait."),
)
def migrate_database() -> None:
    """Migrate the database to the newest revision (with SQLite every start does it)."""
    with explain_database_errors():
        database.migrate_current_database()
    echo(typeset_french("La base de données est à jour."))


@click.command(
    "instructor-link",
    cls=FrenchCommand,
    short_help=typeset_french("Donner une adresse qui ouvre /enseignant/."),
    help=typeset_french(
        "Donner une adresse qui ouvre /enseignant/ une fois, dans les dix minutes, depuis n'importe quel navigateur."
    ),
)
@click.option(
    "--site",
    metavar="URL",
    help=typeset_french("L'adresse du site, s'il est ailleurs que là où cette commande le croit."),
)
def print_instructor_link(site: str | None) -> None:
    """Print a one-time login link for the instructor, valid for ten minutes in any browser."""
    if not current_app.config["INSTRUCTOR_PASSWORD"]:
        line = "HFCOURSE_INSTRUCTOR_PASSWORD n'est pas réglé : personne ne peut entrer. Écrivez-le dans .env."
        raise CommandError(typeset_french(line))
    with explain_database_errors():
        code = login_links.create_code()
    echo((site or guess_site_url()).rstrip("/") + login_links.LOGIN_LINK_PATH + code)


def guess_site_url() -> str:
    """Return the site's probable URL: the first name of HFCOURSE_HOSTS, or the default of `flask run`."""
    names = [name for name in current_app.config["HOSTS"] if not name.startswith(".")]
    return f"https://{names[0]}" if names else f"http://127.0.0.1:{os.environ.get('FLASK_RUN_PORT', '5000')}"


@click.command(
    "export",
    cls=FrenchCommand,
    short_help=typeset_french("Écrire tout le cours dans un fichier HTML."),
    help=typeset_french("Écrire tout le cours, questions comprises, dans un fichier HTML qui se lit sans réseau."),
)
@click.argument("path", metavar="FICHIER", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--site", metavar="URL", help=typeset_french("L'adresse de ce site : le fichier mène alors à ses formulaires.")
)
def export_course(path: Path, site: str | None) -> None:
    """Export the whole course, with its questions, into one HTML file for reading offline."""
    html = single_page.render_course_export(site.rstrip("/") if site else None)
    try:
        path.write_text(html, encoding="utf-8")
        path.chmod(EXPORT_FILE_MODE)  # the umask makes the site's files private; this one is for distribution
    except OSError as error:
        line = "{path} ne peut pas être écrit : {reason}."
        raise CommandError(format_french(line, path=path, reason=describe_os_error(error))) from error
    lessons, size = format_count(len(library.get_lessons()), "leçon"), typography.format_size(len(html.encode()))
    echo(format_french("{path} : {lessons}, {size}.", path=path, lessons=lessons, size=size))


@click.command(
    "worker",
    cls=FrenchCommand,
    short_help=typeset_french("Exécuter les essais que reçoivent les processus web."),
    help=typeset_french(
        "Exécuter les essais que reçoivent les processus web, sur n'importe quelle machine (HFCOURSE_QUEUE_URL)."
        " SIGTERM termine la commande."
    ),
)
def start_worker() -> None:
    """Execute the runs queued by web processes, on any machine (HFCOURSE_QUEUE_URL), until SIGTERM."""
    raise SystemExit(celery_queue.run_worker(get_dispatcher()))


@click.command(
    "practice",
    cls=FrenchCommand,
    short_help=typeset_french("Lancer le Space d'entraînement à part."),
    help=typeset_french(
        "Lancer le Space d'entraînement à part, pour plusieurs processus ou pour les programmes d'une classe :"
        " donnez son adresse au site par HFCOURSE_PRACTICE_URL."
    ),
)
@click.option("--host", default="127.0.0.1", metavar="ADRESSE", help=typeset_french(HOST_HELP))
@click.option("--port", default=7861, metavar="PORT", type=click.IntRange(0, 65_535), help=typeset_french(PORT_HELP))
def run_practice_space(host: str, port: int) -> None:
    """Run the practice Space as a separate process, which others share through HFCOURSE_PRACTICE_URL."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    report_url = print_network_address if host == ALL_INTERFACES else print_address
    try:
        foreground_server.run_foreground_server(Path(current_app.instance_path) / "practice", host, port, report_url)
    except foreground_server.ListenError as error:
        what = "le Space d'entraînement ne peut pas écouter à {address} : {reason}. Changez --host ou --port."
        reason = describe_os_error(error.cause)
        raise CommandError(format_french(what, address=error.address, reason=reason)) from error
    except foreground_server.EndedError as error:
        state = "s'est arrêté" if error.was_ready else "ne démarre pas"
        what = f"le Space d'entraînement {state}. La raison est dans son journal : {{path}}"
        raise CommandError(format_french(what, path=error.log_path)) from error
    except OSError as error:
        reason = describe_os_error(error)
        raise CommandError(
            format_french("le Space d'entraînement ne démarre pas : {reason}.", reason=reason)
        ) from error


def print_address(url: str) -> None:
    """Print the URL of the practice Space."""
    echo(format_french("Le Space d'entraînement est à l'adresse {url} (Ctrl-C le termine).", url=url))


def print_network_address(url: str) -> None:
    """Print the practice Space's URL for other machines, and the settings with which the site shows it."""
    print_address(url)
    address = foreground_server.find_network_address()
    if not address:
        echo(typeset_french("Cette machine n'est sur aucun réseau : les autres ne peuvent pas l'atteindre."))
        return
    network_url = f"http://{address}:{urlsplit(url).port}"
    echo(format_french("L'adresse à donner aux autres machines du réseau : {url}", url=network_url))
    echo(typeset_french("Pour qu'elle soit aussi dans les pages du site, relancez-le avec ces deux réglages :"))
    echo(f"  HFCOURSE_PRACTICE_URL={url}")
    echo(f"  HFCOURSE_PRACTICE_PAGE_URL={network_url}")


def init_app(app: Flask) -> None:
    """Register the commands, and the connection limits of `flask run`."""
    dev_server.init_app(app)
    for command in (
        check_lessons,
        export_course,
        print_instructor_link,
        prune_data,
        migrate_database,
        start_worker,
        run_practice_space,
    ):
        app.cli.add_command(command)
