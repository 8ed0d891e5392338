"""HTTP client for Spaces and the Hub: one way for every message, bounded in time and size.

Cookies are stored only in the jar that the caller passes, which belongs to one call.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from hfcourse.errors import CallError
from hfcourse.limits import byte_budget
from hfcourse.setting_parsers import is_loopback
from hfcourse.spaces.client.cookie_jar import CookieJar, SessionCookieJars
from hfcourse.spaces.client.transport.connection_pool import ConnectionPool
from hfcourse.spaces.client.transport.http_messages import (
    HttpRequest,
    HttpResponse,
    SizedBody,
    StreamedResponse,
    receive_body,
)

# Spaces read it to count their callers or to keep robots out; it names the site, and nothing of the visitor.
USER_AGENT = "hfcourse/0.1.0 (course on Hugging Face)"


class HttpClient:
    """Connection pools of this process to Spaces and the Hub, shared by all threads.

    Args:
        proxy_url: a school's proxy, never used for loopback addresses; '' for none.
        ca_bundle: path of its certificates (PEM), trusted besides the system's; '' for none.
    """

    def __init__(self, proxy_url: str = "", ca_bundle: str = "") -> None:
        trusted = ssl.create_default_context()
        if ca_bundle:
            trusted.load_verify_locations(ca_bundle)
        self.session_jars = SessionCookieJars()
        self._direct = ConnectionPool(trusted)
        self._proxied = ConnectionPool(trusted, proxy_url) if proxy_url else self._direct

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | SizedBody | None = None,
        cookies: CookieJar | None = None,
    ) -> Iterator[StreamedResponse]:
        """Send a request; yield its response, not read yet.

        Args:
            cookies: sent if they are of the same origin; those that the response sets are kept in it.

        A CallError that the pieces of a body raise passes through.

        Raises:
            CallError: `timeout`, `connection-lost` (nobody there, closed early) or `bad-answer` (not HTTP,
                or an encoding that was not asked for).
        """
        request = HttpRequest(method, url, build_request_headers(url, headers or {}, body, cookies), body)
        pool = self._direct if is_loopback(urlsplit(url).hostname) else self._proxied
        with pool.stream(request) as response:
            if cookies:
                cookies.store_cookies(url, response.headers)
            # A gzip bomb grows a thousandfold. Of an error only the status matters, in any encoding.
            if response.status < 400 and response.get_header("content-encoding") not in ("", "identity"):
                raise CallError("bad-answer")
            yield response

    def request(
        self,
        method: str,
        url: str,
        *,
        cap: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | SizedBody | None = None,
        reduce: Callable[[Iterable[bytes]], Iterable[bytes]] | None = None,
        cookies: CookieJar | None = None,
    ) -> HttpResponse:
        """Send a request and read the whole response, at most `cap` bytes; of a server error (5xx) its first words.

        Args:
            reduce: what the chunks of the body pass through as they arrive; what it leaves out takes no memory.

        Raises:
            CallError: as `stream`, `answer-too-large`, and `server-busy`, there is no memory to read it.
        """
        with self.stream(method, url, headers, body, cookies) as response, byte_budget.reserve_bytes() as memory:
            if response.status >= 500:
                content = response.read_error()
            else:
                chunks = response.iter_body(cap)
                content = receive_body(reduce(chunks) if reduce else chunks, memory)
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return HttpResponse(response.status, named, content)

    def close(self) -> None:
        """Close every connection; those of requests in progress as soon as these end."""
        self._direct.close()
        self._proxied.close()


def build_request_headers(
    url: str, headers: Mapping[str, str], body: bytes | SizedBody | None, cookies: CookieJar | None
) -> dict[str, str]:
    """Build the headers of a request: ours, those of the caller, the length of the body, the cookies of the call."""
    built = {
        "host": urlsplit(url).netloc,
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
        **headers,
    }
    if body is not None:
        built["content-length"] = str(body.size if isinstance(body, SizedBody) else len(body))
    if cookies and (line := cookies.format_cookie_header(url)):
        built["cookie"] = line
    return built
