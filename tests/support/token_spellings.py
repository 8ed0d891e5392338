"""A token of tests, and the spellings in which a text may contain it."""

import json

SECRET = "hf_aB3" + "c9Z" * 10


def escape_each(form: str, text: str = SECRET) -> str:
    """Format the code of each character."""
    return "".join(form.format(ord(character)) for character in text)


SPELLINGS = {
    "as it is": SECRET,
    "JSON": escape_each("\\u{:04x}"),
    "JSON in capitals": escape_each("\\u{:04X}"),
    "JSON of JSON": json.dumps(escape_each("\\u{:04x}"))[1:-1],
    "in part": "\\u0068" + SECRET[1:],
    "decimal references": escape_each("&#{};"),
    "hexadecimal references": escape_each("&#x{:x};"),
    "references in capitals": escape_each("&#X{:X};"),
    "references with zeros": escape_each("&#000{};"),
    "references without end": "&#104" + SECRET[1:],
    "underscore by name": SECRET.replace("_", "&lowbar;"),
    "Markdown": SECRET.replace("_", "\\_"),
    "percent": escape_each("%{:02x}"),
    "percent in capitals": escape_each("%{:02X}"),
    "string of C": escape_each("\\x{:02x}"),
    "NUL between": "\0".join(SECRET),
    "zero width between": "\u200b".join(SECRET),
    "soft hyphen between": SECRET[:9] + "\xad" + SECRET[9:],
    "soft hyphen by name": SECRET[:9] + "&shy;" + SECRET[9:],
    "line end between": SECRET[:9] + "\n" + SECRET[9:],
    "full width": "".join(chr(ord(character) + 0xFEE0) for character in SECRET),
    "mathematical": SECRET.replace("f", "\U0001d41f").replace("9", "\U0001d7d7"),
}
