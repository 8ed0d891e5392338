"""Trust of reverse proxy headers, with a warning in the log where a setting is missing.

`TRUSTED_PROXIES` counts the proxies that append to X-Forwarded-For and -Proto, as nearly all do. Most forward a
client's own X-Forwarded-Host and -Prefix unchanged, so each of these needs a setting of its own to be trusted.
"""

import logging
from threading import Lock

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from hfcourse.config import reject_setting

# Limit of path prefixes whose pages are cached: a client that invents one for each request would fill both caches.
MAX_CACHED_PREFIXES = 4
# A monitor inside the network requests these without a proxy.
MONITORED_PATHS = {"/sante", "/metriques"}
# Named as in the WSGI environment, where every request looks them up.
FORWARDED_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PREFIX",
)

log = logging.getLogger(__name__)


class ProxyWarnings:
    """Warnings of this process about its proxies, each logged once."""

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
        """Log a warning if the headers of this request contradict the settings."""
        if request.path in MONITORED_PATHS:
            return
        if not current_app.config["TRUSTED_PROXIES"]:
            if is_forwarded():
                self.warn_once(
                    "A reverse proxy's headers arrive and are not trusted: set HFCOURSE_TRUSTED_PROXIES to the number "
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
    """Does the request have a header that a reverse proxy adds?"""
    return not request.environ.keys().isdisjoint(FORWARDED_HEADERS)


def is_host_replaced() -> bool:
    """Does X-Forwarded-Host differ from the Host header, while the settings do not trust it?"""
    forwarded = request.headers.get("X-Forwarded-Host", "")
    return not current_app.config["TRUST_FORWARDED_HOST"] and forwarded not in {"", request.headers.get("Host", "")}


def is_prefix_cached(prefix: str) -> bool:
    """Are pages below this prefix cached? Only for the first MAX_CACHED_PREFIXES prefixes requested."""
    prefixes: set[str] = current_app.extensions["cached_prefixes"]
    if prefix not in prefixes and len(prefixes) < MAX_CACHED_PREFIXES:
        prefixes.add(prefix)
    return prefix in prefixes


def init_app(app: Flask) -> None:
    """Install ProxyFix for the headers that the settings trust, and the check of each request.

    Raises:
        SystemExit: the settings trust a header while TRUSTED_PROXIES is 0.
    """
    hops = app.config["TRUSTED_PROXIES"]
    settings = ("TRUST_FORWARDED_HOST", "TRUST_FORWARDED_PREFIX")
    for name in settings:
        if app.config[name] and not hops:
            reject_setting(f"HFCOURSE_{name}", "il faut aussi HFCOURSE_TRUSTED_PROXIES, le nombre de serveurs proxy")
    app.extensions["cached_prefixes"] = set()
    app.before_request(ProxyWarnings().check_request)
    if hops:
        host, prefix = (hops if app.config[name] else 0 for name in settings)
        fixed = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=host, x_prefix=prefix)
        app.wsgi_app = fixed  # type: ignore[method-assign]
