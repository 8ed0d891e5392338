"""The bytes of the zips that lessons offer."""

import io
import zipfile
from functools import lru_cache

# The earliest moment that a zip can hold: with the true ones, the same files would be another zip on each machine.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
ZIP_FILE_MODE = 0o100644 << 16
MAX_CACHED_ZIPS = 16


@lru_cache(MAX_CACHED_ZIPS)
def build_zip(files: tuple[tuple[str, str], ...]) -> bytes:
    """Return a zip of these files, the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.external_attr, info.compress_type = ZIP_FILE_MODE, zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return packed.getvalue()
