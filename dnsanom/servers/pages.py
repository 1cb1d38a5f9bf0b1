"""Data Docs, reports and alerts as web pages on loopback: a browser opens no file from a page of a server."""

import sys
from pathlib import Path

from dnsanom.servers.process import LOOPBACK, Server
from dnsanom.settings import Settings

NAME = "pages"


def folders(settings: Settings) -> dict[str, Path]:
    """Name in the address → the folder that is shown there. Nothing else is served."""
    from dnsanom.quality import docs  # takes seconds, and most that import this need it not

    return {
        "alerts": settings.data / "alerts",
        "data-docs": docs.index(settings).parent,
        "reports": settings.data / "reports",
    }


def server(settings: Settings, port: int, host: str = LOOPBACK) -> Server:
    """A file server over `var/pages`, which holds a link to each of the folders."""
    site = settings.var / "pages"
    site.mkdir(parents=True, exist_ok=True)
    for name, folder in folders(settings).items():
        folder.mkdir(parents=True, exist_ok=True)
        link = site / name
        link.unlink(missing_ok=True)
        link.symlink_to(folder, target_is_directory=True)
    options = ("--bind", host, "--directory", str(site), str(port))
    return Server(NAME, (sys.executable, "-m", "http.server", *options), port, address(port), cwd=site)


def address(port: int) -> str:
    """Where the pages are."""
    return f"http://{LOOPBACK}:{port}"


def link(settings: Settings, path: Path) -> str:
    """The address of a file in one of the folders; without the server, the file's own."""
    path = path.resolve()
    for name, folder in folders(settings).items():
        if settings.pages_url and path.is_relative_to(folder.resolve()):
            return f"{settings.pages_url}/{name}/{path.relative_to(folder.resolve()).as_posix()}"
    return path.as_uri()
