"""URL of the practice Space's own page, for the readers who can reach it.

Lessons send students there for the panel « Use via API », and their programs call that URL. The
site does not proxy the page: the scripts of a whole Gradio app would then run in the site's own
origin.
"""

from urllib.parse import urlsplit

from flask import current_app, request

from hfcourse.setting_parsers import is_loopback
from hfcourse.spaces import catalogue
from hfcourse.web import proxies


def get_reachable_url() -> str:
    """Return the URL at which this reader can open the practice Space, '' if they cannot.

    `PRACTICE_PAGE_URL` is for every reader. Without it the Space listens on this machine alone: its
    URL only serves a reader on this machine, whose request used a loopback address and no proxy.
    """
    entry = catalogue.find_catalogue_entry(catalogue.PRACTICE_SPACE_ID)
    if entry and entry.url:  # another Space replaces it, whose URL is not revealed
        return ""
    if current_app.config["PRACTICE_PAGE_URL"]:
        return str(current_app.config["PRACTICE_PAGE_URL"])
    if not is_on_this_machine():
        return ""
    practice_url = str(current_app.config["PRACTICE_URL"])
    if practice_url:
        return practice_url if is_loopback(parse_hostname(practice_url)) else ""
    return catalogue.get_practice_server().url or ""


def is_on_this_machine() -> bool:
    """Was the request sent by a browser of this machine, to a loopback address of the site?"""
    is_loopback_host = is_loopback(parse_hostname(request.host_url))
    return is_loopback_host and is_loopback(request.remote_addr) and not proxies.is_forwarded()


def parse_hostname(url: str) -> str | None:
    """Return the host of a URL, without brackets or port."""
    return urlsplit(url).hostname
