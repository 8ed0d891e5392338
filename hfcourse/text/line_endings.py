"""Line endings: a browser submits CR LF, so texts are normalized before they are compared. Pure."""


def normalize_line_endings(text: str) -> str:
    """Replace CR LF and CR by LF (https://infra.spec.whatwg.org/#normalize-newlines)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def has_newline(text: str) -> bool:
    """Does this text have several lines? A one-line field drops line ends silently."""
    return "\n" in text or "\r" in text
