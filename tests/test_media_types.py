"""Media types by first bytes: every format that people send or that a Space gives, and what resembles one."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from hfcourse.files.media_types import (
    HEAD_BYTES,
    SIGNATURES,
    UNKNOWN_TYPE,
    detect_media_type,
    get_extension,
    is_shown_by_browsers,
)

PILLOW_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "ICO": "image/x-icon",
    "AVIF": "image/avif",
}
SHOWN = [
    (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf", "image/avif"),
    (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "image/avif"),
    (b"\0\0\0\x1cftypM4A \0\0\x02\0M4A isomiso2", "audio/mp4"),
    (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video/mp4"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
    (b"\0\0\0\x14ftypqt  \0\0\x02\0qt  ", "video/quicktime"),
    (b"fLaC\0\0\0\x22", "audio/flac"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\xff\xf9\x50\x80", "audio/aac"),
    (b"\xff\xe3\x18\xc4", "audio/mpeg"),
    (b"\xff\xf3\x40\xc4", "audio/mpeg"),
    (b"OggS" + b"\0" * 24 + b"OpusHead", "audio/ogg"),
    (b"OggS" + b"\0" * 24 + b"\x80theora", "video/ogg"),
    (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm", "video/webm"),
    (b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\x82\x88matroska", "video/x-matroska"),
]
DOWNLOADED = [
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
    (b"II*\0\x08\0\0\0", "image/tiff"),
    (b"MM\0*\0\0\0\x08", "image/tiff"),
    (b"FORM\0\0\x10\0AIFF", "audio/aiff"),
    (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
]
RESEMBLING = [
    b"BMW est une marque allemande, et ce texte commence par deux lettres.",
    b"IIe partie",
    b"MM. Dupont et Durand",
    b"%PDF-1.7",
    b"\xff\xfe<\0h\0t\0m\0l\0",  # UTF-16
    b"\0\0\x02\0\x01\0\x20\x20\0\0",  # a cursor
    b"",
]


@pytest.mark.parametrize("kind", PILLOW_TYPES)
def test_media_type_of_what_pillow_writes(kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    written = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(written, kind)
    assert detect_media_type(written.getvalue()[:HEAD_BYTES]) == PILLOW_TYPES[kind]


@pytest.mark.parametrize(("head", "media_type"), SHOWN)
def test_media_type_that_browsers_show(head: bytes, media_type: str) -> None:
    assert detect_media_type(head) == media_type
    assert is_shown_by_browsers(media_type)


@pytest.mark.parametrize(("head", "media_type"), DOWNLOADED)
def test_media_type_that_browsers_do_not_show(head: bytes, media_type: str) -> None:
    assert detect_media_type(head) == media_type
    assert not is_shown_by_browsers(media_type)


@pytest.mark.parametrize("head", RESEMBLING)
def test_media_type_of_what_only_resembles_is_unknown(head: bytes) -> None:
    assert detect_media_type(head) == UNKNOWN_TYPE


@given(st.binary(max_size=HEAD_BYTES))
def test_media_type_of_any_bytes_is_one_of_the_table(head: bytes) -> None:
    assert detect_media_type(head) in {UNKNOWN_TYPE, *(each.media_type for each in SIGNATURES)}


def test_every_media_type_has_an_extension() -> None:
    assert all(get_extension(each.media_type).startswith(".") for each in SIGNATURES)
    assert get_extension(UNKNOWN_TYPE) == ""
