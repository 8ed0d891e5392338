"""Spaces: catalogue, descriptions, the form of a call, and the call itself."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Read the catalogue, and initialize the resolver and the file store."""
    from hfcourse.files import file_store
    from hfcourse.spaces import catalogue
    from hfcourse.spaces.registry import resolver

    for part in (catalogue, resolver, file_store):
        part.init_app(app)
