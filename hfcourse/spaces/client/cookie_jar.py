"""Keep the cookies of one call to a Space, so that a load balancer leads all its requests to one replica.

A Space of several replicas is told by a cookie which of them holds a session (sticky sessions): the queue of Gradio is
in the memory of one process. gradio_client sends on the cookies of the first answer for this. Ours live as long as the
call, at most as long as the visitor's session at the Space; they go to the origin that set them, and nowhere else.
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
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class CookieJar:
    """The cookies of one origin; shared by the threads of one call.

    Args:
        url: an address at the one origin whose cookies are kept, and that they are sent to.
    """

    def __init__(self, url: str) -> None:
        self._origin = get_url_origin(url)
        self._cookies: dict[str, str] = {}
        self._lock = threading.Lock()

    def format_cookie_header(self, url: str) -> str:
        """Return the value of the Cookie header of a request to this address, '' for none."""
        if get_url_origin(url) != self._origin:
            return ""
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def store_cookies(self, url: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep the cookies that an answer of this address sets, within bounds; drop those that it expires.

        Path, domain and attributes do not matter: nothing but the API of one Space is asked.
        """
        if get_url_origin(url) != self._origin:
            return
        for name, value in headers:
            if name.lower() == b"set-cookie" and len(value) <= 2 * MAX_COOKIE_CHARACTERS:
                self._store_cookie(value.decode("latin-1"))

    def _store_cookie(self, written: str) -> None:
        name, equals, value = (part.strip() for part in written.partition(";")[0].partition("="))
        if not (equals and COOKIE_NAME_PATTERN.fullmatch(name) and COOKIE_VALUE_PATTERN.fullmatch(value)):
            return
        with self._lock:
            self._cookies.pop(name, None)
            if not EXPIRED_COOKIE_PATTERN.search(written) and self._has_capacity(name, value):
                self._cookies[name] = value

    def _has_capacity(self, name: str, value: str) -> bool:
        size = len(name) + len(value)
        taken = sum(len(each) + len(other) for each, other in self._cookies.items())
        is_small = size <= MAX_COOKIE_CHARACTERS and taken + size <= MAX_JAR_CHARACTERS
        return is_small and len(self._cookies) < MAX_COOKIES


class SessionCookieJars:
    """The cookie jars of sessions that outlive a call (State), by session hash; the least used are dropped first.

    They are in the memory of this process alone. Another process, or this one started again, begins without cookies:
    the balancer may then choose another replica, where the session begins anew, as it does when a Space restarts.
    """

    def __init__(self, max_sessions: int = MAX_SESSION_JARS) -> None:
        self._jars: OrderedDict[tuple[str, str], CookieJar] = OrderedDict()
        self._max_sessions = max_sessions
        self._lock = threading.Lock()

    def get_session_jar(self, url: str, session: str) -> CookieJar:
        """Return the jar of a session at the Space of this address, empty at its first call."""
        key = (get_url_origin(url), session)
        with self._lock:
            jar = self._jars.setdefault(key, CookieJar(url))
            self._jars.move_to_end(key)
            if len(self._jars) > self._max_sessions:
                self._jars.popitem(last=False)
            return jar
