"""Data for preparing a class: lesson times, misconceptions, teaching plans, states of the Spaces."""

import itertools
import tomllib
from dataclasses import dataclass
from typing import Any, NoReturn

from markupsafe import Markup

from hfcourse.lessons import library
from hfcourse.lessons.lesson_files import Lesson, get_project_path
from hfcourse.lessons.markup.instructor_notes import InstructorNote
from hfcourse.lessons.syntax.context import make_fault
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import catalogue_states
from hfcourse.text.file_errors import TOML_FAILURES, describe_os_error, describe_toml_error
from hfcourse.text.typography import typeset_french

PLANS_PATH = library.CONTENT_FOLDER / "plans.toml"
PLAN_START = "[[plan]]"
SHAPE = (
    'Un plan a title, advice et des [[plan.session]] ; step y est une liste de {{ minutes = 5, what = "…" }},'
    ' avec lesson = "3.1" s\'il y a lieu.'
)
STATE_LABELS = {
    "asleep": "endormi : il se réveille quand on l’ouvre",
    "waking": "se réveille",
    "awake": "en marche",
    "broken": "ne démarre pas : relancez le site",
    "elsewhere": "à une adresse à lui : ouvrez-le pour voir",
    catalogue_states.UNKNOWN: "pas encore demandé au Hub",
    "space-sleeping": "endormi : il se réveille quand on l’ouvre",
    "space-building": "en construction : attendez, ou prenez-en un autre",
    "space-paused": "en pause : son auteur seul peut le relancer",
    "space-broken": "en panne : prenez-en un autre",
    "space-private": "privé",
    "space-not-found": "introuvable : retirez-le de la liste",
    "no-api": "sans API",
    "hub-unreachable": "le Hub ne répond pas : voyez le plan sans réseau",
}
OTHER_STATE_LABEL = "le Hub n’a rien dit d’utile : ouvrez-le pour voir"


class PlanError(Exception):
    """plans.toml is invalid; the message is one line."""


@dataclass(frozen=True)
class LessonTimes:
    """A lesson: its times in minutes, and its usual misconceptions as HTML."""

    lesson: Lesson
    class_minutes: int
    misconceptions: tuple[Markup, ...]


@dataclass(frozen=True)
class SpaceState:
    """A Space of the catalogue, and the label of its last known state."""

    id: str
    title: str
    label: str
    is_ready: bool


@dataclass(frozen=True)
class PlanStep:
    """A step of a plan: its minutes, its activity, and optionally its lesson."""

    minutes: int
    activity: str
    lesson: Lesson | None = None


@dataclass(frozen=True)
class TeachingPlan:
    """A plan for one or more sessions; each session is a tuple of steps."""

    title: str
    advice: str
    sessions: tuple[tuple[PlanStep, ...], ...]

    @property
    def minutes(self) -> int:
        return sum(step.minutes for session in self.sessions for step in session)


def collect_lesson_times() -> list[LessonTimes]:
    """Return each lesson with the sum of the minutes of its notes."""
    times = []
    for lesson in library.get_lessons():
        notes = [part for part in lesson.parts if isinstance(part, InstructorNote)]
        misconceptions = tuple(Markup(note.body) for note in notes if note.is_misconception)  # noqa: S704 (as lessons are)
        times.append(LessonTimes(lesson, sum(note.minutes for note in notes), misconceptions))
    return times


def read_plans() -> list[TeachingPlan]:
    """Parse the plans of plans.toml; a lesson number that no longer exists is ignored.

    Raises:
        PlanError: the file cannot be read or parsed, or lacks a field.
    """
    try:
        source = PLANS_PATH.read_text(encoding="utf-8")
        entries = tomllib.loads(source).get("plan")
    except OSError as error:
        raise_mistake(1, "ce fichier ne se lit pas : {reason}.", "Remettez-le.", reason=describe_os_error(error))
    except UnicodeDecodeError:
        raise_mistake(1, "un caractère est illisible.", "Enregistrez le fichier en UTF-8.")
    except TOML_FAILURES as error:
        found = describe_toml_error(error)
        line = found.line or len(source.rstrip().split("\n"))
        raise_mistake(line, "ce n'est pas du TOML : {words}.", "Corrigez cette ligne, ou celles d'avant.", words=found)
    if not isinstance(entries, list):
        raise_mistake(1, "ce fichier n'a aucun plan.", SHAPE)
    starts = [line for line, text in enumerate(source.split("\n"), 1) if text.strip() == PLAN_START]
    return [
        read_plan(entry, line) for entry, line in itertools.zip_longest(entries, starts[: len(entries)], fillvalue=1)
    ]


def read_plan(entry: Any, line: int) -> TeachingPlan:
    """Parse one plan, which begins on `line`.

    Raises:
        PlanError: a field is missing or wrong.
    """
    lessons = {lesson.number: lesson for lesson in library.get_lessons()}

    def read_step(step: dict[str, object]) -> PlanStep:
        return PlanStep(
            int(str(step["minutes"])), typeset_french(str(step["what"])), lessons.get(str(step.get("lesson", "")))
        )

    try:
        sessions = tuple(tuple(read_step(step) for step in session["step"]) for session in entry["session"])
        return TeachingPlan(typeset_french(entry["title"]), typeset_french(entry["advice"]), sessions)
    except KeyError as error:
        raise_mistake(line, "il manque « {name} » à ce plan, ou à l'une de ses étapes.", SHAPE, name=error.args[0])
    except (TypeError, ValueError, AttributeError):
        raise_mistake(line, "un champ de ce plan est mal écrit.", SHAPE)


def raise_mistake(line: int, problem: str, advice: str, **values: object) -> NoReturn:
    """Raise a PlanError formatted as a lint error of that line."""
    raise PlanError(str(make_fault(get_project_path(PLANS_PATH), line, problem, advice, **values))) from None


def check_plans() -> list[str]:
    """Return the errors of plans.toml, for `flask check`; an empty list if it is valid."""
    try:
        read_plans()
    except PlanError as mistake:
        return [str(mistake)]
    return []


def collect_space_states() -> list[SpaceState]:
    """Return the last known state of each Space of the catalogue; sends no request."""
    states = [(entry, catalogue_states.get_last_state(entry)) for entry in catalogue.list_catalogue_entries()]
    return [
        SpaceState(
            entry.id,
            entry.title,
            typeset_french(STATE_LABELS.get(state, OTHER_STATE_LABEL)),
            state in catalogue_states.READY_STATES,
        )
        for entry, state in states
    ]
