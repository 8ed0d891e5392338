"""Parser of the marks « required » and « optional » in an author's labels and help texts. Pure.

Gradio has no property for this. Its API page shows « Required » for every component without an initial
value, optional images included, so that proves nothing: only the author's own words and the types of a
Python function do.
"""

import re

REQUIRED, OPTIONAL = "required", "optional"
REQUIRED_WORDS = "required|mandatory|obligatoire|requise?"
OPTIONAL_WORDS = "optional|facultati(?:f|ve)|optionnel(?:le)?"
# Prefixes of these words, for a fast check: few labels contain one, and only those are matched by the patterns.
REQUIREMENT_STEMS = "required", "mandatory", "obligatoire", "requis", "optional", "facultati", "optionnel"


def compile_label_suffix(words: str) -> re.Pattern[str]:
    """Compile a pattern for « Image (required) », « Image - obligatoire »; not for « Required steps »."""
    return re.compile(rf"\s*(?:\((?:{words})\)|\[(?:{words})\]|[-–—:,]\s*(?:{words}))\s*$", re.IGNORECASE)


def compile_help_sentence(words: str) -> re.Pattern[str]:
    """Compile a pattern for « Required. », « Optional » as a whole sentence; not « Required for img2img »."""
    return re.compile(rf"(?:^|(?<=[.!?])\s+)(?:{words})\s*(?:[.!]\s*|$)", re.IGNORECASE)


REQUIRED_MARKS = compile_label_suffix(REQUIRED_WORDS), compile_help_sentence(REQUIRED_WORDS)
OPTIONAL_MARKS = compile_label_suffix(OPTIONAL_WORDS), compile_help_sentence(OPTIONAL_WORDS)
OPTIONAL_MENTION = re.compile(
    rf"\b(?:{OPTIONAL_WORDS}|not (?:required|mandatory)|(?:pas|non) (?:obligatoire|requise?))\b", re.IGNORECASE
)


def extract_requirement(label: str, help_text: str) -> tuple[str, str, str]:
    """Extract the mark from a label and its help text, so that the form renders it once, in French.

    Returns:
        REQUIRED, OPTIONAL or '', then the label and the help text without the mark. With both marks it is
        OPTIONAL: an optional value must never be shown as required.
    """
    words = f"{label} {help_text}".casefold()
    if not any(stem in words for stem in REQUIREMENT_STEMS):
        return "", label, help_text
    is_optional = bool(OPTIONAL_MENTION.search(label) or OPTIONAL_MENTION.search(help_text))
    in_label, in_help = OPTIONAL_MARKS if is_optional else REQUIRED_MARKS
    bare_label, bare_help = in_label.sub("", label) or label, in_help.sub(" ", help_text).strip()
    if is_optional:
        return OPTIONAL, bare_label, bare_help
    is_required = bare_label != label or bare_help != help_text.strip()
    return (REQUIRED, bare_label, bare_help) if is_required else ("", label, help_text)
