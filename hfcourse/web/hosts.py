"""Validation of the Host header, against DNS rebinding and poisoned links.

An untrusted page may resolve its own name to the address of this site, which makes it same-origin: its scripts can
then submit forms with the visitor's cookies and read the responses. The attack needs a name. So IP addresses,
`localhost` and the machine's own name are always allowed, and a class needs no setting; other names are listed in
`HFCOURSE_HOSTS`.
"""

import ipaddress
import re
import socket
from functools import lru_cache

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse.web.security_log import log_event

MAX_HOST_CHARACTERS = 260  # a DNS name has at most 253 characters, plus the port
MAX_PREFIX_CHARACTERS = 100
MAX_CACHED_HOSTS = 64  # a class uses one or two names
HOST_HEADER = re.compile(r"(?P<name>[a-z0-9._-]+|\[[a-f0-9:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII | re.IGNORECASE)
URL_PREFIX = re.compile(r"(/[\w.-]+)*", re.ASCII)
ALLOWED_SCHEMES = {"http", "https"}


@lru_cache(maxsize=MAX_CACHED_HOSTS)
def split_host(header: str) -> str | None:
    """Parse a Host header and return its name, or None if malformed.

    The name is lower-case, without port, brackets or the trailing dot of the DNS root.
    """
    found = HOST_HEADER.fullmatch(header) if len(header) <= MAX_HOST_CHARACTERS else None
    if found is None or int(found["port"] or 1) not in range(1, 65_536):
        return None
    name = found["name"].lower().removesuffix(".").strip("[]")
    has_valid_labels = all(name.split(".")) or ":" in name
    return name if name and has_valid_labels else None


@lru_cache(maxsize=MAX_CACHED_HOSTS)
def is_ip_address(name: str) -> bool:
    """Is `name` an IPv4 or IPv6 address? `127.1` and `0x7f000001` are not: browsers normalize them first."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def find_machine_names() -> set[str]:
    """Return the names of this machine: its host name, and its multicast DNS name (`.local`)."""
    own = socket.gethostname().lower().removesuffix(".")
    label = own.partition(".")[0]
    return {own, label, f"{label}.local"} if label else set()


def is_host_allowed(name: str) -> bool:
    """May clients use this name? An entry of HFCOURSE_HOSTS with a leading dot allows all its subdomains."""
    if is_ip_address(name) or name == "localhost" or name.endswith(".localhost"):
        return True
    listed: tuple[str, ...] = current_app.config["HOSTS"]
    suffixes = tuple(each for each in listed if each.startswith("."))
    return name in listed or name in current_app.extensions["machine_names"] or name.endswith(suffixes)


def reject_request(status: int, name: str = "") -> ResponseReturnValue:
    """Render a self-contained error page: it links to nothing, because no URL of the site is reliable here."""
    return Response(render_template("host_refused.html", status=status, name=name), status)


def check_host() -> ResponseReturnValue | None:
    """Reject, before any view, an unknown name with 421 and a malformed host, prefix or scheme with 400."""
    header = request.environ.get("HTTP_HOST")
    # Without the header (HTTP/1.0) Werkzeug uses the server's own name, which no client can choose.
    name = split_host(header) if header is not None else "localhost"
    root = request.environ.get("SCRIPT_NAME", "")
    if (
        name is None
        or len(root) > MAX_PREFIX_CHARACTERS
        or not URL_PREFIX.fullmatch(root)
        or request.scheme not in ALLOWED_SCHEMES
    ):
        log_event("request_refused", status=400)
        return reject_request(400)
    if not is_host_allowed(name):
        log_event("host_refused", status=421)
        return reject_request(421, name)
    return None


def init_app(app: Flask) -> None:
    """Validate the host of every request before any other handler runs."""
    app.extensions["machine_names"] = find_machine_names()
    app.before_request(check_host)
