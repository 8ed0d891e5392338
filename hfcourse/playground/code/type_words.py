"""Types and defaults of an endpoint's parameters, and types of its outputs, in words beside the code."""

import json

from markupsafe import Markup

from hfcourse import tokens
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.type_descriptions import describe_type
from hfcourse.spaces.untrusted.json_size import exceeds_json_size

MAX_INLINE_DEFAULT_CHARACTERS = 60


def format_default_json(parameter: Parameter) -> str:
    """Return the default of a parameter as JSON, '' without one or for a long one."""
    if parameter.default is None or exceeds_json_size(parameter.default, MAX_INLINE_DEFAULT_CHARACTERS):
        return ""
    return tokens.mask_tokens(json.dumps(parameter.default, ensure_ascii=False))


def render_type_words(described: Parameter | ReturnValue) -> Markup:
    """Render the type of a parameter or an output in French, with its technical parts as code."""
    parts = describe_type(described.schema, described.component).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))
