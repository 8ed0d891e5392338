"""The preview of a page that a Space wrote, in a browser: no tag of it opens a connection to anybody."""

import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import TIMEOUT_MS
from tests.browser.run_page import call_space_and_wait
from tests.spaces.all_components import make_all_components_space
from tests.support.site_process import SiteProcess, run_site

# What a browser fetches, resolves or connects to by itself; U is the address of a listener.
LOADING = """
<iframe src="U"></iframe><iframe srcdoc="<img src=U>"></iframe><frameset><frame src="U"></frameset>
<img src="U"><img srcset="U 1x, U 2x"><img src="x" lowsrc="U"><picture><source srcset="U"><img></picture>
<video src="U" autoplay></video><video poster="U"></video><video autoplay><source src="U"></video>
<video><track default src="U"></video><audio src="U" autoplay></audio><audio><source src="U"></audio>
<object data="U"></object><embed src="U"><applet code="U"></applet><script src="U"></script>
<link rel="stylesheet" href="U"><link rel="preconnect" href="U"><link rel="dns-prefetch" href="U">
<link rel="prefetch" href="U"><link rel="preload" as="image" href="U"><link rel="modulepreload" href="U">
<link rel="icon" href="U"><link rel="manifest" href="U"><link rel="prerender" href="U"><link rel="next" href="U">
<meta http-equiv="refresh" content="0;url=U"><base href="U"><a href="#" ping="U" autofocus>a</a>
<svg><image href="U" xlink:href="U"/><use href="U#a"/><rect fill="url(U#a)" filter="url(U)" mask="url(U)"/></svg>
<svg><foreignObject><img src="U"></foreignObject><feImage href="U"/><script href="U"></script></svg>
<math href="U"><mtext>m</mtext></math><input type="image" src="U"><button formaction="U" autofocus>b</button>
<form action="U"><input autofocus></form><table background="U"><tr><td background="U">t</td></tr></table>
<body background="U"><p style="background: url(U)">p</p><p style="background: u\\72l(U)">p</p>
<p style="background-image: image-set('U' 1x)">p</p><p style="cursor: url(U), auto">p</p>
<ul style="list-style: url(U)"><li>l</li></ul><style>@import "U";</style><style>@import url(U);</style>
<style>p { background: url(U) }</style><style>/**/@font-face { font-family: f; src: url(U) } p { font: 1em f }</style>
<style>p::after { content: url(U) }</style><portal src="U"></portal><bgsound src="U"><image src="U">
""".strip()
END = '<p id="end">Fin de la page</p>'


class Connections:
    """A listener on loopback that counts the connections it is opened, whatever is sent over them."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        self.first = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:  # the test is over
                return
            self.first.set()
            connection.close()

    def close(self) -> None:
        """Take no more."""
        self._server.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Connections]:
    """Whom the page of the Space names."""
    made = Connections()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(browser: Browser, stranger: Connections, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    """A site with a Space whose answer is a page that would load everything."""
    space = make_all_components_space([("Page", "Html", LOADING.replace("U", stranger.url) + END, {})])
    folder = tmp_path_factory.mktemp("site")
    (folder / "instance").mkdir()
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/page"\nurl = "{space.url}"\n')
    with run_site(folder) as made:
        yield made
    space.close()


def test_preview_opens_no_connection(site: SiteProcess, stranger: Connections, browser: Browser) -> None:
    page = browser.new_context(base_url=site.url).new_page()  # what is blocked is a complaint of the browser
    call_space_and_wait(page, "a/page")
    page.locator("iframe.html-preview").scroll_into_view_if_needed()
    expect(page.frame_locator("iframe.html-preview").locator("#end")).to_be_visible()
    # The same page as its author wrote it, opened afterwards, does connect: by then, so would have the preview.
    control = Connections()
    other = page.context.new_page()
    other.set_content(LOADING.replace("U", control.url), wait_until="commit")
    assert control.first.wait(TIMEOUT_MS / 1000)
    page.context.close()
    control.close()
    assert not stranger.first.is_set()
