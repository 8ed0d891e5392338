"""The picture by which the Hub presents a Space, fetched by this server: a student's browser never asks the Hub.

The page of a Space on the Hub names it in `og:image`, at a fixed origin of Hugging Face and a path made of the Space's
name. The address that an author may write in the metadata of a README (`thumbnail`) is a stranger's and is not asked.
"""

import time

from flask import Flask, Response, current_app, url_for

from hfcourse.errors import CallError, HubRequestSkipped, SpaceUnavailable
from hfcourse.files import media_types
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground import sample_previews
from hfcourse.playground.sample_previews import PreviewCache
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.http_client import HttpResponse
from hfcourse.spaces.hub.limits import HubLimits
from hfcourse.spaces.registry import resolver

# Another Hub (HF_ENDPOINT) has no such pictures that we know of.
THUMBNAIL_ORIGINS = {"https://huggingface.co": "https://cdn-thumbnails.huggingface.co"}
THUMBNAIL_MEDIA_TYPES = {"image/png", "image/jpeg", "image/webp"}
FETCH_TIMEOUT_SECONDS = 4
MAX_THUMBNAIL_BYTES, MAX_CACHED_THUMBNAIL_BYTES, THUMBNAIL_TTL_SECONDS = 1_000_000, 24_000_000, 3600


def init_app(app: Flask) -> None:
    """Make the cache of thumbnails, and the limits of asking for them: that server is another than the Hub."""
    app.config.setdefault("THUMBNAILS_URL", THUMBNAIL_ORIGINS.get(app.config["HUB_URL"], ""))
    app.extensions["thumbnails"] = PreviewCache(MAX_CACHED_THUMBNAIL_BYTES, THUMBNAIL_TTL_SECONDS)
    app.extensions["thumbnail_limits"] = HubLimits()


def build_thumbnail_url(space_id: str) -> str:
    """The address of ours that gives the thumbnail of a Space, '' if it has none as far as this process knows."""
    if not (current_app.config["THUMBNAILS_URL"] and resolver.is_on_hub(space_id)):
        return ""
    if get_thumbnail_cache().is_known_empty(resolver.get_current_name(space_id)):
        return ""
    owner, _, name = space_id.partition("/")
    return url_for("spaces.thumbnail", owner=owner, name=name)


def get_thumbnail_cache() -> PreviewCache:
    """The thumbnails that this process keeps; empty bytes for a Space without one."""
    found: PreviewCache = current_app.extensions["thumbnails"]
    return found


def find_thumbnail(space_id: str) -> bytes:
    """The thumbnail of a Space that the Hub knows and that may be opened here, from the cache or fetched now.

    Raises:
        CourseError: the Space cannot be opened, the Hub or its pictures cannot be asked now, or there is none.
    """
    if not (current_app.config["THUMBNAILS_URL"] and resolver.is_on_hub(space_id)):
        raise SpaceUnavailable("space-not-found")
    leash = CancelScope(min(FETCH_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"]))
    resolver.resolve_space(space_id, leash)
    name = resolver.get_current_name(space_id)
    content = get_thumbnail_cache().get_or_fetch(name, leash, lambda: fetch_thumbnail(name, leash))
    if not content:
        raise SpaceUnavailable("space-not-found")
    return content


def fetch_thumbnail(name: str, leash: CancelScope) -> bytes:
    """Ask for the thumbnail of `owner/name` now; empty bytes if there is none. No redirect is followed.

    Raises:
        CallError: no answer, or that of a server that is broken.
        HubRequestSkipped: it was silent a moment ago, asked us to wait, or was asked too often.
    """
    limits: HubLimits = current_app.extensions["thumbnail_limits"]
    limits.admit_request(is_known=False, is_listed=catalogue.find_catalogue_entry(name) is not None)
    begun = time.monotonic()
    try:
        with leash.activate():
            answer = request_thumbnail(f"{current_app.config['THUMBNAILS_URL']}/social-thumbnails/spaces/{name}.png")
    except CallError as failed:
        limits.record_failure(failed.code, time.monotonic() - begun)
        if failed.code == "answer-too-large":
            return b""
        raise
    limits.record_answer(answer.status, answer.headers.get("retry-after", ""))
    return extract_thumbnail(answer)


def request_thumbnail(url: str) -> HttpResponse:
    """Send the request, without token or cookie. Raises CallError."""
    return resolver.get_registry().http_client.request(
        "GET", url, cap=MAX_THUMBNAIL_BYTES, headers={"accept": "image/*"}
    )


def extract_thumbnail(answer: HttpResponse) -> bytes:
    """The picture of an answer, empty bytes if it holds none of THUMBNAIL_MEDIA_TYPES by its first bytes."""
    if answer.status == 429:
        raise HubRequestSkipped("too-many-requests")
    if answer.status >= 500:
        raise CallError("connection-lost")
    media_type = media_types.detect_media_type(answer.body[: media_types.HEAD_BYTES])
    return answer.body if answer.status == 200 and media_type in THUMBNAIL_MEDIA_TYPES else b""


def make_thumbnail_response(content: bytes) -> Response:
    """The HTTP answer that shows a thumbnail."""
    return sample_previews.make_preview_response(content, THUMBNAIL_TTL_SECONDS)
