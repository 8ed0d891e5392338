"""Cookies of one call to a Space, which pin all its requests to one replica.

The load balancer of a Space with several replicas finds the replica of a session by a cookie
(sticky sessions): Gradio's queue is in the memory of one process. gradio_client forwards the
cookies of the first response for this reason. Ours live as long as the call, at most as long as the
visitor's session at the Space; they are sent to the origin that set them, and nowhere else.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable
from urllib.parse import urlsplit

MAX_COOKIES, MAX_COOKIE_CHARACTERS, MAX_JAR_CHARACTERS = 20, 4_096, 8_192
MAX_SESSION_JARS = 1_000
# A token of RFC 9110 and the cookie-octets of RFC 6265, section 4.1.1; some balancers write base64 between quotes,
# spaces or commas, which servers read back as they are.
COOKIE_NAME_PATTERN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
COOKIE_VALUE_PATTERN = re.compile(r"[\x20-\x3a\x3c-\x7e]*", re.ASCII)
EXPIRED_COOKIE_PATTERN = re.compile(
    r";\s*max-age\s*=\s*(?:0+|-\d+)\s*(?:;|$)|;\s*expires\s*=[^;]*\b(?:1970|0001)\b", re.IGNORECASE
)


def get_url_origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class CookieJar:
    """Thread-safe cookies of one origin, shared by the threads of one call.

    Args:
        url: a URL of the origin whose cookies are stored and sent.
    """

    def __init__(self, url: str) -> None:
        self._origin = get_url_origin(url)
        self._cookies: dict[str, str] = {}
        self._lock = threading.Lock()

    def format_cookie_header(self, url: str) -> str:
        """Return the Cookie header of a request to this URL, '' for none."""
        if get_url_origin(url) != self._origin:
            return ""
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def store_cookies(self, url: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Store the cookies that a response from this URL sets, within limits; delete those that it expires.

        Path, domain and attributes are ignored: requests only go to the API of one Space.
        """
        if get_url_origin(url) != self._origin:
            return
        for name, value in headers:
            if name.lower() == b"set-cookie" and len(value) <= 2 * MAX_COOKIE_CHARACTERS:
                self._store_cookie(value.decode("latin-1"))

    def _store_cookie(self, header: str) -> None:
        name, equals, value = (part.strip() for part in header.partition(";")[0].partition("="))
        if not (equals and COOKIE_NAME_PATTERN.fullmatch(name) and COOKIE_VALUE_PATTERN.fullmatch(value)):
            return
        with self._lock:
            self._cookies.pop(name, None)
            if not EXPIRED_COOKIE_PATTERN.search(header) and self._has_capacity(name, value):
                self._cookies[name] = value

    def _has_capacity(self, name: str, value: str) -> bool:
        size = len(name) + len(value)
        stored_size = sum(len(other_name) + len(other_value) for other_name, other_value in self._cookies.items())
        is_small = size <= MAX_COOKIE_CHARACTERS and stored_size + size <= MAX_JAR_CHARACTERS
        return is_small and len(self._cookies) < MAX_COOKIES


class SessionCookieJars:
    """LRU cache of the cookie jars of sessions that outlive a call (State), by session hash.

    The jars are in the memory of this process. Another process, or this one after a restart, starts
    without cookies: the load balancer may then choose another replica, where the session starts
    over, as it does when a Space restarts.
    """

    def __init__(self, max_sessions: int = MAX_SESSION_JARS) -> None:
        self._jars: OrderedDict[tuple[str, str], CookieJar] = OrderedDict()
        self._max_sessions = max_sessions
        self._lock = threading.Lock()

    def get_session_jar(self, url: str, session: str) -> CookieJar:
        """Return the cookie jar of a session at the Space of this URL, an empty one at its first call."""
        key = (get_url_origin(url), session)
        with self._lock:
            jar = self._jars.setdefault(key, CookieJar(url))
            self._jars.move_to_end(key)
            if len(self._jars) > self._max_sessions:
                self._jars.popitem(last=False)
            return jar
