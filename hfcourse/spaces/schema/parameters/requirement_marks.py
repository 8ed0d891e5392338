"""What an author says of a value: that it is needed, or that one may leave it out. Pure.

Gradio has no such property. Its API page writes « Required » beside every component without an initial value, pictures
that may be left out included, so that is no proof: only the author's own words are, and the types of a Python function.
"""

import re

REQUIRED, OPTIONAL = "required", "optional"
REQUIRED_WORDS = "required|mandatory|obligatoire|requise?"
OPTIONAL_WORDS = "optional|facultati(?:f|ve)|optionnel(?:le)?"
# How each of these words begins: few labels have one, and the patterns are asked for those alone.
REQUIREMENT_STEMS = "required", "mandatory", "obligatoire", "requis", "optional", "facultati", "optionnel"


def compile_label_suffix(words: str) -> re.Pattern[str]:
    """« Image (required) », « Image [requis] », « Image - obligatoire »; not « Required steps »."""
    return re.compile(rf"\s*(?:\((?:{words})\)|\[(?:{words})\]|[-–—:,]\s*(?:{words}))\s*$", re.IGNORECASE)


def compile_help_sentence(words: str) -> re.Pattern[str]:
    """« Required. », « Optional » as a whole sentence; not « Required for img2img »."""
    return re.compile(rf"(?:^|(?<=[.!?])\s+)(?:{words})\s*(?:[.!]\s*|$)", re.IGNORECASE)


REQUIRED_MARKS = compile_label_suffix(REQUIRED_WORDS), compile_help_sentence(REQUIRED_WORDS)
OPTIONAL_MARKS = compile_label_suffix(OPTIONAL_WORDS), compile_help_sentence(OPTIONAL_WORDS)
OPTIONAL_MENTION = re.compile(
    rf"\b(?:{OPTIONAL_WORDS}|not (?:required|mandatory)|(?:pas|non) (?:obligatoire|requise?))\b", re.IGNORECASE
)


def extract_requirement(label: str, help_text: str) -> tuple[str, str, str]:
    """Take the mark that an author wrote out of a label and its help, so that the form writes it once, in French.

    Returns:
        REQUIRED, OPTIONAL or '', the label and the help. What says both is OPTIONAL: a value that may be left out
        must never be called needed.
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
