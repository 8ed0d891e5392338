"""Detection of media types by the first bytes of a file. Pure.

The signatures follow the WHATWG MIME Sniffing standard and the formats' own specifications; the
brands of `ftyp` follow the register of MP4RA (https://mp4ra.org/registered-types/brands). File
names and request headers are never used.
"""

import re
from typing import NamedTuple

HEAD_BYTES = 64  # enough for each signature below
UNKNOWN_TYPE = "application/octet-stream"
# Types that not every current browser renders or plays: they are downloaded instead.
DOWNLOAD_ONLY_TYPES = frozenset(
    {UNKNOWN_TYPE, "image/heic", "image/tiff", "image/jxl", "audio/aiff", "audio/amr", "video/x-msvideo", "video/mp2t"}
)


class FileSignature(NamedTuple):
    """Pattern of the first bytes of a media type, and its usual extension."""

    pattern: re.Pattern[bytes]
    media_type: str
    extension: str


def compile_signature(pattern: bytes, media_type: str, extension: str) -> FileSignature:
    """Build a signature from its pattern."""
    return FileSignature(re.compile(pattern, re.DOTALL), media_type, extension)


SIGNATURES = (
    compile_signature(rb"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    compile_signature(rb"\xff\xd8\xff", "image/jpeg", ".jpg"),
    compile_signature(rb"GIF8[79]a", "image/gif", ".gif"),
    compile_signature(rb"RIFF....WEBP", "image/webp", ".webp"),
    # Two reserved words of its header, then the size of the second header: « BM » alone begins many
    # texts.
    compile_signature(rb"BM....\0\0\0\0....[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", "image/bmp", ".bmp"),
    compile_signature(rb"II\*\0|MM\0\*|II\+\0\x08\0|MM\0\+\0\x08", "image/tiff", ".tif"),
    # Number of images, then the first of them: its reserved byte is always 0.
    compile_signature(rb"\0\0\x01\0[\x01-\xff]\0...\0", "image/x-icon", ".ico"),
    compile_signature(rb"\xff\x0a(?=[^\n])|\0\0\0\x0cJXL \r\n\x87\n", "image/jxl", ".jxl"),
    compile_signature(rb"....ftyp(avif|avis)", "image/avif", ".avif"),
    # Brands of a generic picture: its actual format is among the compatible brands.
    compile_signature(rb"....ftyp(mif1|msf1).{4}(....){0,10}?(avif|avis)", "image/avif", ".avif"),
    compile_signature(rb"....ftyp(heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|msf1)", "image/heic", ".heic"),
    compile_signature(rb"....ftyp(M4A |M4B |M4P |F4A |F4B )", "audio/mp4", ".m4a"),
    compile_signature(rb"....ftypqt  ", "video/quicktime", ".mov"),
    compile_signature(rb"....ftyp(3gp|3g2|3ge|3gg)", "video/3gpp", ".3gp"),
    compile_signature(rb"....ftyp", "video/mp4", ".mp4"),
    compile_signature(rb"RIFF....WAVE|RF64....WAVE", "audio/wav", ".wav"),
    compile_signature(rb"fLaC", "audio/flac", ".flac"),
    # Audio Data Transport Stream: the sync word, then the layer, which is always 0.
    compile_signature(rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac", ".aac"),
    compile_signature(rb"ADIF", "audio/aac", ".aac"),
    # Layers III and II of MPEG audio; layer I begins as the byte order mark of UTF-16.
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
    """Return the media type of the first HEAD_BYTES of a file, UNKNOWN_TYPE without a matching signature."""
    return next((each.media_type for each in SIGNATURES if each.pattern.match(head)), UNKNOWN_TYPE)


def get_extension(media_type: str) -> str:
    """Return the usual extension of a detected type, '' for the unknown one."""
    return EXTENSIONS.get(media_type, "")


def is_shown_by_browsers(media_type: str) -> bool:
    """Do current browsers render or play this detected type in a page?"""
    return media_type not in DOWNLOAD_ONLY_TYPES
