"""Masking of what a trace must not hold: the token, cookies, session hashes, private addresses.

Applied before anything is stored. A sample may end in the middle of a secret: so it is masked with a margin, which is
cut afterwards.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from hfcourse.token_masking import compile_spellings

TOKEN_MASK, SECRET_MASK = "hf_••••".encode(), "••••".encode()
SPACE_MASK, HUB_MASK = b"<Space>", b"<Hub>"
PUBLIC_HUB = "https://huggingface.co"
PUBLIC_DOMAIN = ".hf.space"
MIN_COOKIE_SECRET_CHARACTERS = 8  # a shorter value, such as "1", would be masked all over the bodies
TOKEN_HEADER = re.compile(rb"(?im)^(x-hf-authorization:[ \t]*bearer )([^\r\n]*)")
SECRET_HEADER = re.compile(
    rb"(?im)^(?:(?P<token>x-hf-authorization:[ \t]*bearer )|(?P<cookie>(?:set-)?cookie:[ \t]*)"
    rb"|(?P<authorization>(?:proxy-)?authorization:[ \t]*(?:[a-z]+ )?))(?P<value>[^\r\n]*)"
)
COOKIE_HEADER = re.compile(rb"(?im)^((?:set-)?cookie:[ \t]*)([^\r\n]*)")
COOKIE_VALUE = re.compile(rb"(?:^|(?<=;))([ \t]*+[^=;]++=)([^;]*+)")
COOKIE_ATTRIBUTES = (b"path", b"expires", b"max-age", b"domain", b"samesite", b"priority")
CONTROL_BYTES = bytes([*range(0x20), 0x7F])
ESCAPE_STARTS = (b"\\", b"%", b"&")
SESSION_HASH = re.compile(rb"""session_hash["']?(?:=|\s*:\s*["'])([A-Za-z0-9_-]{4,200})""")


class TraceMask:
    """Masks of one trace; it first learns the secrets of all its messages, then masks each message."""

    def __init__(self, token: str, space_url: str, hub_url: str) -> None:
        """Create the masks.

        Args:
            token: the site's token, '' without one.
            space_url: address of the Space, if it is not on the Hub and must not be shown, else ''.
            hub_url: origin of the Hub; shown only if it is the public one.
        """
        self._token = token
        self._spellings = compile_spellings(token) if token else None
        self._space_path = urlsplit(space_url).path.rstrip("/").encode() if space_url else b""
        self._replacements = dict(list_known_masks(token, space_url, hub_url))
        self._ordered: list[tuple[bytes, bytes]] = []
        self._hub_url = hub_url

    def learn_request(self, url: str, head: bytes) -> None:
        """Learn the address, the session hashes and the cookies of a request."""
        parts = urlsplit(url)
        if not (parts.hostname or "").endswith(PUBLIC_DOMAIN) and not self.is_hub(url):
            for form in list_address_forms(f"{parts.scheme}://{parts.netloc}"):
                self._replacements.setdefault(form, SPACE_MASK)
        self._learn(SESSION_HASH.findall(head))
        self._learn_cookies(head)

    def learn_response(self, head: bytes) -> None:
        """Learn the cookies that a response sets."""
        self._learn_cookies(head)

    def is_hub(self, url: str) -> bool:
        """Is this an address of the Hub?"""
        return url == self._hub_url or url.startswith(self._hub_url + "/")

    def learn_content(self, messages: Iterable[bytes | bytearray]) -> None:
        """Search all messages at once for what has to be masked: each of them holds few of many secrets, or none."""
        parts = [bytes(message) for message in messages]
        whole = b"\n".join(parts)
        # Longest first: an address contains its host.
        found = [pair for pair in self._replacements.items() if pair[0] in whole]
        self._ordered = sorted(found, key=lambda pair: -len(pair[0]))
        if self._spellings and not self._has_spelling(whole, parts):
            self._spellings = None

    def _has_spelling(self, whole: bytes, parts: Iterable[bytes]) -> bool:
        if self._spellings is None or not may_spell_token(whole, self._token):
            return False
        suspected = (part for part in parts if may_spell_token(part, self._token))
        return any(self._spellings.search(decode_bytes(self._replace(part))) for part in suspected)

    def mask_head(self, head: bytes, is_request: bool = False) -> bytes:
        """Mask the start of a message: its headers by name, then as a body."""
        masked = SECRET_HEADER.sub(mask_header, head)
        if is_request and self._space_path:
            masked = masked.replace(b" " + self._space_path + b"/", b" /", 1)
        return self.mask_bytes(masked)

    def mask_bytes(self, data: bytes) -> bytes:
        """Mask every secret in the bytes of a body."""
        data = self._replace(data)
        if self._spellings is None:
            return data
        text = decode_bytes(data)
        masked = self._spellings.sub(TOKEN_MASK.decode(), text)
        return data if masked == text else masked.encode("utf-8", "surrogateescape")

    def _replace(self, data: bytes) -> bytes:
        for secret, mask in self._ordered:
            data = data.replace(secret, mask)
        return data

    def _learn(self, secrets: Iterable[bytes]) -> None:
        self._replacements.update(dict.fromkeys(secrets, SECRET_MASK))

    def _learn_cookies(self, head: bytes) -> None:
        for line in COOKIE_HEADER.finditer(head):
            for name, value in COOKIE_VALUE.findall(line[2]):
                is_attribute = name.strip().rstrip(b"=").lower() in COOKIE_ATTRIBUTES
                if not is_attribute and len(value) >= MIN_COOKIE_SECRET_CHARACTERS:
                    self._learn([value])


@lru_cache(maxsize=32)
def list_known_masks(token: str, space_url: str, hub_url: str) -> Sequence[tuple[bytes, bytes]]:
    """Return what is masked in every trace of a Space: the token in its encodings, private addresses."""
    masks = dict.fromkeys(list_token_encodings(token), TOKEN_MASK)
    masks |= dict.fromkeys(list_address_forms(space_url), SPACE_MASK)
    if hub_url != PUBLIC_HUB:
        masks |= dict.fromkeys(list_address_forms(hub_url), HUB_MASK)
    return tuple(masks.items())


def list_address_forms(url: str) -> Iterable[bytes]:
    """Return an address with its path, its origin, and its host and port; nothing for ''."""
    parts = urlsplit(url)
    forms = (url.rstrip("/"), f"{parts.scheme}://{parts.netloc}", parts.netloc) if url else ()
    return [form.encode() for form in forms]


def decode_bytes(data: bytes) -> str:
    """Decode as UTF-8, so that encoding it again restores invalid bytes too."""
    return data.decode("utf-8", "surrogateescape")


def mask_header(found: re.Match[bytes]) -> bytes:
    """Return a header with its secrets masked."""
    if found["cookie"]:
        return found["cookie"] + mask_cookies(found["value"])
    return found["token"] + TOKEN_MASK if found["token"] else found["authorization"] + SECRET_MASK


def mask_cookies(line: bytes) -> bytes:
    """Mask the values of a `Cookie` or `Set-Cookie` header; names and attributes stay."""

    def mask_value(found: re.Match[bytes]) -> bytes:
        is_attribute = found[1].strip().rstrip(b"=").lower() in COOKIE_ATTRIBUTES
        return found[0] if is_attribute else found[1] + SECRET_MASK

    return COOKIE_VALUE.sub(mask_value, line)


@lru_cache(maxsize=4)
def list_token_encodings(token: str) -> Sequence[bytes]:
    """Return the token and what it becomes in base64 (at each alignment), hexadecimal, UTF-16 and reversed."""
    if not token:
        return ()
    raw = token.encode()
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]}
    forms |= {token.encode("utf-16-le"), token.encode("utf-16-be")}
    for shift in range(3):  # the characters that depend on the bytes before and after are left out
        whole = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        core = whole[(0, 2, 3)[shift] : len(whole) - 1]
        forms |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return sorted(forms)


def may_spell_token(data: bytes, token: str) -> bool:
    """May these bytes contain another spelling of the token than the token itself?

    A quick check before a slow search: in ASCII without the start of an escape, only control characters can be in it.
    """
    if not data.isascii() or any(start in data for start in ESCAPE_STARTS):
        return True
    secret = token.encode()
    return secret in data.replace(secret, b"").translate(None, CONTROL_BYTES)


def contains_encoded_token(data: bytes, token: str) -> bool:
    """Do these bytes contain the token, in any spelling or encoding that is masked here?"""
    if any(form in data for form in list_token_encodings(token)):
        return True
    return may_spell_token(data, token) and bool(compile_spellings(token).search(data.decode("utf-8", "replace")))
