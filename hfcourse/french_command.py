"""Click commands with French help and error messages."""

import re
import sys
from typing import IO, Any

import click

from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK, format_french, typeset_french

EXTRA_WORDS = re.compile(r"\((.*)\)")


def echo(text: str) -> None:
    """Print a line; U+202F becomes U+00A0 if the encoding lacks it (a redirected Windows console)."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace(NARROW_NO_BREAK, NO_BREAK).encode(encoding, "replace").decode(encoding)
    click.echo(text)


class CommandError(click.ClickException):
    """Failure of a command; its text is one French sentence."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"hfcourse{NO_BREAK}: {self.message}", file=file, err=file is None)


class FrenchUsageError(click.UsageError):
    """Usage error of a command line; its text is one French sentence."""

    ctx: click.Context

    def __init__(self, message: str, ctx: click.Context) -> None:
        super().__init__(message, ctx)

    def show(self, file: IO[Any] | None = None) -> None:
        lines = (
            self.ctx.get_usage(),
            format_french("Pour l'aide : {command} --help", command=self.ctx.command_path),
            f"hfcourse{NO_BREAK}: {self.message}",
        )
        click.echo("\n".join(lines), file=file, err=file is None)


class FrenchCommand(click.Command):
    """Click command with French help and errors."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"Usage{NO_BREAK}: ")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.help = "Afficher cette aide."
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise FrenchUsageError(describe_usage_error(error), ctx) from None


def describe_usage_error(error: click.UsageError) -> str:
    """Translate click's usage error into French."""
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        advice = " Vouliez-vous écrire {near} ?" if near else ""
        return format_french("l'option {name} n'existe pas." + advice, name=error.option_name, near=near)
    if isinstance(error, click.BadOptionUsage):
        what = (
            "l'option {name} ne prend pas de valeur."
            if "not take" in error.message
            else "il manque la valeur de {name}."
        )
        return format_french(what, name=error.option_name)
    if isinstance(error, click.BadParameter):
        what = "il manque {name} : {expected}." if isinstance(error, click.MissingParameter) else "{name} : {expected}."
        name = error.param.get_error_hint(error.ctx or click.get_current_context()) if error.param else "?"
        return format_french(what, name=name.strip("'"), expected=describe_parameter_type(error.param))
    found = EXTRA_WORDS.search(error.message)
    return format_french("{words} : ce mot est de trop.", words=found[1] if found else error.message)


def describe_parameter_type(parameter: click.Parameter | None) -> str:
    """Return in French the expected value of a parameter."""
    kind = parameter.type if parameter else None
    if isinstance(kind, click.IntRange):
        return format_french("il faut un nombre entier de {least} à {most}", least=kind.min, most=kind.max)
    if isinstance(kind, click.Path):
        return typeset_french("il faut le chemin d'un fichier, qui n'est pas un dossier")
    return "il faut une valeur"
