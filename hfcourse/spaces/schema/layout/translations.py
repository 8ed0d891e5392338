"""French words for the texts that an author gave Gradio in several languages (`gr.I18n`). Pure.

Gradio writes such a text as a marker, `__i18n__{"__type__": "translation_metadata", "key": "prompt"}`, alone or inside
a longer text; in `/info` as an object, `{"_type": "translation_metadata", "key": "prompt"}`. The words of each language
are in `/config` as `i18n_translations`. The page of the Space looks the key up in the reader's language; a caller has
to do it too, or shows the key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema.labels import (
    MAX_LABEL_SOURCE_CHARACTERS,
    TRANSLATION_MARKER,
    get_last_key_part,
    humanize_name,
    replace_markers,
)
from hfcourse.text.typography import typeset_french

# By preference: a student reads French, then English, then what the key says.
PREFERRED_LANGUAGES = ("fr", "en")
# Gradio's own keys, which its page knows in each language without the author (`gradio/chat_interface.py`, Gradio 6).
GRADIO_WORDS = {
    "chat_interface.additional_inputs": "Réglages supplémentaires",
    "chat_interface.chatbot": "Conversation",
    "chat_interface.conversation": "Conversation",
    "chat_interface.message_placeholder": typeset_french("Écrivez un message..."),
    "chat_interface.new_chat": "Nouvelle conversation",
}
# What Gradio's own page translates of a component (`translatable_props` in js/utils, Gradio 6), and lists of texts.
TEXT_PROPERTIES = ("label", "info", "placeholder", "description", "title", "value", "submit_btn", "stop_btn")
LIST_PROPERTIES = ("headers", "sample_labels")
# A short marker may stand for a long text, thousands of times: so much is translated, the rest shows its key.
MAX_TRANSLATED_CHARACTERS = 1_000_000
MAX_TRANSLATABLE_CHARACTERS, MAX_KEY_PARTS = 20_000, 20

JsonObject = Mapping[str, Any]


def translate_description(config: JsonObject, info: JsonObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Replace the markers in what `/config` and `/info` say to a reader; values that are sent stay as they are."""
    translator = Translator(tuple(iter_translation_tables(config.get("i18n_translations"))))
    components = [translator.translate_component(each) for each in config["components"]]
    named = {name: translator.translate_endpoint(entry) for name, entry in info["named_endpoints"].items()}
    title = translator.translate_text(config.get("title"))
    return {**config, "components": components, "title": title}, {**info, "named_endpoints": named}


def iter_translation_tables(translations: Any) -> Iterator[JsonObject]:
    """Yield the tables of words in order of preference: `fr`, `fr-FR` and other kinds of French, ours, then English."""
    given = translations if isinstance(translations, dict) else {}
    for language in PREFERRED_LANGUAGES:
        names = sorted(name for name in given if isinstance(name, str) and is_language_variant(name, language))
        yield from (given[name] for name in names if isinstance(given[name], dict))
        if language == "fr":
            yield GRADIO_WORDS


def is_language_variant(name: str, language: str) -> bool:
    """Is `fr`, `fr-CA` or `fr_FR` a kind of this language?"""
    return name.lower().replace("_", "-").partition("-")[0] == language


def find_translation(table: JsonObject, key: str) -> str:
    """The words for a key, which may name a table in the table (`chat.send`); '' where there are none."""
    found: Any = table.get(key)
    if found is None and key.count(".") < MAX_KEY_PARTS:
        found = table
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    return found[:MAX_LABEL_SOURCE_CHARACTERS].strip() if isinstance(found, str) else ""


@dataclass
class Translator:
    """Translates the texts of one description; `characters_left` is what it may still write."""

    tables: tuple[JsonObject, ...]
    characters_left: int = MAX_TRANSLATED_CHARACTERS

    def translate_key(self, key: str) -> str:
        """The words for a key: in the first language that has some, else the key made readable."""
        words = next(filter(None, (find_translation(table, key) for table in self.tables)), "")
        self.characters_left -= len(words)
        return words if words and self.characters_left >= 0 else humanize_name(get_last_key_part(key))

    def translate_text(self, text: Any) -> Any:
        """The text with words for its markers; a value without any is returned unchanged."""
        if isinstance(text, dict) and "translation_metadata" in (text.get("__type__"), text.get("_type")):
            key = text.get("key")
            return self.translate_key(key) if isinstance(key, str) and key.strip() else ""
        if not isinstance(text, str) or len(text) > MAX_TRANSLATABLE_CHARACTERS or TRANSLATION_MARKER not in text:
            return text
        return replace_markers(text, self.translate_key)

    def translate_component(self, component: JsonObject) -> JsonObject:
        """The component with translated texts; the value of one with choices is one of their values, and stays."""
        props = component.get("props")
        if not isinstance(props, dict):
            return component
        has_choices = isinstance(props.get("choices"), list)
        keys = [key for key in TEXT_PROPERTIES if key in props and not (has_choices and key == "value")]
        changed = {key: self.translate_text(props[key]) for key in keys}
        for key in LIST_PROPERTIES:
            if isinstance(props.get(key), list):
                changed[key] = [self.translate_text(each) for each in props[key]]
        if has_choices:
            changed["choices"] = [self.translate_choice(each) for each in props["choices"]]
        is_changed = any(changed[key] is not props[key] and changed[key] != props[key] for key in changed)
        return {**component, "props": {**props, **changed}} if is_changed else component

    def translate_choice(self, choice: Any) -> Any:
        """A choice `[label, value]` with a translated label; a text alone is both."""
        if isinstance(choice, list) and len(choice) == 2:
            return choice if is_marker_free(choice[0]) else [self.translate_text(choice[0]), choice[1]]
        return choice if is_marker_free(choice) else [self.translate_text(choice), choice]

    def translate_endpoint(self, entry: JsonObject) -> JsonObject:
        """An entry of `/info` with translated labels and a translated description."""
        lists = {key: entry.get(key) for key in ("parameters", "returns")}
        changed: dict[str, Any] = {
            key: [self.translate_value(each) for each in listed]
            for key, listed in lists.items()
            if isinstance(listed, list)
        }
        return {**entry, **changed, "description": self.translate_text(entry.get("description"))}

    def translate_value(self, described: Any) -> Any:
        """A parameter or a return of `/info` with a translated label."""
        is_one = isinstance(described, dict) and not is_marker_free(described.get("label"))
        return {**described, "label": self.translate_text(described["label"])} if is_one else described


def is_marker_free(text: Any) -> bool:
    """Is there nothing to translate in this?"""
    return not (isinstance(text, dict) or (isinstance(text, str) and TRANSLATION_MARKER in text))
