"""Security headers and cache policy of every response."""

from flask import Flask, Response, make_response, request, session

from hfcourse.web.template_globals import EMBED_SPACE, FRAGMENT_HEADER, get_embedding_host

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # blob: previews a file chosen in a form before it is uploaded. Only a script of this page can create its
        # URL, the content is already in the browser, and neither an image nor a sound runs code.
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
    # Not no-referrer: Flask-WTF rejects an https POST without a Referer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Forms record sound and take pictures; no other device feature is used.
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(), geolocation=(), midi=(), payment=(), usb=()"
    ),
    # No CSP directive controls DNS prefetching, and a page may contain links written by a Space.
    "X-DNS-Prefetch-Control": "off",
}
STRICT_TRANSPORT_SECURITY = "max-age=31536000"  # a year; no includeSubDomains: they may be other sites
NO_STORE = "private, no-store"
NO_CACHE = "private, no-cache"


def add_security_headers(response: Response) -> Response:
    """Add the security headers that the response has not set itself."""
    present = {name.lower() for name, _ in response.headers}  # one pass: each setdefault scans all headers
    for name, value in SECURITY_HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
    if request.environ.get("SERVER_SOFTWARE", "").startswith("Werkzeug"):  # its default shows its version and Python's
        response.headers["Server"] = "hfcourse"
    return response


def forbid_storing(response: Response) -> Response:
    """Forbid every cache to store this response; an `after_request` of blueprints whose pages are private."""
    response.headers["Cache-Control"] = NO_STORE
    return response


def require_revalidation(response: Response) -> Response:
    """Let the browser alone store this response, and ask again before each use of it."""
    response.headers["Cache-Control"] = NO_CACHE
    return response


def make_revalidated_response(content: str | bytes, etag: str = "", encoding: str = "") -> Response:
    """Return a response that browsers cache and revalidate by ETag on each request.

    Args:
        content: the body; it varies with the theme and the visitor's progress.
        etag: strong ETag of the body before its encoding; computed if empty.
        encoding: content encoding of the body, '' for none.
    """
    response = require_revalidation(make_response(content))
    response.headers["Vary"] = "Cookie"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if etag:
        response.set_etag(f"{etag}:{encoding}" if encoding else etag)  # as Flask-Compress: one for each encoding
    else:
        response.add_etag()
    response.make_conditional(request)
    return response


def set_cache_policy(response: Response) -> Response:
    """Forbid caches to store a personal response: one made for a session, or the response to a form.

    The back button of a shared computer then shows nothing of the previous visitor. Chromium's back/forward cache still
    restores typed values until a cookie changes. A Cache-Control that the view set itself is left unchanged.

    What a script inserts in the page of a Space may be stored by the browser, which asks again before each use:
    Chromium keeps no page in its back/forward cache whose script received a `no-store` response, and would lose the
    values typed in the form.
    """
    if get_embedding_host() == EMBED_SPACE:
        response.vary.add(FRAGMENT_HEADER)
        return require_revalidation(response)
    if "Cache-Control" in response.headers:
        return response
    is_personal = bool(session) or session.modified or request.method not in {"GET", "HEAD"}
    return forbid_storing(response) if is_personal else response


def init_app(app: Flask) -> None:
    """Add both to every response, including errors and static files."""
    app.after_request(add_security_headers)
    app.after_request(set_cache_policy)
