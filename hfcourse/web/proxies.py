"""Reverse proxies in front of the site: which of their headers are believed, and a warning where a setting is missing.

`TRUSTED_PROXIES` counts the proxies that append to X-Forwarded-For and -Proto, as nearly all do. Most pass a client's
own X-Forwarded-Host and -Prefix on as they came: each of these is believed by a setting of its own.
"""

import logging
from threading import Lock

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from hfcourse.config import reject_setting

# Pages are kept and compressed for so many prefixes: one that a client invents for each request would fill both caches.
MAX_CACHED_PREFIXES = 4
# What a monitor asks for from inside comes by no proxy.
MONITORED_PATHS = {"/sante", "/metriques"}
# By their names in the WSGI environment, where they are looked up for every request.
FORWARDED_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PREFIX",
)

log = logging.getLogger(__name__)


class ProxyWarnings:
    """The warnings of this process about its proxies: each is logged once."""

    def __init__(self) -> None:
        self._logged: set[str] = set()
        self._lock = Lock()

    def warn_once(self, message: str) -> None:
        """Log `message` unless it was logged before."""
        with self._lock:
            is_new = message not in self._logged
            self._logged.add(message)
        if is_new:
            log.warning(message)

    def check_request(self) -> None:
        """Compare the headers of this request with the settings."""
        if request.path in MONITORED_PATHS:
            return
        if not current_app.config["TRUSTED_PROXIES"]:
            if is_forwarded():
                self.warn_once(
                    "A reverse proxy's headers arrive and are not believed: set HFCOURSE_TRUSTED_PROXIES to the number "
                    "of proxies, or all visitors have one address."
                )
        elif "X-Forwarded-For" not in request.headers:
            self.warn_once(
                "HFCOURSE_TRUSTED_PROXIES is set and a request came without X-Forwarded-For: the proxy does not set "
                "it, or the site is reached without the proxy."
            )
        elif is_host_replaced():
            self.warn_once(
                "The reverse proxy replaces the Host header: have it pass the browser's own, or set "
                "HFCOURSE_TRUST_FORWARDED_HOST=yes if it sets X-Forwarded-Host itself."
            )


def is_forwarded() -> bool:
    """Does the request carry a header that a reverse proxy adds?"""
    return not request.environ.keys().isdisjoint(FORWARDED_HEADERS)


def is_host_replaced() -> bool:
    """Does the proxy name another host than the one that the site was asked by?"""
    named = request.headers.get("X-Forwarded-Host", "")
    return not current_app.config["TRUST_FORWARDED_HOST"] and named not in {"", request.headers.get("Host", "")}


def is_prefix_cached(prefix: str) -> bool:
    """Are pages below this prefix kept? Those of the first MAX_CACHED_PREFIXES that were asked for are."""
    prefixes: set[str] = current_app.extensions["cached_prefixes"]
    if prefix not in prefixes and len(prefixes) < MAX_CACHED_PREFIXES:
        prefixes.add(prefix)
    return prefix in prefixes


def init_app(app: Flask) -> None:
    """Believe the headers that the settings name.

    Raises:
        SystemExit: a header is to be believed of proxies whose number is 0.
    """
    hops, settings = app.config["TRUSTED_PROXIES"], ("TRUST_FORWARDED_HOST", "TRUST_FORWARDED_PREFIX")
    for name in settings:
        if app.config[name] and not hops:
            reject_setting(f"HFCOURSE_{name}", "il faut aussi HFCOURSE_TRUSTED_PROXIES, le nombre de serveurs proxy")
    app.extensions["cached_prefixes"] = set()
    app.before_request(ProxyWarnings().check_request)
    if hops:
        host, prefix = (hops if app.config[name] else 0 for name in settings)
        fixed = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=host, x_prefix=prefix)
        app.wsgi_app = fixed  # type: ignore[method-assign]
