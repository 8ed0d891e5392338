"""Line ends: a browser rewrites those of a field to CR LF, so texts are compared with one kind of them. Pure."""


def normalize_line_endings(text: str) -> str:
    """Replace CR LF and CR by LF, as a browser does before it submits (https://infra.spec.whatwg.org/#normalize-newlines)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def has_newline(text: str) -> bool:
    """Has this text more than one line? A field of one line drops its line ends without a word."""
    return "\n" in text or "\r" in text
