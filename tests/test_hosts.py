"""Names by which the site may be asked, and reverse proxies: what is believed of a request before any view sees it."""

import logging
import socket

import pytest
from flask import Flask, request

from hfcourse import config
from hfcourse.lessons import page_cache
from hfcourse.web import hosts, proxies
from tests.support.apps import MakeApp
from tests.support.form_parsing import list_error_codes, parse_page

LESSON = "/lecons/3-1-presentation"
ALLOWED = (
    "localhost",
    "LOCALHOST:5000",
    "localhost.",
    "cours.localhost",
    "127.0.0.1:5000",
    "192.168.1.20",
    "[::1]:5000",
    "[fe80::1]",
    "cours.example.org",
    "Cours.Example.ORG:8443",
    "a.b.wild.example",
)
STRANGE = (
    "stranger.example",
    "localhost.stranger.example",
    "127.0.0.1.nip.example",
    "xcours.example.org",
    "cours.example.org.stranger.example",
    "wild.example",
    "xwild.example",
    "127.1",
    "0x7f000001",
    "256.1.1.1",
)
MALFORMED = ("", "a b", "a@localhost", "localhost/", "localhost:", "localhost:0", "localhost:99999", "[::1", "[zz]",
             "a,b", "évil", "..", "a..b", "x" * 300, "<script>", "localhost#", "localhost\\x")  # fmt: skip


@pytest.fixture
def named(app: Flask) -> Flask:
    app.config["HOSTS"] = ("cours.example.org", ".wild.example")
    return app


@pytest.mark.parametrize("host", [*ALLOWED, socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local"])
def test_host_that_is_ours_is_answered(named: Flask, host: str) -> None:
    assert named.test_client().get(LESSON, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", LESSON, "/static/css/base.css", "/sitemap.xml", "/robots.txt", "/nope", "/sante"]
)
@pytest.mark.parametrize("host", STRANGE[:2])
def test_host_of_a_stranger_gets_421_without_cookie_wherever_it_asks(named: Flask, host: str, path: str) -> None:
    response = named.test_client().get(path, headers={"Host": host})
    assert (response.status_code, "Set-Cookie" in response.headers) == (421, False)
    page = parse_page(response)
    assert (list_error_codes(page), "HFCOURSE_HOSTS" in page.get_text()) == (["421"], True)
    assert page.select("a, script, link, img") == []


@pytest.mark.parametrize("host", STRANGE)
def test_host_that_only_looks_like_ours_is_a_stranger(named: Flask, host: str) -> None:
    assert named.test_client().get("/", headers={"Host": host}).status_code == 421


def test_host_of_a_stranger_gets_no_form_through(named: Flask) -> None:
    said = {"Host": "stranger.example", "Origin": "http://stranger.example", "Sec-Fetch-Site": "same-origin"}
    for path in ("/essais", LESSON, "/enseignant/"):
        assert named.test_client().post(path, data={"lue": "oui"}, headers=said).status_code == 421


@pytest.mark.parametrize("host", MALFORMED)
def test_host_that_is_malformed_gets_400(named: Flask, host: str) -> None:
    environ = {"HTTP_HOST": host.encode().decode("latin-1")}
    response = named.test_client().get("/", environ_overrides=environ)
    assert (response.status_code, list_error_codes(parse_page(response))) == (400, ["400"])


def test_host_that_is_absent_is_no_strangers_choice(named: Flask) -> None:
    response = named.test_client().get("/sitemap.xml", environ_overrides={"HTTP_HOST": None})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("", ()),
        ("Cours.Example.org, autre.example", ("cours.example.org", "autre.example")),
        (".example.org web", (".example.org", "web")),
        ("école.example", ("xn--cole-9oa.example",)),
    ],
)
def test_hosts_setting_is_a_list_of_names(written: str, parsed: tuple[str, ...]) -> None:
    assert config.load_settings({"HFCOURSE_HOSTS": written})["HOSTS"] == parsed


@pytest.mark.parametrize("written", ["https://a.example", "a.example:80", "a.example/x", "*", "a b@c", ".", "..a"])
def test_hosts_setting_refuses_what_is_no_name(written: str) -> None:
    with pytest.raises(SystemExit, match="HFCOURSE_HOSTS"):
        config.load_settings({"HFCOURSE_HOSTS": written})


@pytest.mark.parametrize("prefix", ["//stranger.example", "/a//b", "/a b", "/a/", "/" + "a" * 200, '/"><script>'])
def test_prefix_that_is_none_is_refused_whoever_sets_it(app: Flask, prefix: str) -> None:
    response = app.test_client().get(LESSON, environ_overrides={"SCRIPT_NAME": prefix})
    assert response.status_code == 400
    assert "stranger" not in response.text


def test_proxy_is_believed_of_address_and_scheme_alone(make_app: MakeApp) -> None:
    app = make_app(TRUSTED_PROXIES=1)
    app.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {request.url}")
    said = {"X-Forwarded-For": "6.6.6.6, 9.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "stranger.example",
            "X-Forwarded-Prefix": "//stranger.example"}  # fmt: skip
    assert app.test_client().get("/who", headers=said).text == "9.9.9.9 https://localhost/who"
    assert "stranger" not in app.test_client().get(LESSON, headers=said).text


def test_proxy_is_believed_of_host_and_prefix_by_a_setting_of_their_own(make_app: MakeApp) -> None:
    app = make_app(TRUSTED_PROXIES=1, TRUST_FORWARDED_HOST=True, TRUST_FORWARDED_PREFIX=True, HOSTS=("cours.example",))
    said = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Host": "cours.example", "X-Forwarded-Prefix": "/cours"}
    assert 'src="/cours/static/' in app.test_client().get(LESSON, headers=said).text
    assert "http://cours.example/cours/" in app.test_client().get("/sitemap.xml", headers=said).text
    for changed, status in (
        ({"X-Forwarded-Prefix": "//stranger.example"}, 400),
        ({"X-Forwarded-Host": "stranger.example"}, 421),
        ({"X-Forwarded-Proto": "javascript"}, 400),
    ):
        assert app.test_client().get(LESSON, headers=said | changed).status_code == status


@pytest.mark.parametrize("name", ["TRUST_FORWARDED_HOST", "TRUST_FORWARDED_PREFIX"])
def test_proxy_headers_without_a_proxy_stop_the_start(make_app: MakeApp, name: str) -> None:
    with pytest.raises(SystemExit, match=f"HFCOURSE_{name}"):
        make_app(**{name: True})


def test_prefixes_that_are_invented_fill_no_cache(app: Flask) -> None:
    for number in range(20):
        page = app.test_client().get(LESSON, environ_overrides={"SCRIPT_NAME": f"/p{number}"})
        assert f'src="/p{number}/static/' in page.text
    with app.app_context():
        assert 0 < page_cache.get_page_cache().count_pages() <= proxies.MAX_CACHED_PREFIXES


@pytest.mark.parametrize(
    ("settings", "headers", "words"),
    [
        ({}, {"X-Forwarded-For": "9.9.9.9"}, "set HFCOURSE_TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": 1}, {}, "HFCOURSE_TRUSTED_PROXIES is set"),
        (
            {"TRUSTED_PROXIES": 1},
            {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Host": "x"},
            "HFCOURSE_TRUST_FORWARDED_HOST",
        ),
    ],
)
def test_proxy_that_the_settings_do_not_know_is_warned_of_once(
    make_app: MakeApp,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, int],
    headers: dict[str, str],
    words: str,
) -> None:
    client = make_app(**settings).test_client()
    client.get("/sante", headers=headers)
    with caplog.at_level(logging.WARNING, logger=proxies.__name__):
        for _ in range(3):
            client.get("/", headers=headers)
    assert len([record for record in caplog.records if words in record.getMessage()]) == (1)


def test_security_log_names_the_refused_host_nowhere(named: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="hfcourse.security"):
        named.test_client().get("/", headers={"Host": "stranger.example"})
    (line,) = [record.getMessage() for record in caplog.records if "host_refused" in record.getMessage()]
    assert "stranger" not in line


def test_split_host_drops_port_and_case() -> None:
    assert hosts.split_host("A.Example.:80") == "a.example"
