"""What a Space's account of its failure means: ZeroGPU's errors by their titles, an author's own words as they are."""

from typing import Any

import pytest

from hfcourse.error_messages import EXPLANATIONS, GATEWAY_EXPLANATIONS
from hfcourse.failure_explanations import explain_failure, format_wait, parse_wait_seconds
from hfcourse.spaces.client.call_failures import classify_failure
from hfcourse.spaces.client.http_status import classify_answer
from hfcourse.text.typography import NO_BREAK
from hfcourse.token_masking import mask_json_value
from hfcourse.tokens import AccessToken

QUOTA, WORKER, CLIENT = "ZeroGPU quota exceeded", "ZeroGPU worker error", "ZeroGPU client error"
TOO_LONG = "The requested GPU duration (300s) is larger than the maximum allowed"
CREDITS = "You have too many ZeroGPU credits allocated to running tasks. Try again once some of those have completed."
LEFT = "You have exceeded your free ZeroGPU quota (90s requested vs. 12s left)."


def account(error: Any, title: Any = "Error", **more: Any) -> dict[str, Any]:
    """The output of a failed message, as Gradio 5 and 6 send it."""
    return {"error": error, "title": title, "duration": 10, "visible": True} | more


@pytest.mark.parametrize(
    ("title", "words", "code"),
    [
        (QUOTA, f"{LEFT} Try again in 5:12:00.", "quota-exceeded"),
        (QUOTA, "You have exceeded your ZeroGPU runs limit.", "quota-exceeded"),
        (QUOTA, "Space app has reached its GPU limit. Try re-running outside of examples", "quota-exceeded"),
        (QUOTA, "Des mots que personne ne connaît encore.", "quota-exceeded"),
        ("GPU quota exceeded", "You have exceeded your GPU quota (60s requested vs. 56s left).", "quota-exceeded"),
        ("ZeroGPU illegal duration", TOO_LONG, "quota-exceeded"),
        (QUOTA, "No GPU was available after 60s. Try re-running outside of examples", "queue-full"),
        ("ZeroGPU queue timeout", "No GPU was available after 60s. Retry later", "queue-full"),
        ("ZeroGPU pending credits exceeded", CREDITS, "queue-full"),
        (CLIENT, "No GPU was available", "queue-full"),
        (CLIENT, "Expired ZeroGPU proxy token", "queue-full"),
        (CLIENT, "Internal Gradio error", "space-exception"),
        (WORKER, "RuntimeError", "space-exception"),
        (WORKER, "'torch.OutOfMemoryError'", "space-exception"),
        (WORKER, "GPU task aborted", "space-exception"),
        # Before Gradio 5 there is no title, and « Error » is that of whoever gives none.
        (None, LEFT, "quota-exceeded"),
        ("Error", LEFT, "quota-exceeded"),
        (None, "No GPU is currently available for you after 60s", "queue-full"),
        (None, "GPU task aborted", "space-exception"),
        # Authors who write of it.
        ("Error", "Ce modèle ne tourne pas sur ZeroGPU : choisissez-en un plus petit.", "space-error"),
        ("Error", "RuntimeError", "space-error"),
        ("Trop grand", "Votre image dépasse le quota GPU de ce Space.", "space-error"),
        ("À propos de ZeroGPU", "Pas plus de 60 s par calcul.", "space-error"),
        ("Limite", "This Space has no GPU quota for more than 4 images.", "space-error"),
    ],
)  # fmt: skip
def test_an_error_is_told_by_its_title_then_by_its_exact_words(title: Any, words: str, code: str) -> None:
    assert classify_failure(account(words, title)).code == code
    assert classify_failure({"error": words}, title).code == code, "the title of the message itself"


@pytest.mark.parametrize(
    ("output", "code", "said"),
    [
        (account("Le texte est vide.", "Saisie"), "space-error", "Saisie — Le texte est vide."),
        (account("Le texte est vide.", "Error"), "space-error", "Le texte est vide."),
        (account("Saisie vide.", "Saisie"), "space-error", "Saisie vide."),
        (account('Voir <a style="x" href="https://example.org">l’aide</a>.'), "space-error",
         "Voir l’aide (https://example.org)."),
        (account("secret du programme", visible=False), "space-exception", ""),
        (account(LEFT, QUOTA, visible=False), "quota-exceeded", f"{QUOTA} — {LEFT}"),
        (account("No GPU was available after 60s", QUOTA), "queue-full", "No GPU was available after 60s"),
        (account("RuntimeError", WORKER), "space-exception", ""),
        (account("GPU task aborted", WORKER), "space-exception", f"{WORKER} — GPU task aborted"),
        (account("<img src=x>"), "space-exception", ""),
        (account("x" * 3_000_000, "y" * 3_000_000), "space-error", ("y" * 100 + " — " + "x" * 500)[:500]),
        (account(["a"], {"b": 1}), "space-exception", ""),
        (account("Mots.", 5), "space-error", "Mots."),
    ],
)  # fmt: skip
def test_words_of_an_author_keep_their_title_and_lose_their_markup(output: Any, code: str, said: str) -> None:
    failed = classify_failure(output)
    assert (failed.code, failed.detail) == (code, said)


@pytest.mark.parametrize("apart", ["", "<b></b>", "<!-- -->"])
@pytest.mark.parametrize("before", [0, 480, 495])
def test_a_secret_is_masked_before_words_are_cut_and_after_tags_are_gone(apart: str, before: int) -> None:
    token = AccessToken("hf_" + "k" * 30)
    repeated = "x" * before + "hf_" + "k" * 10 + apart + "k" * 20
    failed = classify_failure(account(repeated), mask=lambda value: mask_json_value(value, token))
    assert "hf_" not in failed.detail
    assert "kk" not in failed.detail
    refused = classify_answer(
        400, {}, f'{{"detail": "{repeated}"}}'.encode(), lambda value: mask_json_value(value, token)
    )
    assert refused is not None
    assert "kk" not in refused.detail


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (f"{LEFT} Try again in 3:21:00. ", 12_060),
        (f"{LEFT} Try again in 0:00:45.", 45),
        (f"{LEFT} Try again in 0:02:30.500000.", 150),
        (f"{LEFT} Try again in 1 day, 2:00:00.", 93_600),
        (f"{LEFT} Try again in 0:00:00.", 0),
        (f"{LEFT} Try again in 9999 days, 0:00:00.", 0),
        ("Retry in 30 seconds", 30),
        ("Please try again in 5 minutes.", 300),
        ("Retry-After: 90", 90),
        (LEFT, 0),
        ("Try again in a while.", 0),
        ("", 0),
    ],
)
def test_a_wait_is_read_from_the_words(said: str, seconds: int) -> None:
    assert parse_wait_seconds(said) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 s"), (59, "59 s"), (60, "1 min"), (61, "2 min"), (3_600, "1 h"), (12_060, "3 h 21 min"), (3_541, "1 h"),
     (86_400, "1 jour"), (93_600, "1 jour et 2 h"), (172_801, "2 jours et 1 h")],
)  # fmt: skip
def test_a_wait_is_written_in_its_own_unit_and_never_too_short(seconds: int, words: str) -> None:
    assert format_wait(seconds) == words


class TestExplanation:
    def test_quota_that_names_its_wait_says_it_instead_of_tomorrow(self) -> None:
        steps = " ".join(explain_failure("quota-exceeded", f"{LEFT} Try again in 0:45:00.").steps)
        assert f"45{NO_BREAK}min" in steps
        assert "demain" not in steps

    def test_quota_without_a_wait_says_tomorrow(self) -> None:
        assert "demain" in explain_failure("quota-exceeded", LEFT).steps[0]

    def test_no_free_card_is_neither_a_quota_nor_a_crowd(self) -> None:
        told = explain_failure("queue-full", "No GPU was available after 60s")
        assert "carte graphique" in told.sentence
        assert "demain" not in " ".join(told.steps)

    @pytest.mark.parametrize("code", sorted(EXPLANATIONS))
    def test_every_code_without_words_is_explained_as_before(self, code: str) -> None:
        assert explain_failure(code) == EXPLANATIONS[code]

    @pytest.mark.parametrize(
        ("code", "said"),
        [("connection-lost", "HTTP 502"), ("timeout", "HTTP 504"), ("space-sleeping", "HTTP 503, Retry-After: 120")],
    )
    def test_gateway_is_told_as_one(self, code: str, said: str) -> None:
        told = explain_failure(code, said)
        assert told.sentence == GATEWAY_EXPLANATIONS[code].sentence != EXPLANATIONS[code].sentence
        assert (f"2{NO_BREAK}min" in told.steps[0]) == ("Retry" in said)

    def test_words_of_an_author_do_not_change_what_another_code_says(self) -> None:
        said = "No GPU was available, try again in 5 minutes, larger than the maximum allowed"
        assert explain_failure("space-error", said) == EXPLANATIONS["space-error"]
