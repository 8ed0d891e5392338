"""Answers from the text of the course, with a memory of the conversation."""

import re
from dataclasses import dataclass, field

from hfcourse.practice.tutor.course_text import CourseSection
from hfcourse.practice.tutor.definitions import GlossaryIndex, TermDefinition, find_subject
from hfcourse.practice.tutor.french_text import extract_stems, fold_french, split_words, typeset
from hfcourse.practice.tutor.search import CourseIndex

# Below this share of the question's words, weighted by rarity, a passage is off topic.
MIN_COVERAGE = 0.45
# Stricter for the definition of a word that the glossary lacks: one word fewer changes the meaning.
MIN_DEFINITION_COVERAGE = 0.8
MAX_EXCERPT_CHARACTERS = 700
MAX_REMEMBERED_QUESTIONS = 10

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n")
_FIRST_QUESTION = re.compile(r"premiere question|premier message")
_PREVIOUS_QUESTION = re.compile(r"(derniere question|question precedente|qu.?est.?ce que je (viens|t|vous))")
_MORE_WORDS = re.compile(r"precis|suite|continu|detail|developp|ensuite|encore|autre chose|pourquoi|apres")
_GREETING = re.compile(r"^(bonjour|bonsoir|salut|coucou|merci)\b")

UNDEFINED_WARNING = "Le glossaire n'a pas ce mot ; une leçon l'emploie. "
MORE_HINT = "Pour lire la suite, demandez « et ensuite ? »."


@dataclass
class TutorMemory:
    """The memory of one conversation: the questions, oldest first, and the passage quoted last."""

    first_question: str = ""
    questions: list[str] = field(default_factory=list)
    last_position: tuple[int, int] | None = None


class Tutor:
    """A stateless question answerer, from the glossary and the lessons (state: `TutorMemory`)."""

    def __init__(self, sections: list[CourseSection], glossary: GlossaryIndex | None = None):
        self.sections = sections
        self._glossary = glossary or GlossaryIndex()
        self._index = CourseIndex(sections)

    def answer_message(self, message: str, memory: TutorMemory) -> str:
        """Return the answer to a message, as French text, and add the message to `memory`."""
        text = (
            self._answer_about_conversation(message, memory)
            or self._answer_from_glossary(message, memory)
            or self._answer_from_lessons(message, memory)
        )
        memory.first_question = memory.first_question or message
        memory.questions = [*memory.questions, message][-MAX_REMEMBERED_QUESTIONS:]
        return typeset(text)

    def _answer_about_conversation(self, message: str, memory: TutorMemory) -> str | None:
        """Return the answer to a question about the conversation itself; None for another question."""
        folded = fold_french(message)
        first, last = _FIRST_QUESTION.search(folded), _PREVIOUS_QUESTION.search(folded)
        if not (first or last):
            return None
        if not memory.questions:
            return "C'est votre premier message : je n'ai encore aucune question en mémoire."
        if first:
            return f"Votre première question était : « {memory.first_question} »"
        return f"Votre question précédente était : « {memory.questions[-1]} »"

    def _answer_from_glossary(self, message: str, memory: TutorMemory) -> str | None:
        """Answer a question for the definition of a term, or for the difference between two; else None."""
        if term := self._glossary.find_term(message):
            return self._format_definition(term, memory)
        if compared := self._glossary.find_compared_terms(message):
            memory.last_position = None
            return "\n\n".join(term.sentence for term in compared)
        subject = find_subject(message)
        return self._quote_mention(subject, memory) if subject and self.sections else None

    def _quote_mention(self, subject: str, memory: TutorMemory) -> str:
        """Quote a lesson about a word that the glossary lacks: its definition, or else its first use."""
        place = self._index.find_mention([subject])
        if place is None:
            hit = self._index.find_best_passage(subject)
            place = (hit.section, hit.passage) if hit and hit.coverage >= MIN_DEFINITION_COVERAGE else None
            if place is None or not self._index.has_definition(place, subject):
                return self._say_nothing_found()
        memory.last_position = place
        warning = "" if self._index.has_definition(place, subject) else UNDEFINED_WARNING
        return f"{warning}{self._quote_passage(place, subject)}\n\n{MORE_HINT}"

    def _answer_from_lessons(self, message: str, memory: TutorMemory) -> str:
        if not self.sections:
            return "Le cours n'est pas installé ici : je n'ai aucune leçon à citer."
        if memory.last_position and _is_follow_up(message):
            return self._continue_reading(memory, *memory.last_position)
        if not extract_stems(message):
            return self._introduce_tutor(message)
        # « Et pour une image ? » depends on the context of the previous question.
        needs_context = fold_french(message).startswith("et ") and len(extract_stems(message)) <= 3 and memory.questions
        hit = self._index.find_best_passage(message, memory.questions[-1] if needs_context else "")
        if hit is None or hit.coverage < MIN_COVERAGE:
            return self._say_nothing_found()
        memory.last_position = (hit.section, hit.passage)
        return f"{self._quote_passage(memory.last_position, message)}\n\n{MORE_HINT}"

    def _format_definition(self, term: TermDefinition, memory: TutorMemory) -> str:
        """Return the definition of a term, then a passage that says more about it."""
        memory.last_position = self._index.find_mention((term.name, *term.forms))
        if memory.last_position is None:
            return f"{term.sentence}\n\nAucune leçon n'en dit davantage."
        passage = self._quote_passage(memory.last_position, term.name)
        return f"{term.sentence}\n\nUne leçon en parle. {passage}\n\n{MORE_HINT}"

    def _continue_reading(self, memory: TutorMemory, section: int, passage: int) -> str:
        """Return the passage after the last one quoted, in the same section, then in the same lesson."""
        if passage + 1 < len(self.sections[section].passages):
            memory.last_position = (section, passage + 1)
        elif section + 1 < len(self.sections) and self._is_same_lesson(section, section + 1):
            memory.last_position = (section + 1, 0)
        else:
            return f"La leçon {self.sections[section].lesson} s'arrête là. Posez une autre question."
        return self._quote_passage(memory.last_position, "")

    def _is_same_lesson(self, one: int, other: int) -> bool:
        return self.sections[one].lesson == self.sections[other].lesson

    def _quote_passage(self, place: tuple[int, int], question: str) -> str:
        section = self.sections[place[0]]
        passage = cut_excerpt(section.passages[place[1]], question)
        # Nested quotation marks: French puts “these” inside « those ».
        heading = re.sub(r"«\s*(.*?)\s*»", r"“\1”", section.heading)
        return f"Leçon {section.lesson}, « {heading} » :\n\n{passage}"

    def _introduce_tutor(self, message: str) -> str:
        if re.match("merci", fold_french(message)):
            return "Avec plaisir ! Une autre question ?"
        hello = "Bonjour ! " if _GREETING.search(fold_french(message)) else ""
        return f"{hello}Je réponds avec les mots du cours. {self._list_lessons()} Que voulez-vous savoir ?"

    def _say_nothing_found(self) -> str:
        return (
            f"Je n'ai rien trouvé là-dessus : essayez d'autres mots. Je ne connais que le cours. {self._list_lessons()}"
        )

    def _list_lessons(self) -> str:
        titles = {section.lesson: section.lesson_title for section in self.sections}
        named = " ; ".join(f"{number}, « {title} »" for number, title in titles.items())
        return f"Ses leçons : {named}."


def cut_excerpt(passage: str, question: str, limit: int = MAX_EXCERPT_CHARACTERS) -> str:
    """Return the passage, or if it is longer than `limit` characters, whole sentences from the best one on."""
    if len(passage) <= limit:
        return passage
    sentences = _SENTENCE_END.split(passage)
    question_stems = set(extract_stems(question))
    best = max(range(len(sentences)), key=lambda i: len(question_stems & set(extract_stems(sentences[i]))))
    # Near the end, start earlier to fill the excerpt.
    while best and len(" ".join(sentences[best - 1 :])) <= limit:
        best -= 1
    end = best + 1
    while end < len(sentences) and len(" ".join(sentences[best : end + 1])) <= limit:
        end += 1
    text = "\n".join(sentences[best:end]) if "\n" in passage else " ".join(sentences[best:end])
    return ("… " if best else "") + text[:limit] + (" …" if end < len(sentences) or len(text) > limit else "")


def _is_follow_up(message: str) -> bool:
    """Return whether a message only asks for more: « et pourquoi ? », « tu peux préciser ? »."""
    rest = [word for word in split_words(message) if not _MORE_WORDS.search(word)]
    asks_more = bool(_MORE_WORDS.search(fold_french(message)))
    return asks_more and not extract_stems(" ".join(rest)) and not _GREETING.search(fold_french(message))
