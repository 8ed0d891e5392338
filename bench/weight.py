"""Size of a first visit to each lesson, compressed, against a limit of 40 KB.

    python bench/weight.py

Counted as sent: browsers accept `br` on https and on localhost, and `gzip` on plain http (where the site sends its
static files by deflate). Everything that the page loads by itself is counted, including the icon. No URL that it loads
may be on another host.
"""

import re
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask.testing import FlaskClient  # noqa: E402 (the project is not installed)

from hfcourse import create_app  # noqa: E402
from hfcourse.lessons import library  # noqa: E402

LIMIT_BYTES = 40_000
ACCEPTED = {"br": "gzip, deflate, br, zstd", "gzip": "gzip, deflate"}
KINDS = ("html", "css", "js", "other")
LOADING = {
    ("script", "src"),
    ("img", "src"),
    ("source", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("video", "poster"),
}
LOADING |= {
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("use", "href"),
    ("image", "href"),
    ("link", "href"),
}
NOT_LOADED = {"prev", "next", "canonical", "alternate"}


class LoadedUrls(HTMLParser):
    """Parser that collects the URLs that a page loads by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link" and dict(attrs).get("rel") in NOT_LOADED:
            return
        for name, value in attrs:
            address = urldefrag(value or "").url
            if (tag, name) in LOADING and address and address not in self.addresses:
                self.addresses.append(address)


def classify_media_type(media_type: str) -> str:
    """Return the column of a media type."""
    return {"text/html": "html", "text/css": "css", "text/javascript": "js"}.get(media_type, "other")


def is_external(address: str) -> bool:
    """Is this URL on another host? (`data:` is part of the page.)"""
    return bool(urlsplit(address).netloc)


def find_style_sheet_urls(css: str) -> list[str]:
    """Return the URLs that a style sheet loads."""
    found = re.findall(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""", css)
    return [address for pair in found for address in pair if address and not address.startswith(("#", "data:"))]


def find_imported_urls(script: str) -> list[str]:
    """Return the URLs that a module imports when it is loaded, not those that it imports on demand."""
    return re.findall(r"""\b(?:from|import)\s+"([^"]+)\"""", script)


URL_FINDERS = {
    "html": lambda html: LoadedUrls(html).addresses,
    "css": find_style_sheet_urls,
    "js": find_imported_urls,
}


def measure_page(client: FlaskClient, page: str, accepted: str) -> tuple[dict[str, int], list[str], list[str]]:
    """Return the bytes by kind, the requested URLs, and those on another host."""
    sizes, asked, elsewhere = dict.fromkeys(KINDS, 0), [], []
    waiting = [page]
    while waiting:
        address = waiting.pop(0)
        if address in asked or address.startswith("data:"):
            continue
        if is_external(address):
            elsewhere.append(address)
            continue
        asked.append(address)
        answer = client.get(address, headers={"Accept-Encoding": accepted})
        if answer.status_code != 200:
            raise SystemExit(f"{page} loads {address}, which answers {answer.status_code}.")
        kind = classify_media_type(answer.mimetype)
        sizes[kind] += len(answer.get_data())
        if kind in URL_FINDERS:
            found = URL_FINDERS[kind](client.get(address).get_data(as_text=True))
            waiting += [urljoin(address, each) if kind == "js" else each for each in found]
    return sizes, asked, elsewhere


def main() -> int:
    """Print a line for each lesson and encoding; 1 if one exceeds the limit or loads from another host."""
    broken = False
    print(f"{'lesson':<28}{'asked':>6}" + "".join(f"{kind:>8}" for kind in KINDS) + f"{'total':>9}  requests")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCE": folder, "TESTING": True})
        with app.test_request_context():
            pages = [f"/lecons/{lesson.slug}" for lesson in library.get_lessons()]
        for page in pages:
            for name, accepted in ACCEPTED.items():
                sizes, asked, elsewhere = measure_page(app.test_client(), page, accepted)
                total = sum(sizes.values())
                broken |= total > LIMIT_BYTES or bool(elsewhere)
                columns = "".join(f"{sizes[kind]:>8}" for kind in KINDS)
                print(f"{page.removeprefix('/lecons/'):<28}{name:>6}{columns}{total:>9}  {len(asked)}")
                for address in elsewhere:
                    print(f"  ANOTHER HOST: {address}")
    print(f"rule: at most {LIMIT_BYTES} bytes on a first visit, from this host alone: {'BROKEN' if broken else 'kept'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
