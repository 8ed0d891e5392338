"""Notes whatever a browser complains about: errors, refusals of the CSP, failed requests, other hosts."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

ABORTED_FAILURE = "net::ERR_ABORTED"  # the page was left, or the answer was a download
# What Chromium says of every status from 400 on; `note_response` decides which are wrong.
STATUS_MESSAGE_PREFIX = "Failed to load resource: the server responded with a status of"


class BrowserErrorLog:
    """The complaints of one visitor's browser, in order."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.errors: list[str] = []
        context.on("console", self.record_message)
        context.on("weberror", lambda error: self.errors.append(f"page error: {error.error}"))
        context.on("request", self.record_request)
        context.on("requestfailed", self.record_failure)
        context.on("response", self.record_response)

    def record_message(self, message: ConsoleMessage) -> None:
        """An error or a warning in the console; a CSP violation is one."""
        if message.type in ("error", "warning") and not message.text.startswith(STATUS_MESSAGE_PREFIX):
            self.errors.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def record_request(self, request: Request) -> None:
        """A request that leaves the site."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "file") and parts.netloc != self.host:
            self.errors.append(f"request to another host: {request.url}")

    def record_failure(self, request: Request) -> None:
        """A request that got no answer."""
        if request.failure != ABORTED_FAILURE:
            self.errors.append(f"request failed: {request.url} ({request.failure})")

    def record_response(self, response: Response) -> None:
        """A part of a page that is missing.

        The page itself may well be a 404, a form tried in place be refused, and a run be deleted while it is followed.
        """
        is_tried = "x-fragment" in response.request.headers or "?dans=" in response.url
        is_polled = urlsplit(response.url).path.endswith(("/statut", "/flux")) and response.status == 404
        is_expected = is_tried or is_polled or response.request.is_navigation_request()
        if response.status >= 400 and not is_expected:
            self.errors.append(f"{response.status} for {response.url}")
