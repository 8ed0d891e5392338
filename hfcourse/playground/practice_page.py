"""The address of the practice Space's own page, for the readers who can reach it.

Lessons send students there for the panel « Use via API », and their programs call that address. The site does not relay
the page: a proxy of a whole Gradio app would serve its scripts from the site's own origin.
"""

from urllib.parse import urlsplit

from flask import current_app, request

from hfcourse.setting_parsers import is_loopback
from hfcourse.spaces import catalogue
from hfcourse.web import proxies


def get_reachable_address() -> str:
    """Return where the reader of this request can open the practice Space, '' where they cannot.

    `PRACTICE_PAGE_URL` is for every reader. Without it the Space listens on this machine alone: its address is of use
    to a reader at this machine only, who asked for the site by a loopback address and not through a proxy.
    """
    entry = catalogue.find_catalogue_entry(catalogue.PRACTICE_SPACE_ID)
    if entry and entry.url:  # another Space in its place, whose address stays on this server
        return ""
    if current_app.config["PRACTICE_PAGE_URL"]:
        return str(current_app.config["PRACTICE_PAGE_URL"])
    if not is_on_this_machine():
        return ""
    elsewhere = str(current_app.config["PRACTICE_URL"])
    if elsewhere:
        return elsewhere if is_loopback(parse_hostname(elsewhere)) else ""
    return catalogue.get_practice_server().url or ""


def is_on_this_machine() -> bool:
    """Does a browser of this very machine ask, by a loopback address of the site?"""
    is_loopback_host = is_loopback(parse_hostname(request.host_url))
    return is_loopback_host and is_loopback(request.remote_addr) and not proxies.is_forwarded()


def parse_hostname(url: str) -> str | None:
    """Return the host of an address, without brackets or port."""
    return urlsplit(url).hostname
