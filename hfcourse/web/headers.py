"""The headers of every answer: what a browser may do with the page, and who may keep it."""

from flask import Flask, Response, request, session

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # blob: is a file that somebody chose in a form, shown before it is sent. Only a script of this page can make
        # such an address, it holds what the browser has already, and neither a picture nor a sound runs anything.
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: Flask-WTF refuses an https POST without a Referer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # A form may record a voice or take a picture; nothing else that a device can do is needed.
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(), geolocation=(), midi=(), payment=(), usb=()"
    ),
    # No CSP directive governs the look-ups of the names in a page, which may be a Space's.
    "X-DNS-Prefetch-Control": "off",
}
STRICT_TRANSPORT_SECURITY = "max-age=31536000"  # a year; without subdomains, which may be somebody else's
NO_STORE = "private, no-store"


def add_security_headers(response: Response) -> Response:
    """Give an answer the headers that it has not set itself."""
    present = {name.lower() for name, _ in response.headers}  # one pass: setdefault looks through all for each
    for name, value in SECURITY_HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
    if request.environ.get("SERVER_SOFTWARE", "").startswith("Werkzeug"):  # it would add its version and Python's
        response.headers["Server"] = "hfcourse"
    return response


def forbid_storing(response: Response) -> Response:
    """Keep an answer out of every cache; for the views of a blueprint whose pages are each visitor's own."""
    response.headers["Cache-Control"] = NO_STORE
    return response


def set_cache_policy(response: Response) -> Response:
    """Keep what has a visitor in it out of every cache: whatever was made for a known session, or answers a form.

    The back button of a shared computer then shows nothing of who was there before. Chromium's back/forward cache gives
    back what was typed all the same, until a cookie changes. What a view says itself stands.
    """
    if "Cache-Control" in response.headers:
        return response
    is_personal = bool(session) or session.modified or request.method not in {"GET", "HEAD"}
    return forbid_storing(response) if is_personal else response


def init_app(app: Flask) -> None:
    """Add them to every answer, those of errors and static files included."""
    app.after_request(add_security_headers)
    app.after_request(set_cache_policy)
