"""Deterministic zip archives of the files that lessons offer."""

import io
import zipfile
from functools import lru_cache

# The earliest date that a zip can encode. With real dates, the archive would differ between
# machines.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
ZIP_FILE_MODE = 0o100644 << 16
MAX_CACHED_ZIPS = 16


@lru_cache(MAX_CACHED_ZIPS)
def build_zip(files: tuple[tuple[str, str], ...]) -> bytes:
    """Return a zip of these files, cached; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.external_attr, info.compress_type = ZIP_FILE_MODE, zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return packed.getvalue()
