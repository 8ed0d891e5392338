"""What a campus needs beside the site, started on free ports and ended by its process id: PostgreSQL, Redis, nginx."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.optional_tools import require_program
from tests.support.paths import ROOT
from tests.support.processes import find_free_port

STARTUP_TIMEOUT_SECONDS = 30


class Service:
    """A server in a process of its own, which may be ended and started again with what it kept."""

    stop_signal = signal.SIGKILL

    def __init__(self, folder: Path, command: Sequence[str], port: int, user: str | None = None) -> None:
        self.folder, self.command, self.port, self._user = folder, command, port, user
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it; return once it takes connections."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log, user=self._user)
        deadline = time.monotonic() + STARTUP_TIMEOUT_SECONDS
        while not self.is_up():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline, (self.folder / "server.log").read_text()
            time.sleep(0.05)

    def is_up(self) -> bool:
        """Does it take a connection?"""
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """End it at once, as if it had crashed."""
        if self.process:
            self.process.send_signal(self.stop_signal)
            self.process.wait()
            self.process = None


class Redis(Service):
    """A broker that keeps nothing: what it had not handed out is lost with it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port = find_free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        super().__init__(folder, [require_program("redis-server"), *options], port)
        self.url = f"redis://127.0.0.1:{port}/0"


class Postgres(Service):
    """A database in a folder of its own. Its programs refuse to be root: they are then somebody without rights."""

    stop_signal = signal.SIGQUIT  # which it passes on to its children, and from which it recovers as from a power cut

    def __init__(self) -> None:
        initdb, postgres = require_program("initdb"), require_program("postgres")
        folder = Path(tempfile.mkdtemp(prefix="hfcourse-"))  # pytest's own are for the one who runs the tests
        port, user = find_free_port(), give_to_server_user(folder)
        made = [initdb, "-D", str(folder / "data"), "-U", "hfcourse", "--auth=trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(made, check=True, cwd=folder, user=user, capture_output=True)
        options = ["-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-c", "fsync=off"]
        super().__init__(folder, [postgres, "-D", str(folder / "data"), *options], port, user)
        self.url = f"postgresql+psycopg://hfcourse@127.0.0.1:{port}/postgres"

    def is_up(self) -> bool:
        """Does it answer a query? It takes connections before."""
        import psycopg

        try:
            psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def discard(self) -> None:
        """End it for good."""
        self.stop()
        shutil.rmtree(self.folder)


def give_to_server_user(folder: Path) -> str | None:
    """The user that servers run as when we are root; the folder becomes theirs."""
    if os.geteuid():
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in known)
    shutil.chown(folder, user)
    return user


class Nginx(Service):
    """The reverse proxy of docs/nginx.conf, in front of the site at that address."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, upstream: str) -> None:
        folder.mkdir()
        port = find_free_port()
        filled = {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "UPSTREAM_ADDRESS": upstream}
        template = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
        template = template.replace("/var/log/nginx/access.log", str(folder / "access.log"))
        (folder / "site.conf").write_text(fill_template(template, filled))
        (folder / "nginx.conf").write_text(render_nginx_config(folder))
        super().__init__(folder, [require_program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")], port)
        self.url = f"http://127.0.0.1:{port}"


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Replace `${NAME}` as envsubst does."""
    for name, value in values.items():
        template = template.replace("${%s}" % name, value)  # noqa: UP031  (braces of its own)
    return template


def render_nginx_config(folder: Path) -> str:
    """What surrounds the template, as nginx's image has it, with everything that is written in one folder."""
    user = "user root; " if os.geteuid() == 0 else ""  # who may write in pytest's folders
    kept = " ".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"{user}daemon off; worker_processes 2; pid {folder / 'pid'}; error_log {folder / 'error.log'};\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; gzip on; {kept} include {folder / 'site.conf'}; }}\n"
    )


@contextmanager
def run_nginx(folder: Path, upstream: str) -> Iterator[Nginx]:
    """nginx in front of `upstream`."""
    nginx = Nginx(folder, urlsplit(upstream).netloc)
    nginx.start()
    try:
        yield nginx
    finally:
        nginx.stop()
