"""Thumbnails of Spaces on the Hub, downloaded by this server: a student's browser sends no request to the Hub.

The Hub's page of a Space names its thumbnail in `og:image`, at a fixed origin of Hugging Face and a
path made of the Space's name. The URL that an author may write in the metadata of a README
(`thumbnail`) is untrusted and not requested.
"""

import time

from flask import Flask, Response, current_app, url_for

from hfcourse.errors import CallError, HubRequestSkipped, SpaceUnavailable
from hfcourse.files import media_types
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground import sample_previews
from hfcourse.playground.sample_previews import PreviewCache
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.transport.http_messages import HttpResponse
from hfcourse.spaces.hub.limits import HubLimits
from hfcourse.spaces.registry import resolver

# No such thumbnails are known for another Hub (HF_ENDPOINT).
THUMBNAIL_ORIGINS = {"https://huggingface.co": "https://cdn-thumbnails.huggingface.co"}
THUMBNAIL_MEDIA_TYPES = {"image/png", "image/jpeg", "image/webp"}
FETCH_TIMEOUT_SECONDS = 4
MAX_THUMBNAIL_BYTES, MAX_CACHED_THUMBNAIL_BYTES, THUMBNAIL_TTL_SECONDS = 1_000_000, 24_000_000, 3600


def init_app(app: Flask) -> None:
    """Create the cache of thumbnails, and separate request limits: their server is not the Hub."""
    app.config.setdefault("THUMBNAILS_URL", THUMBNAIL_ORIGINS.get(app.config["HUB_URL"], ""))
    app.extensions["thumbnails"] = PreviewCache(MAX_CACHED_THUMBNAIL_BYTES, THUMBNAIL_TTL_SECONDS)
    app.extensions["thumbnail_limits"] = HubLimits()


def build_thumbnail_url(space_id: str) -> str:
    """Return this site's URL of a Space's thumbnail, '' if the Space is known to have none."""
    if not (current_app.config["THUMBNAILS_URL"] and resolver.is_on_hub(space_id)):
        return ""
    if get_thumbnail_cache().is_known_empty(resolver.get_current_name(space_id)):
        return ""
    owner, _, name = space_id.partition("/")
    return url_for("spaces.thumbnail", owner=owner, name=name)


def get_thumbnail_cache() -> PreviewCache:
    """Return the thumbnail cache of this process; empty bytes for a Space without one."""
    found: PreviewCache = current_app.extensions["thumbnails"]
    return found


def find_thumbnail(space_id: str) -> bytes:
    """Return the thumbnail of a Hub Space that may be opened here, cached or fetched now.

    Raises:
        CourseError: the Space cannot be opened, the request fails or must not be sent now, or there
            is none.
    """
    if not (current_app.config["THUMBNAILS_URL"] and resolver.is_on_hub(space_id)):
        raise SpaceUnavailable("space-not-found")
    scope = CancelScope(min(FETCH_TIMEOUT_SECONDS, current_app.config["CALL_DEADLINE_SECONDS"]))
    resolver.resolve_space(space_id, scope)
    name = resolver.get_current_name(space_id)
    content = get_thumbnail_cache().get_or_fetch(name, scope, lambda: fetch_thumbnail(name, scope))
    if not content:
        raise SpaceUnavailable("space-not-found")
    return content


def fetch_thumbnail(name: str, scope: CancelScope) -> bytes:
    """Request the thumbnail of `owner/name`; return empty bytes if there is none. Redirects are not followed.

    Raises:
        CallError: no response, or a server error.
        HubRequestSkipped: the server did not respond before, its Retry-After has not elapsed, or a
            rate limit is reached.
    """
    limits: HubLimits = current_app.extensions["thumbnail_limits"]
    limits.admit_request(is_known=False, is_listed=catalogue.find_catalogue_entry(name) is not None)
    started_at = time.monotonic()
    try:
        with scope.activate():
            response = request_thumbnail(f"{current_app.config['THUMBNAILS_URL']}/social-thumbnails/spaces/{name}.png")
    except CallError as failed:
        limits.record_failure(failed.code, time.monotonic() - started_at)
        if failed.code == "answer-too-large":
            return b""
        raise
    limits.record_answer(response.status, response.headers.get("retry-after", ""))
    return extract_thumbnail(response)


def request_thumbnail(url: str) -> HttpResponse:
    """Send the request, without token or cookie. Raises CallError."""
    return resolver.get_registry().http_client.request(
        "GET", url, cap=MAX_THUMBNAIL_BYTES, headers={"accept": "image/*"}
    )


def extract_thumbnail(response: HttpResponse) -> bytes:
    """Return the picture of a response, empty bytes unless it is one of THUMBNAIL_MEDIA_TYPES."""
    if response.status == 429:
        raise HubRequestSkipped("too-many-requests")
    if response.status >= 500:
        raise CallError("connection-lost")
    media_type = media_types.detect_media_type(response.body[: media_types.HEAD_BYTES])
    return response.body if response.status == 200 and media_type in THUMBNAIL_MEDIA_TYPES else b""


def make_thumbnail_response(content: bytes) -> Response:
    """Return the response for a thumbnail."""
    return sample_previews.make_preview_response(content, THUMBNAIL_TTL_SECONDS)
