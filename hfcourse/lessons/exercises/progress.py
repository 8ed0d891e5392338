"""The progress of a visitor in a lesson: read, questions passed, items ticked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hfcourse.lessons.exercises import quiz
from hfcourse.lessons.exercises.checklist import Checklist
from hfcourse.lessons.exercises.ordering import Ordering
from hfcourse.lessons.exercises.quiz import Quiz
from hfcourse.lessons.syntax.context import InteractivePart

# A lesson counts as read when its reader marks it so: scrolling is not tracked.
READ_KEY = "lue"


@dataclass(frozen=True)
class LessonProgress:
    """Counts; a question is passed when all right answers, and no other, are chosen."""

    is_read: bool
    passed: int
    questions: int
    ticked: int
    items: int

    @property
    def done(self) -> int:
        return self.is_read + self.passed + self.ticked

    @property
    def total(self) -> int:
        return 1 + self.questions + self.items


def compute_progress(parts: Sequence[str | InteractivePart], done: Mapping[str, str]) -> LessonProgress:
    """Count the progress in a lesson made of `parts`, from a visitor's values in `done`."""
    quizzes = [part for part in parts if isinstance(part, Quiz)]
    orderings = [part for part in parts if isinstance(part, Ordering)]
    items = [item for part in parts if isinstance(part, Checklist) for item in part.items]
    return LessonProgress(
        is_read=READ_KEY in done,
        passed=sum(quiz.is_quiz_passed(each, done) for each in quizzes)
        + sum(each.is_passed(done) for each in orderings),
        questions=len(quizzes) + len(orderings),
        ticked=sum(item.key in done for item in items),
        items=len(items),
    )
