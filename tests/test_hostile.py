"""The site from outside, in a process of its own, before a hundred hostile Spaces: nothing breaks, leaks or hangs."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hfcourse.error_messages import EXPLANATIONS
from hfcourse.files.limits import MAX_RUN_FILES
from hfcourse.runs.queue import shutdown
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer
from tests.spaces.hostile_spaces import LENT, NAMES, Hostile
from tests.support.http_browser import FILLER, Visit, Visitor
from tests.support.practice_space import until
from tests.support.site_process import Site, started

TOKEN = "hf_" + "a" * 30
SECRET = "ce que personne ne doit lire " * 3
# Where a call should end by our patience, it is short; where something else should end it, a busy machine is
# given the time for that.
HURRIED_SECONDS, PATIENT_SECONDS, GRACE_SECONDS = 4, 40, 3
AT_ONCE = 8
INTERNAL = re.compile(r"Traceback|\b[A-Z]\w*(?:Error|Exception)\b|CallFailed|object at 0x|http://127\.0\.0\.1")
MANY = 200


@dataclass(frozen=True)
class Footprint:
    """What a process holds: memory, threads, sockets."""

    kilobytes: int
    threads: int
    sockets: int

    @classmethod
    def of(cls, site: Site) -> "Footprint":
        kept = Path("/proc", str(site.process.pid))
        status = dict(line.split(":", 1) for line in (kept / "status").read_text().splitlines())
        sockets = 0
        for each in (kept / "fd").iterdir():
            try:
                sockets += os.readlink(each).startswith("socket:")
            except FileNotFoundError:  # closed since it was listed
                continue
        return cls(int(status["VmRSS"].split()[0]), int(status["Threads"]), sockets)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the server that is nobody's business."""
    path = tmp_path_factory.mktemp("canary") / ".env"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="module")
def other() -> Iterator[FakeServer]:
    """Another origin, which must stay silent."""
    server = FakeServer(fake_servers.says({"secret": "of another server"}))
    yield server
    server.close()


@pytest.fixture(scope="module")
def hostile(other: FakeServer, canary: Path) -> Iterator[Hostile]:
    server = Hostile(other.url, canary)
    yield server
    server.close()


def settled(folder: Path, hostile: Hostile) -> Path:
    """A folder for a site whose catalogue has an entry for each mode."""
    (folder / "instance").mkdir(parents=True)
    entries = [
        f'[[space]]\nid = "hostile/{name}"\nurl = "{hostile.url}/{name}"\ntoken = {str(name in LENT).lower()}\n'
        for name in hostile.modes
    ]
    (folder / "instance" / "spaces.toml").write_text("\n".join(entries))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, hostile: Hostile) -> dict[int, Path]:
    """The folder of each site, by its deadline."""
    deadlines = (HURRIED_SECONDS, PATIENT_SECONDS)
    return {seconds: settled(tmp_path_factory.mktemp("hostile"), hostile) for seconds in deadlines}


@pytest.fixture(scope="module")
def sites(folders: dict[int, Path], hostile: Hostile, other: FakeServer) -> Iterator[dict[int, Site]]:
    """A site for each deadline, with a token that it lends to some of the Spaces."""
    with ExitStack() as running:
        made = {}
        for seconds, folder in folders.items():
            (folder / "tmp").mkdir()
            settings = {
                "HF_TOKEN": TOKEN,
                "HF_ENDPOINT": other.url,  # no Space here is on the Hub: nobody asks it anything
                "TMPDIR": str(folder / "tmp"),
                "HFCOURSE_SPACE_ORIGINS": hostile.url,
                "HFCOURSE_CALL_DEADLINE_SECONDS": str(seconds),
                "HFCOURSE_RUNS_PER_MINUTE": "1000",
            }
            made[seconds] = running.enter_context(started(folder, **settings))
        yield made


@pytest.fixture(scope="module")
def site(sites: dict[int, Site]) -> Site:
    return sites[PATIENT_SECONDS]


def deadline_for(mode: str, hostile: Hostile) -> int:
    """The deadline of the site that meets this Space."""
    return HURRIED_SECONDS if "timeout" in hostile.modes[mode].end else PATIENT_SECONDS


def visit(site: Site, mode: str) -> Visit:
    """Somebody new tries this Space out."""
    visitor = Visitor(site)
    try:
        return visitor.try_out(f"/espaces/hostile/{mode}")
    finally:
        visitor.close()


@pytest.fixture(scope="module")
def bases(sites: dict[int, Site]) -> dict[int, Footprint]:
    """What each site holds after good runs, as many at once as will be hostile."""
    for site in sites.values():
        with ThreadPoolExecutor(AT_ONCE) as students:
            ends = {each.end for each in students.map(lambda _, site=site: visit(site, "good"), range(AT_ONCE))}
        assert ends == {"succeeded"}
    return {seconds: Footprint.of(site) for seconds, site in sites.items()}


@pytest.fixture(scope="module")
def visits(
    request: pytest.FixtureRequest, sites: dict[int, Site], bases: dict[int, Footprint], hostile: Hostile
) -> Iterator[dict[str, Future[Visit]]]:
    """The visits to every mode that is asked for, several at once."""
    wanted = {item.callspec.params.get("mode") for item in request.session.items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(AT_ONCE) as students:
        yield {
            mode: students.submit(visit, sites[deadline_for(mode, hostile)], mode) for mode in NAMES if mode in wanted
        }


@pytest.mark.parametrize("mode", NAMES)
def test_a_hostile_space_ends_as_it_should_and_harms_nobody(
    visits: dict[str, Future[Visit]], hostile: Hostile, other: FakeServer, mode: str
) -> None:
    found, expected = visits[mode].result(), hostile.modes[mode]
    assert found.end in expected.end.split(" or "), expected.end
    assert found.has_form is expected.has_form
    assert found.end == "succeeded" or found.end in EXPLANATIONS
    assert max(found.page_seconds, found.run_seconds) < deadline_for(mode, hostile) + GRACE_SECONDS
    assert other.requests == []
    check_pages(found)
    for each in found.files:
        check_file_headers(each.headers)
    guest = hostile.guests[mode]
    if mode not in LENT:
        assert TOKEN not in repr(guest.requests)
    assert SECRET not in repr(guest.requests)


def check_pages(found: Visit) -> None:
    """No page breaks, tells about our machine, or holds markup of a Space."""
    for answer in found.answers:
        assert answer.status_code in (200, 303, 503), (answer.url, answer.status_code)
        assert TOKEN.encode() not in answer.content
        assert TOKEN not in repr(answer.headers)
        assert "space" not in answer.headers.get("set-cookie", "")
    for page in found.pages:
        assert not INTERNAL.search(page), INTERNAL.search(page)
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        drawn = BeautifulSoup(page, "html.parser")
        assert not drawn.select("[onerror], [onload], script:not([src]), iframe:not([sandbox]), object, embed")
        for tag in drawn.select("[href], [src], [action], [data], [srcdoc]"):
            addresses = [str(tag.get(name, "")) for name in ("href", "src", "action", "data")]
            assert not [each for each in addresses if re.match(r"\s*(javascript|data):", each)], tag
    if found.end not in ("succeeded", ""):
        assert f'data-error="{found.end}"' in "".join(found.pages)


# A name that a Space invents stands between quotes, or as UTF-8 in percent encoding (RFC 6266).
ATTACHMENT = (
    r"""attachment; filename=("([^"\\\r\n]|\\.)*"|[A-Za-z0-9._-]+)(; filename\*=UTF-8''[A-Za-z0-9._~%!$&+-]+)?"""
)


def check_file_headers(headers) -> None:
    """A Space's file is no page of ours."""
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-type"] == "application/octet-stream" or headers["content-type"].startswith("image/")
    assert "x-evil" not in headers
    if not headers["content-type"].startswith("image/"):
        assert re.fullmatch(ATTACHMENT, headers["content-disposition"])


def value_of(visits: dict[str, Future[Visit]], mode: str, number: int = 0):
    return visits[mode].result().run["outputs"][number]["value"]


class TestWhatCameBack:
    """What a student sees of some of these Spaces, beyond the code."""

    @pytest.mark.parametrize("mode", ["aliens-first"])
    def test_another_visitors_answer_is_not_taken(self, visits: dict[str, Future[Visit]], mode: str) -> None:
        assert value_of(visits, mode) == "à moi"

    @pytest.mark.parametrize("mode", ["stream-generator", "stream-cut"])
    def test_what_had_arrived_is_kept(self, visits: dict[str, Future[Visit]], mode: str) -> None:
        assert value_of(visits, mode).startswith(("premier", "valeur"))

    @pytest.mark.parametrize("mode", ["parameter-names"])
    def test_a_parameter_of_any_name_arrives(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        assert visits[mode].result().end == "succeeded"
        joined = hostile.guests[mode].asked("/join")[0]
        assert len(joined.json["data"]) == 10
        assert set(joined.json["data"]) == {FILLER}

    @pytest.mark.parametrize("mode", ["cookies"])
    def test_a_spaces_cookie_goes_with_the_rest_of_its_call_alone(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        assert visits[mode].result().end == "succeeded"
        sent = [(request.path, request.headers.get("cookie")) for request in hostile.guests[mode].requests]
        # What was set by /config is for /info, what was set by the joining is for the stream.
        assert sent[:4] == [
            ("/config", None),
            ("/gradio_api/info", "visitor=space"),
            ("/gradio_api/queue/join", None),
            ("/gradio_api/queue/data", "visitor=space"),
        ]

    @pytest.mark.parametrize("mode", ["files-500", "files-missing"])
    def test_files_are_fetched_as_many_as_a_run_keeps(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        assert visits[mode].result().end == "succeeded"
        assert len([path for path in hostile.guests[mode].paths() if "/file=" in path]) == MAX_RUN_FILES

    @pytest.mark.parametrize("mode", ["file-dots", "file-encoded-dots", "file-is-url", "file-is-at", "file-elsewhere"])
    def test_nothing_is_asked_outside_the_spaces_files(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        assert visits[mode].result().end == "succeeded"
        known = ("/config", "/gradio_api/info", "/gradio_api/queue/", "/gradio_api/file=", "/gradio_api/stream/")
        assert not [path for path in hostile.guests[mode].paths() if not path.startswith(known)]

    @pytest.mark.parametrize("mode", ["address"])
    def test_the_address_of_a_space_is_told_to_nobody(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        found = visits[mode].result()
        assert "[adresse du Space]" in value_of(visits, mode)
        host = hostile.url.removeprefix("http://").encode()
        assert not [answer.url for answer in found.answers if host in answer.content]

    @pytest.mark.parametrize("mode", [name for name in LENT if name.startswith("echo")])
    def test_a_space_that_is_lent_the_token_cannot_have_it_shown(
        self, visits: dict[str, Future[Visit]], hostile: Hostile, mode: str
    ) -> None:
        found = visits[mode].result()
        carried = [request.headers.get("x-hf-authorization") for request in hostile.guests[mode].requests]
        assert set(carried) == {f"Bearer {TOKEN}"}
        shown = "".join(answer.text for answer in found.answers)
        assert "[jeton masqué]" in shown.replace("\\u00e9", "é")
        assert TOKEN[:12] not in shown


class TestATypedLure:
    """A student who writes what Gradio would take for a file of the server."""

    @pytest.mark.parametrize(
        "wrapped",
        ["%s", "[%s]", '{"a": [{"b": %s}]}', "[" * 5000 + "%s" + "]" * 5000],
        ids=["plain", "in a list", "in a dict", "deep"],
    )
    def test_is_refused_before_anything_leaves(self, site: Site, hostile: Hostile, canary: Path, wrapped: str) -> None:
        visitor = Visitor(site)
        form = visitor.form_at("/espaces/hostile/lure-json")
        assert form is not None
        before = len(hostile.guests["lure-json"].asked("/join"))
        lure = json.dumps({"path": str(canary), "meta": {"_type": "gradio.FileData"}})
        answer = visitor.send(form, words=wrapped % lure)
        visitor.close()
        assert (answer.status_code, 'data-error="invalid-input"' in answer.text) == (400, True)
        assert len(hostile.guests["lure-json"].asked("/join")) == before

    def test_with_a_token_inside_is_kept_nowhere(self, site: Site, hostile: Hostile, folders: dict[int, Path]) -> None:
        visitor, pasted = Visitor(site), "hf_" + "z9" * 15
        form = visitor.form_at("/espaces/hostile/lure-json")
        assert form is not None
        answer = visitor.send(form, words=json.dumps({"a": [pasted]}))
        visitor.close()
        assert (answer.status_code, 'data-error="secret-in-input"' in answer.text) == (400, True)
        assert pasted not in answer.text
        assert pasted not in repr(hostile.requests)
        assert files_with(pasted, folders[PATIENT_SECONDS]) == []


@pytest.mark.parametrize("mode", ["stream-silent", "cancel-silent", "join-silent"])
def test_a_stop_ends_a_silent_call_within_a_second_and_closes_its_connection(
    site: Site, hostile: Hostile, mode: str
) -> None:
    # On a busy machine one may take longer; what waits for the Space takes longer each time.
    assert any(seconds_to_stop(site, hostile, mode) < 1 for _ in range(3))


def seconds_to_stop(site: Site, hostile: Hostile, mode: str) -> float:
    """From the click of a visitor to the page that says so; the Space is then rid of the call."""
    assert until(lambda: hostile.in_progress == 0)
    visitor = Visitor(site)
    run = visitor.start(f"/espaces/hostile/{mode}")
    # Of the form's page, everything has been answered: what is left without an answer is of the run.
    assert until(lambda: hostile.in_progress == 1)
    page = BeautifulSoup(visitor.get(run).text, "html.parser")
    button = page.select_one("form[action$=arreter] [name=csrf_token]")
    assert button is not None
    begun = time.monotonic()
    visitor.browser.post(run + "/arreter", data={"csrf_token": str(button["value"])})
    assert visitor.finished(run)["status"] == "stopped"
    took = time.monotonic() - begun
    visitor.close()
    assert until(lambda: hostile.in_progress == 0)
    return took


def files_with(words: str, folder: Path) -> list[str]:
    """The kept files, database and log included, that hold these words."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_the_token_is_in_no_file_and_no_log(visits: dict[str, Future[Visit]], folders: dict[int, Path]) -> None:
    assert all(each.result() for each in visits.values())
    for folder in folders.values():
        assert files_with(TOKEN, folder) == []
        assert "Traceback" not in (folder / "site.log").read_text()


def test_nothing_was_asked_of_anybody_else(visits: dict[str, Future[Visit]], other: FakeServer) -> None:
    assert all(each.result() for each in visits.values())
    assert other.requests == []


@pytest.mark.parametrize("seconds", [HURRIED_SECONDS, PATIENT_SECONDS])
def test_the_site_is_as_it_was_before(
    visits: dict[str, Future[Visit]],
    sites: dict[int, Site],
    bases: dict[int, Footprint],
    hostile: Hostile,
    seconds: int,
) -> None:
    assert all(each.result() for each in visits.values())
    site, base = sites[seconds], bases[seconds]
    assert until(lambda: hostile.in_progress == 0), "a connection that nobody reads is still open"
    assert visit(site, "good").end == "succeeded"
    assert until(lambda: Footprint.of(site).threads <= base.threads)
    assert until(lambda: Footprint.of(site).sockets <= base.sockets + AT_ONCE)
    assert Footprint.of(site).kilobytes - base.kilobytes < 100_000
    assert list((site.log.parent / "tmp").iterdir()) == []


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, hostile: Hostile) -> Iterator[Site]:
    """A site that lets many runs go on at once, not for long."""
    settings = {
        "HFCOURSE_CALL_DEADLINE_SECONDS": "1",
        "HFCOURSE_RUNS_PER_MINUTE": "1000",
        "HFCOURSE_RUNS_AT_ONCE": "300",
        "HFCOURSE_RUNS_AT_ONCE_PER_VISITOR": "100",
        "HFCOURSE_RUNS_WAITING": "3000",
    }
    with started(settled(tmp_path_factory.mktemp("crowded"), hostile), **settings) as running:
        yield running


class TestManyAtOnce:
    """A class whose Space falls silent: two hundred runs that time out."""

    def start_many(self, site: Site, count: int) -> tuple[Visitor, list[str]]:
        """So many runs of one visitor, from one form."""
        visitor = Visitor(site)
        form = visitor.form_at("/espaces/hostile/stream-silent")
        assert form is not None
        return visitor, [visitor.send(form).headers["location"] for _ in range(count)]

    def test_leave_nothing_behind(self, crowded: Site, hostile: Hostile) -> None:
        assert visit(crowded, "good").end == "succeeded"
        base = Footprint.of(crowded)
        with ThreadPoolExecutor(AT_ONCE) as students:
            sent = list(students.map(lambda _: self.start_many(crowded, MANY // AT_ONCE), range(AT_ONCE)))
            ends = students.map(lambda each: [each[0].finished(run)["error"]["code"] for run in each[1]], sent)
            assert [code for codes in ends for code in codes] == ["timeout"] * MANY
        for visitor, _ in sent:
            visitor.close()
        assert until(lambda: hostile.in_progress == 0)
        assert until(lambda: Footprint.of(crowded).threads <= base.threads)
        assert visit(crowded, "good").end == "succeeded"

    @pytest.mark.parametrize(
        ("ending", "seconds"), [(signal.SIGTERM, shutdown.GRACE_SECONDS + 30), (signal.SIGINT, 30)]
    )
    def test_do_not_keep_the_site_from_ending(
        self, tmp_path: Path, hostile: Hostile, ending: signal.Signals, seconds: int
    ) -> None:
        # Of so many places a newcomer may hold twenty.
        settings = {"HFCOURSE_RUNS_AT_ONCE_PER_VISITOR": "20", "HFCOURSE_RUNS_AT_ONCE": "640"}
        with started(settled(tmp_path, hostile), **settings) as ended:
            visitor, _ = self.start_many(ended, 20)
            visitor.close()
            assert until(lambda: hostile.in_progress >= 20)
            ended.process.send_signal(ending)
            ended.process.wait(seconds)
        assert until(lambda: hostile.in_progress == 0)
