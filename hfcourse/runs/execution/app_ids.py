"""Identifier of the program that runs now at a Space: it changes when the Space restarts, and its state is lost."""

from typing import TYPE_CHECKING

from hfcourse.errors import CallCancelled, CourseError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.schema.endpoints.description_builder import MAX_APP_ID_CHARACTERS

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

MAX_APP_ID_ANSWER_BYTES = 1_000

APP_ID_TIMEOUT_SECONDS = 2


def fetch_app_id(caller: "SpaceClient", scope: CancelScope) -> str | None:
    """Return the identifier that the Space has now, None if it does not say: the cached description may be older.

    Source: `/app_id` of gradio/routes.py in Gradio 4, 5 and 6.

    Raises:
        CallCancelled: the visitor stopped the run.
    """
    limited = CancelScope(min(APP_ID_TIMEOUT_SECONDS, scope.check_remaining_seconds()))
    try:
        with limited.activate():
            url, headers = f"{caller.api_url}/app_id", caller.make_auth_headers()
            cookies = caller.cookies
            response = caller.http_client.request(
                "GET", url, cap=MAX_APP_ID_ANSWER_BYTES, headers=headers, cookies=cookies
            )
        found = response.parse_json_body() if response.status == 200 else None
    except CallCancelled:
        raise
    except CourseError:
        return None
    app_id = found.get("app_id") if isinstance(found, dict) else None
    return str(app_id)[:MAX_APP_ID_CHARACTERS] if isinstance(app_id, str | int) else None
