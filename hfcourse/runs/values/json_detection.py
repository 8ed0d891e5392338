"""Detection of JSON in the text of a Json output, which may also be the answer of a chat. Pure."""

import json

from hfcourse.spaces.untrusted.json_nodes import has_too_many_nodes

JSON_BEGINNINGS = ("{", "[", '"')


def is_json_text(text: str) -> bool:
    """Is this the JSON of an object, an array or a string?

    The endpoint of every gr.ChatInterface declares a Json output, and returns a text there that is
    Markdown. Only what parses is JSON: « [1] Une note » is not.
    """
    if not text.lstrip().startswith(JSON_BEGINNINGS):
        return False
    if has_too_many_nodes(text.encode(errors="replace")):
        return True
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
