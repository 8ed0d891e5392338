"""Store what the forms of a lesson post: answers, orderings, the checklist, and whether it was read."""

from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict

from hfcourse.lessons.exercises import checklist, ordering, progress, progress_store, quiz
from hfcourse.lessons.lesson_files import Lesson


def save_posted_progress(lesson: Lesson) -> str:
    """Store the posted forms of a lesson; return the anchor to redirect to, '' without one."""
    anchors = [save(lesson, sent) for sent in parse_sent_forms() for name, save in ACTIONS.items() if name in sent]
    return anchors[0] if anchors else ""


def parse_sent_forms() -> list[MultiDict[str, str]]:
    """Parse the form of the request, or the batch of forms that a closing page sends in `suite`."""
    batch = request.form.getlist("suite")
    return [MultiDict(parse_qsl(each, keep_blank_values=True)) for each in batch] or [request.form]


def save_answer(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Store the answer to a quiz question; return its anchor, '' if the lesson no longer has it."""
    for question in lesson.quizzes:
        if question.key == sent.get("quiz"):
            progress_store.store_progress(
                lesson.slug, {question.key: quiz.collect_choices(question, sent.getlist("choix"))}
            )
            return question.anchor
    return ""


def save_ordering(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Store the answer to an ordering question; return its anchor, '' if the lesson no longer has it."""
    for question in lesson.orderings:
        if question.key == sent.get("ordre"):
            progress_store.store_progress(
                lesson.slug, {question.key: ordering.collect_ranks(question, sent.getlist("rang"))}
            )
            return question.anchor
    return ""


def save_checklist(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Store all ticks of the checklist; return its anchor, '' if the lesson has none."""
    if lesson.checklist is None:
        return ""
    progress_store.store_progress(lesson.slug, checklist.collect_ticks(lesson.checklist, sent.getlist("coche")))
    return checklist.CHECKLIST_ANCHOR


def save_read(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Store whether the lesson is marked as read; return the anchor of the button."""
    progress_store.store_progress(lesson.slug, {progress.READ_KEY: "1" if sent["lue"] == "oui" else None})
    return "lue"


# The handler for each form of a lesson, by a field of it; each returns the anchor to redirect to.
ACTIONS = {"quiz": save_answer, "ordre": save_ordering, "liste": save_checklist, "lue": save_read}
