"""Translation to French of the texts that an author localized with `gr.I18n`. Pure.

Gradio encodes a localized text as a marker, `__i18n__{"__type__": "translation_metadata", "key": "prompt"}`, alone or
inside a longer text; in `/info` as an object, `{"_type": "translation_metadata", "key": "prompt"}`. `i18n_translations`
in `/config` has the table of each language. The page of the Space looks up the key in the reader's language, and an
API caller has to do the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hfcourse.spaces.schema.labels import (
    MAX_LABEL_SOURCE_CHARACTERS,
    TRANSLATION_MARKER,
    get_last_key_part,
    humanize_name,
    replace_markers,
)
from hfcourse.spaces.untrusted.json_tree import JsonObject
from hfcourse.text.typography import typeset_french

# By priority: French, then English, then the key itself.
PREFERRED_LANGUAGES = ("fr", "en")
# Gradio's own keys, which its page translates without a table of the author (`gradio/chat_interface.py`, Gradio 6).
GRADIO_WORDS = {
    "chat_interface.additional_inputs": "Réglages supplémentaires",
    "chat_interface.chatbot": "Conversation",
    "chat_interface.conversation": "Conversation",
    "chat_interface.message_placeholder": typeset_french("Écrivez un message..."),
    "chat_interface.new_chat": "Nouvelle conversation",
}
# Properties that Gradio's own page translates (`translatable_props` in js/utils, Gradio 6), and lists of texts.
TEXT_PROPERTIES = ("label", "info", "placeholder", "description", "title", "value", "submit_btn", "stop_btn")
LIST_PROPERTIES = ("headers", "sample_labels")
# A short marker may expand to a long text, thousands of times: beyond this budget, the key is shown instead.
MAX_TRANSLATED_CHARACTERS = 1_000_000
MAX_TRANSLATABLE_CHARACTERS, MAX_KEY_PARTS = 20_000, 20


def translate_description(config: JsonObject, info: JsonObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Translate the displayed texts of `/config` and `/info`; values that are sent are not changed."""
    translator = Translator(tuple(iter_translation_tables(config.get("i18n_translations"))))
    components = [translator.translate_component(each) for each in config["components"]]
    named = {name: translator.translate_endpoint(entry) for name, entry in info["named_endpoints"].items()}
    title = translator.translate_text(config.get("title"))
    return {**config, "components": components, "title": title}, {**info, "named_endpoints": named}


def iter_translation_tables(translations: Any) -> Iterator[JsonObject]:
    """Yield translation tables by priority: `fr`, `fr-FR` and other variants, GRADIO_WORDS, then English."""
    tables = translations if isinstance(translations, dict) else {}
    for language in PREFERRED_LANGUAGES:
        names = sorted(name for name in tables if isinstance(name, str) and is_language_variant(name, language))
        yield from (tables[name] for name in names if isinstance(tables[name], dict))
        if language == "fr":
            yield GRADIO_WORDS


def is_language_variant(name: str, language: str) -> bool:
    """Is this tag (`fr`, `fr-CA`, `fr_FR`) a variant of the language?"""
    return name.lower().replace("_", "-").partition("-")[0] == language


def find_translation(table: JsonObject, key: str) -> str:
    """Look up a key, which may be a path in nested tables (`chat.send`); return '' if it is missing."""
    found: Any = table.get(key)
    if found is None and key.count(".") < MAX_KEY_PARTS:
        found = table
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    return found[:MAX_LABEL_SOURCE_CHARACTERS].strip() if isinstance(found, str) else ""


@dataclass
class Translator:
    """Translator of the texts of one description, within a budget of `characters_left`."""

    tables: tuple[JsonObject, ...]
    characters_left: int = MAX_TRANSLATED_CHARACTERS

    def translate_key(self, key: str) -> str:
        """Translate a key by the first table that has it, else return the key as readable words."""
        words = next(filter(None, (find_translation(table, key) for table in self.tables)), "")
        self.characters_left -= len(words)
        return words if words and self.characters_left >= 0 else humanize_name(get_last_key_part(key))

    def translate_text(self, text: Any) -> Any:
        """Translate the markers in a text; return a value without markers unchanged."""
        if isinstance(text, dict) and "translation_metadata" in (text.get("__type__"), text.get("_type")):
            key = text.get("key")
            return self.translate_key(key) if isinstance(key, str) and key.strip() else ""
        if not isinstance(text, str) or len(text) > MAX_TRANSLATABLE_CHARACTERS or TRANSLATION_MARKER not in text:
            return text
        return replace_markers(text, self.translate_key)

    def translate_component(self, component: JsonObject) -> JsonObject:
        """Translate the texts of a component, except for the value of a list, which must match one of its choices."""
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
        """Translate the label of a choice `[label, value]`; a plain text is both label and value."""
        if isinstance(choice, list) and len(choice) == 2:
            return choice if is_marker_free(choice[0]) else [self.translate_text(choice[0]), choice[1]]
        return choice if is_marker_free(choice) else [self.translate_text(choice), choice]

    def translate_endpoint(self, entry: JsonObject) -> JsonObject:
        """Translate the labels and the description of an entry of `/info`."""
        lists = {key: entry.get(key) for key in ("parameters", "returns")}
        changed: dict[str, Any] = {
            key: [self.translate_value(each) for each in listed]
            for key, listed in lists.items()
            if isinstance(listed, list)
        }
        return {**entry, **changed, "description": self.translate_text(entry.get("description"))}

    def translate_value(self, described: Any) -> Any:
        """Translate the label of a parameter or a return value of `/info`."""
        is_one = isinstance(described, dict) and not is_marker_free(described.get("label"))
        return {**described, "label": self.translate_text(described["label"])} if is_one else described


def is_marker_free(text: Any) -> bool:
    """Is there no marker in this value?"""
    return not (isinstance(text, dict) or (isinstance(text, str) and TRANSLATION_MARKER in text))
