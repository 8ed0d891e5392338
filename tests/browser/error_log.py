"""Notes whatever a browser complains about: errors, refusals of the CSP, failed requests, other hosts."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

LEFT = "net::ERR_ABORTED"  # the page was left, or the answer was a download
# What Chromium says of every status from 400 on; `note_response` decides which are wrong.
STATUS = "Failed to load resource: the server responded with a status of"


class Watch:
    """The complaints of one visitor's browser, in order."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.complaints: list[str] = []
        context.on("console", self.note_message)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("request", self.note_request)
        context.on("requestfailed", self.note_failure)
        context.on("response", self.note_response)

    def note_message(self, message: ConsoleMessage) -> None:
        """An error or a warning in the console; a CSP violation is one."""
        if message.type in ("error", "warning") and not message.text.startswith(STATUS):
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def note_request(self, request: Request) -> None:
        """A request that leaves the site."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "file") and parts.netloc != self.host:
            self.complaints.append(f"request to another host: {request.url}")

    def note_failure(self, request: Request) -> None:
        """A request that got no answer."""
        if request.failure != LEFT:
            self.complaints.append(f"request failed: {request.url} ({request.failure})")

    def note_response(self, response: Response) -> None:
        """A part of a page that is missing; the page itself may well be a 404, and a form tried in place be refused."""
        is_tried = "x-fragment" in response.request.headers or "dans=lecon" in response.url
        if response.status >= 400 and not response.request.is_navigation_request() and not is_tried:
            self.complaints.append(f"{response.status} for {response.url}")
