"""The Spaces: which there are, what they describe, the form that calls one, the call itself."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Read the catalogue, and start what resolves and stores."""
    from hfcourse.files import file_store
    from hfcourse.spaces import catalogue
    from hfcourse.spaces.registry import resolver

    for part in (catalogue, resolver, file_store):
        part.init_app(app)
