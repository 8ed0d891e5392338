"""Media types of files by their first bytes. Pure.

The signatures follow the WHATWG MIME Sniffing standard and the formats' own specifications; the brands of `ftyp` follow
the register of MP4RA (https://mp4ra.org/registered-types/brands). A name or a sender's claim is never consulted.
"""

import re
from typing import NamedTuple

HEAD_BYTES = 64  # enough for each signature below
UNKNOWN_TYPE = "application/octet-stream"
# Types that a page may hold though no current browser is sure to play or show them all: they are downloaded instead.
DOWNLOAD_ONLY_TYPES = frozenset(
    {UNKNOWN_TYPE, "image/heic", "image/tiff", "image/jxl", "audio/aiff", "audio/amr", "video/x-msvideo", "video/mp2t"}
)


class FileSignature(NamedTuple):
    """The beginning of all files of one type, and the extension under which they are usually kept."""

    pattern: re.Pattern[bytes]
    media_type: str
    extension: str


def compile_signature(pattern: bytes, media_type: str, extension: str) -> FileSignature:
    return FileSignature(re.compile(pattern, re.DOTALL), media_type, extension)


SIGNATURES = (
    compile_signature(rb"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    compile_signature(rb"\xff\xd8\xff", "image/jpeg", ".jpg"),
    compile_signature(rb"GIF8[79]a", "image/gif", ".gif"),
    compile_signature(rb"RIFF....WEBP", "image/webp", ".webp"),
    # The two reserved words of its header, then the size of the second header: « BM » alone begins many a text.
    compile_signature(rb"BM....\0\0\0\0....[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", "image/bmp", ".bmp"),
    compile_signature(rb"II\*\0|MM\0\*|II\+\0\x08\0|MM\0\+\0\x08", "image/tiff", ".tif"),
    # The number of images, then the first of them: no image has a reserved byte other than 0.
    compile_signature(rb"\0\0\x01\0[\x01-\xff]\0...\0", "image/x-icon", ".ico"),
    compile_signature(rb"\xff\x0a(?=[^\n])|\0\0\0\x0cJXL \r\n\x87\n", "image/jxl", ".jxl"),
    compile_signature(rb"....ftyp(avif|avis)", "image/avif", ".avif"),
    # The brands of a general picture: what it holds is among the compatible ones.
    compile_signature(rb"....ftyp(mif1|msf1).{4}(....){0,10}?(avif|avis)", "image/avif", ".avif"),
    compile_signature(rb"....ftyp(heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|msf1)", "image/heic", ".heic"),
    compile_signature(rb"....ftyp(M4A |M4B |M4P |F4A |F4B )", "audio/mp4", ".m4a"),
    compile_signature(rb"....ftypqt  ", "video/quicktime", ".mov"),
    compile_signature(rb"....ftyp(3gp|3g2|3ge|3gg)", "video/3gpp", ".3gp"),
    compile_signature(rb"....ftyp", "video/mp4", ".mp4"),
    compile_signature(rb"RIFF....WAVE|RF64....WAVE", "audio/wav", ".wav"),
    compile_signature(rb"fLaC", "audio/flac", ".flac"),
    # Audio Data Transport Stream: the word of synchronization, then the layer, which is always 0.
    compile_signature(rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac", ".aac"),
    compile_signature(rb"ADIF", "audio/aac", ".aac"),
    # Layers III and II of MPEG audio; layer I begins as the mark of UTF-16.
    compile_signature(rb"ID3|\xff[\xe2\xe3\xf2-\xf5\xfa-\xfd]", "audio/mpeg", ".mp3"),
    compile_signature(rb"OggS.{24}(\x80theora|BBCD\0)", "video/ogg", ".ogv"),
    compile_signature(rb"OggS", "audio/ogg", ".ogg"),
    compile_signature(rb"FORM....(AIFF|AIFC)", "audio/aiff", ".aiff"),
    compile_signature(rb"#!AMR", "audio/amr", ".amr"),
    compile_signature(rb"RIFF....AVI ", "video/x-msvideo", ".avi"),
    compile_signature(rb"\x1aE\xdf\xa3.{0,44}?matroska", "video/x-matroska", ".mkv"),
    compile_signature(rb"\x1aE\xdf\xa3", "video/webm", ".webm"),
)
EXTENSIONS = {each.media_type: each.extension for each in reversed(SIGNATURES)}


def detect_media_type(head: bytes) -> str:
    """Return the media type that the first HEAD_BYTES of a file say, UNKNOWN_TYPE where they say none."""
    return next((each.media_type for each in SIGNATURES if each.pattern.match(head)), UNKNOWN_TYPE)


def get_extension(media_type: str) -> str:
    """Return the usual extension of a detected type, '' for the unknown one."""
    return EXTENSIONS.get(media_type, "")


def is_shown_by_browsers(media_type: str) -> bool:
    """May this detected type stand in a page, because the current browsers show or play it?"""
    return media_type not in DOWNLOAD_ONLY_TYPES
