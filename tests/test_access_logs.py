"""Access logs of the servers that the site runs on, really started: the words of a search are in none of them."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.practice_space import until
from tests.support.site_process import FLASK, gunicorn, started
from tests.test_nginx import proxied

WORD = "motsecretdezoe"
ADDRESSES = (
    f"/recherche?q={WORD}",
    f"/essais/?mots={WORD}",
    f"/espaces/?nom={WORD}",
    f'/recherche?q="{WORD}"',
    f"/recherche?q=a?{WORD}&b=%22{WORD}%22",
    f"/?{WORD}",
)


def search(url: str) -> None:
    """Ask for each address, from a page whose own address has the word."""
    for address in ADDRESSES:
        httpx.get(url + address, headers={"Referer": f"{url}/recherche?q={WORD}"}, trust_env=False, verify=False)
    httpx.get(f"{url}/glossaire", trust_env=False, verify=False)


def logged(path: Path) -> Callable[[], bool]:
    """Is the last request in the log?"""
    return lambda: path.exists() and "/glossaire" in path.read_text()


@pytest.mark.parametrize("program", [FLASK, gunicorn("--access-logfile", "-")], ids=["flask", "gunicorn"])
def test_access_log_of_the_server_has_paths_and_no_words(program: list[str], tmp_path: Path) -> None:
    with started(tmp_path, program=program) as site:
        search(site.url)
        assert until(logged(site.log), 30), site.log.read_text()
    written = site.log.read_text()
    assert "/recherche" in written
    assert WORD not in written


def test_access_log_of_the_proxy_has_paths_and_no_words(tmp_path: Path) -> None:
    with started(tmp_path / "site", program=gunicorn(), HFCOURSE_TRUSTED_PROXIES="1") as site:
        with proxied(tmp_path / "proxy", site.url) as nginx:
            search(nginx.url)
        written = (tmp_path / "proxy" / "access.log").read_text()
    assert '"GET /recherche" 200' in written
    assert WORD not in written
