"""Parsers of setting values: return the value, or raise ValueError with the expected form in French.

The error text never repeats the value, which may be a secret.
"""

import re
import ssl
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hfcourse.text import common_passwords

EMAIL_PATTERN = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
# Host of a URL: a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
URL_HOST = r"(?:[a-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
ORIGIN = re.compile(rf"https?://{URL_HOST}(:[0-9]{{1,5}})?", re.ASCII)
HOST_NAME = re.compile(r"\.?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
FILES_URL_PATTERN = re.compile(r"(file://(?=/.)|(?!file:|https?:)[a-z][a-z0-9+-]*://[^\s/@?#]+)(/[^\s?#]*)?", re.ASCII)
FALSE_WORDS, TRUE_WORDS = {"0", "no", "non", "false", "off"}, {"1", "yes", "oui", "true", "on"}


def strip_text(raw: str) -> str:
    """Return any text, stripped."""
    return raw.strip()


def make_integer_parser(smallest: int) -> Callable[[str], int]:
    """Return a parser of integers of at least `smallest`."""

    def parse(raw: str) -> int:
        try:
            number = int(raw.replace("_", ""))
        except ValueError:
            raise ValueError("il faut un nombre entier") from None
        if number < smallest:
            raise ValueError(f"il faut au moins {smallest}")
        return number

    return parse


def parse_optional_integer(raw: str) -> int | None:
    """Parse an integer of at least 1; empty means no limit."""
    return make_integer_parser(1)(raw) if raw.strip() else None


def parse_boolean(raw: str) -> bool:
    """Parse 1/0, yes/no, oui/non, on/off."""
    word = raw.strip().lower()
    if word not in FALSE_WORDS | TRUE_WORDS:
        raise ValueError("il faut oui ou non (1/0, yes/no, oui/non)")
    return word in TRUE_WORDS


def parse_files_url(raw: str) -> str:
    """Parse the URL of a file storage, without credentials, which the driver reads elsewhere; '' stays ''."""
    address = raw.strip().rstrip("/")
    if address and (not FILES_URL_PATTERN.fullmatch(address) or ".." in address.split("/")):
        raise ValueError("il faut une adresse comme s3://seau/prefixe ou file:///partage/fichiers, sans mot de passe")
    return address


def parse_origin(raw: str) -> str:
    """Parse ``scheme://host[:port]``, nothing after it; '' stays ''."""
    address = raw.strip().rstrip("/")
    if address and not (ORIGIN.fullmatch(address) and is_http_url(address)):
        raise ValueError("il faut une origine comme https://spaces.example.org, sans chemin")
    return address


def is_loopback(host: str | None) -> bool:
    """Is this host name or address a loopback one?"""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_http_url(url: str) -> bool:
    """Is this an http or https URL with a host, a valid port, and no query or fragment?"""
    try:
        parts = urlsplit(url)
        _ = parts.port
        if "[" in parts.netloc:
            _ = IPv6Address(parts.hostname or "")
    except ValueError:  # its text repeats part of the value
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)


def parse_origins(raw: str) -> tuple[str, ...]:
    """Parse several origins, separated by spaces or commas."""
    return tuple(parse_origin(word) for word in re.split(r"[\s,]+", raw.strip()) if word)


def parse_host(raw: str) -> str:
    """Parse a host name without scheme, port or path, to its DNS form; a leading dot means all subdomains."""
    try:
        name = (
            raw.lower().removesuffix(".").encode("idna").decode()
            if not raw.startswith(".")
            else "." + parse_host(raw[1:])
        )
    except UnicodeError:
        name = ""
    if not HOST_NAME.fullmatch(name):
        raise ValueError("il faut des noms comme cours.example.org, sans http:// ni port")
    return name


def parse_hosts(raw: str) -> tuple[str, ...]:
    """Parse several host names, separated by spaces or commas."""
    return tuple(parse_host(word) for word in re.split(r"[\s,]+", raw.strip()) if word)


def parse_http_url(raw: str) -> str:
    """Parse an http or https URL, with an optional path, without credentials; '' stays ''."""
    address = raw.strip()
    if address and (not is_http_url(address) or "@" in address):
        raise ValueError("il faut une adresse qui commence par http:// ou https://, sans nom ni mot de passe")
    return address


def parse_contact(raw: str) -> str:
    """Parse a mail address, or the URL of a contact page; '' stays ''."""
    address = raw.strip()
    if address and not (EMAIL_PATTERN.fullmatch(address) or (is_http_url(address) and "@" not in address)):
        raise ValueError("il faut une adresse de courriel, ou une adresse qui commence par https://")
    return address


def parse_proxy_url(raw: str) -> str:
    """Parse the URL of a proxy, with optional credentials; '' stays ''."""
    address = raw.strip().rstrip("/")
    if address and (not is_http_url(address) or urlsplit(address).path):
        raise ValueError("il faut une adresse comme http://proxy.example.org:3128")
    return address


def parse_certificates(raw: str) -> str:
    """Validate the path of a certificate file; '' stays ''."""
    path = raw.strip()
    try:
        if path:
            ssl.create_default_context().load_verify_locations(path)
    except OSError:  # the file is missing or has no certificate
        raise ValueError("il faut le chemin d'un fichier de certificats (PEM)") from None
    return path


def parse_redis_url(raw: str) -> str:
    """Parse the URL of a Redis database; '' stays ''."""
    address = raw.strip()
    try:
        parts = urlsplit(address)
        is_valid = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its text repeats part of the value
        is_valid = False
    if address and not is_valid:
        raise ValueError("il faut une adresse comme redis://hote:6379/0")
    return address


def parse_time_zone(raw: str) -> ZoneInfo:
    """Parse a name of the IANA time zone database."""
    try:
        return ZoneInfo(raw.strip())
    except (KeyError, ValueError, OSError):
        raise ValueError("il faut le nom d'un fuseau horaire, comme Europe/Paris") from None


def parse_secret_key(raw: str) -> str:
    """Validate a key of at least 16 characters; '' has one generated."""
    if raw.strip() and len(raw.strip()) < 16:
        raise ValueError("il faut au moins 16 caractères")
    return raw.strip()


def parse_password(raw: str) -> str:
    """Validate a password of at least 8 characters that is not weak; '' disables the login."""
    if raw.strip() and len(raw.strip()) < common_passwords.MIN_CHARACTERS:
        raise ValueError(f"il faut au moins {common_passwords.MIN_CHARACTERS} caractères")
    if raw.strip() and common_passwords.is_weak_password(raw.strip()):
        raise ValueError("ce mot de passe se devine : prenez par exemple trois mots sans rapport entre eux")
    return raw.strip()
