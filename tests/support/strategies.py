"""Hypothesis strategies for JSON and text of a stranger."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MARKUP_TEXT = "<script>alert(1)</script>\"'&"
QUICK_SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same cases in every run: a fault found is a fault to mend, not bad luck
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
TEXTS = st.sampled_from([MARKUP_TEXT, "", "1", "a", "now", "#ff0000", "__i18n__{", "user: x"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON_VALUES = st.recursive(
    JSON_SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8
)


SCHEMA_LIKE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "items", "anyOf", "oneOf", "$ref", "$defs", "properties", "enum", "const", "title"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
