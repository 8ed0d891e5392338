"""Which names the site answers to: a check of the Host header against DNS rebinding and poisoned links.

A page of a stranger may give its own name the address of this site, and then counts as the same origin: its scripts
send forms with the visitor's cookies and read the answers. Such an attack needs a name. So addresses, `localhost` and
the machine's own name are always allowed, and a class needs no setting; other names stand in `HFCOURSE_HOSTS`.
"""

import ipaddress
import re
import socket
from functools import lru_cache

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse.web.security_log import log_event

MAX_HOST_CHARACTERS = 260  # a DNS name has 253 characters at most, and then a port
MAX_PREFIX_CHARACTERS = 100
MAX_CACHED_HOSTS = 64  # a class asks by one or two names
HOST_HEADER = re.compile(r"(?P<name>[a-z0-9._-]+|\[[a-f0-9:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII | re.IGNORECASE)
URL_PREFIX = re.compile(r"(/[\w.-]+)*", re.ASCII)
ALLOWED_SCHEMES = {"http", "https"}


@lru_cache(maxsize=MAX_CACHED_HOSTS)
def split_host(header: str) -> str | None:
    """Return the name in a Host header, lower-case, without port, brackets or the dot of a root; None if malformed."""
    found = HOST_HEADER.fullmatch(header) if len(header) <= MAX_HOST_CHARACTERS else None
    if found is None or int(found["port"] or 1) not in range(1, 65_536):
        return None
    name = found["name"].lower().removesuffix(".").strip("[]")
    labels_are_whole = all(name.split(".")) or ":" in name
    return name if name and labels_are_whole else None


@lru_cache(maxsize=MAX_CACHED_HOSTS)
def is_ip_address(name: str) -> bool:
    """Is `name` an IPv4 or IPv6 address? `127.1` and `0x7f000001` are none: browsers write them out first."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def find_machine_names() -> set[str]:
    """Return the names of this machine: as it calls itself, and as multicast DNS (`.local`) announces it."""
    own = socket.gethostname().lower().removesuffix(".")
    label = own.partition(".")[0]
    return {own, label, f"{label}.local"} if label else set()


def is_host_allowed(name: str) -> bool:
    """May the site be asked by this name? An entry of HFCOURSE_HOSTS that begins with a dot allows all names below."""
    if is_ip_address(name) or name == "localhost" or name.endswith(".localhost"):
        return True
    listed: tuple[str, ...] = current_app.config["HOSTS"]
    below = (each for each in listed if each.startswith("."))
    return name in listed or name in current_app.extensions["machine_names"] or name.endswith(tuple(below))


def reject_request(status: int, name: str = "") -> ResponseReturnValue:
    """Answer with a page that stands alone: it links to nothing, for no address of ours is sure here."""
    return Response(render_template("host_refused.html", status=status, name=name), status)


def check_host() -> ResponseReturnValue | None:
    """Answer 421 for a name that is not allowed, 400 for what is no host, prefix or scheme, before any view."""
    header = request.environ.get("HTTP_HOST")
    # Without the header (HTTP/1.0) Werkzeug takes the server's own name, which is nobody's choice.
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
    """Check every request before anything else sees it."""
    app.extensions["machine_names"] = find_machine_names()
    app.before_request(check_host)
