"""The French words of a Space that has several languages."""

import json
from typing import Any

import pytest

from hfcourse.spaces.schema.labels import clean_label
from hfcourse.spaces.schema.layout.translations import MAX_TRANSLATED_CHARACTERS, translate_description
from tests.support.layout_descriptions import (
    build_layout_description,
    describe_layout,
    describe_layout_endpoint,
    make_block,
    make_field,
)

WORDS = {
    "en": {"prompt": "Your sentence", "polite": "Polite", "hint": "One line", "only": "English alone"},
    "fr": {"prompt": "Votre phrase", "polite": "Poli", "hint": "Une ligne", "deep": {"inner": "Au fond"}},
}


def marker(key: str) -> str:
    return "__i18n__" + json.dumps({"__type__": "translation_metadata", "key": key})


def label_of(label: Any, translations: Any = WORDS) -> str:
    return describe_layout_endpoint(make_field("text", label=label), i18n_translations=translations).parameters[0].label


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (marker("prompt"), "Votre phrase"),
        (marker("only"), "English alone"),
        (marker("deep.inner"), "Au fond"),
        (marker("app.target_text"), "Target text"),
        (f"🎤 {marker('prompt')} ({marker('polite')})", "🎤 Votre phrase (Poli)"),
        ({"key": "prompt", "_type": "translation_metadata"}, "Votre phrase"),
        ({"key": "prompt", "__type__": "translation_metadata"}, "Votre phrase"),
        (f"Titre {marker('prompt')[:-5]}", "Titre"),
        ("__i18n__{}", "Text"),
    ],
)
def test_label_is_translated_wherever_its_marker_is(label: Any, words: str) -> None:
    assert label_of(label) == words


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["fr", "en"], "fr"),
        (["en", "fr-FR"], "fr-FR"),
        (["de", "fr_CA"], "fr_CA"),
        (["fr-CA", "fr"], "fr"),
        (["FR"], "FR"),
        (["de", "en-GB"], "en-GB"),
        (["de", "frr"], "Prompt"),
    ],
)
def test_language_is_french_then_english_then_the_key(names: list[str], words: str) -> None:
    assert label_of(marker("prompt"), {name: {"prompt": name} for name in names}) == words


@pytest.mark.parametrize("translations", [None, [], "fr", {"fr": None}, {"fr": {"prompt": 5}}, {5: {}}])
def test_translations_of_another_form_leave_the_key(translations: Any) -> None:
    assert label_of(marker("prompt"), translations) == "Prompt"


@pytest.mark.parametrize("translations", [None, WORDS, {"en": {"chat_interface.additional_inputs": "More"}}])
def test_words_of_gradio_itself_are_french(translations: Any) -> None:
    assert label_of(marker("chat_interface.additional_inputs"), translations) == "Réglages supplémentaires"


def test_every_text_of_a_component_is_translated() -> None:
    parameter = describe_layout_endpoint(
        make_field("text", info=marker("hint"), placeholder=f"{marker('prompt')}…"), i18n_translations=WORDS
    ).parameters[0]
    assert (parameter.help, parameter.placeholder) == ("Une ligne", "Votre phrase…")


def test_choice_has_translated_words_and_its_own_value() -> None:
    choices = [[marker("polite"), "vous"], ["tu", "tu"], marker("hint")]
    parameter = describe_layout_endpoint(
        make_field("tone", "radio", choices=choices, value=marker("hint")), i18n_translations=WORDS
    ).parameters[0]
    assert parameter.choices == (("Poli", "vous"), ("tu", "tu"), ("Une ligne", marker("hint")))
    assert parameter.default == marker("hint")


def test_texts_of_blocks_and_of_the_space_are_translated() -> None:
    described = describe_layout(
        make_block("markdown", value=f"# {marker('prompt')}\n{marker('hint')} et rien de plus que cela."),
        make_block("tabitem", make_field("image", "image", label=None), label=marker("polite")),
        title=marker("prompt"),
        i18n_translations=WORDS,
    )
    assert described.title == "Votre phrase"
    assert described.introduction == "Une ligne et rien de plus que cela."
    assert described.endpoints[0].parameters[0].label == "Poli"


def test_endpoint_is_called_and_described_in_french() -> None:
    config, info = build_layout_description(make_field("text"), i18n_translations=WORDS)
    config["components"].append({"id": 9, "type": "button", "props": {"value": marker("prompt")}})
    config["dependencies"][0]["targets"] = [[9, "click"]]
    info["named_endpoints"]["/f"] |= {"description": marker("hint"), "returns": [{"label": marker("polite")}]}
    translated, said = translate_description(config, info)
    assert translated["components"][-1]["props"]["value"] == "Votre phrase"
    assert said["named_endpoints"]["/f"]["description"] == "Une ligne"
    assert said["named_endpoints"]["/f"]["returns"] == [{"label": "Poli"}]


def test_untranslated_description_stays_the_same_objects() -> None:
    config, info = build_layout_description(make_field("text", value={"any": ["thing"]}))
    translated, _ = translate_description(config, info)
    assert translated["components"][0] is config["components"][0]


def test_translated_text_is_bounded() -> None:
    long = "mot " * 400
    label = marker("long") * 30
    parts = [make_field(f"p{n}", label=label) for n in range(200)]
    config, _ = translate_description(*build_layout_description(*parts, i18n_translations={"fr": {"long": long}}))
    written = sum(len(each["props"]["label"]) for each in config["components"])
    assert written < MAX_TRANSLATED_CHARACTERS + 200 * 30 * len("Long")


@pytest.mark.parametrize("text", ["__i18n__{" * 200, "__i18n__" + "{" * 1_900, marker("a" * 600), '__i18n__{"key": 5}'])
def test_marker_that_is_none_says_nothing(text: str) -> None:
    assert clean_label(text, "Repli") == "Repli"
