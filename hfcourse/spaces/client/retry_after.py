"""Parser of the Retry-After header (RFC 9110, section 10.2.3: seconds or a date). Pure."""

import email.utils
from datetime import UTC, datetime


def parse_retry_after(header: str) -> float | None:
    """Return the seconds to wait, negative for a date in the past; None for an invalid header."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        until = email.utils.parsedate_to_datetime(header)
        return (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
