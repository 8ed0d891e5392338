"""Access logs of the servers that the site runs on, really started: the words of a search are in none of them."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.services import run_nginx
from tests.support.site_process import FLASK_COMMAND, build_gunicorn_command, run_site
from tests.support.waiting import wait_until

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


@pytest.mark.parametrize(
    "program", [FLASK_COMMAND, build_gunicorn_command("--access-logfile", "-")], ids=["flask", "gunicorn"]
)
def test_access_log_of_the_server_has_paths_and_no_words(program: list[str], tmp_path: Path) -> None:
    with run_site(tmp_path, program=program) as site:
        search(site.url)
        assert wait_until(logged(site.log)), site.log.read_text()
    written = site.log.read_text()
    assert "/recherche" in written
    assert WORD not in written


def test_access_log_of_the_proxy_has_paths_and_no_words(tmp_path: Path) -> None:
    with run_site(tmp_path / "site", program=build_gunicorn_command(), HFCOURSE_TRUSTED_PROXIES="1") as site:
        with run_nginx(tmp_path / "proxy", site.url) as nginx:
            search(nginx.url)
        written = (tmp_path / "proxy" / "access.log").read_text()
    assert '"GET /recherche" 200' in written
    assert WORD not in written
