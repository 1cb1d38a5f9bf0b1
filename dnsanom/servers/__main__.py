"""One server in the foreground, for a supervisor such as honcho or systemd: `python -m dnsanom.servers NAME`.

It runs in the place of this process, with the ports that the settings name. Nothing is written to
`var/stack.env`: who else is to find the servers gets their addresses from the environment.
"""

import os
import subprocess
import sys
from collections.abc import Callable

import click

from dnsanom.errors import DnsanomError
from dnsanom.servers import addresses, buckets, mlflow, objectstore, pages, prefect
from dnsanom.servers.process import LOOPBACK, Server
from dnsanom.settings import Settings, load_settings


def _s3(settings: Settings, _host: str) -> Server:
    return objectstore.server(settings.var, settings.ports.s3)


def _mlflow(settings: Settings, _host: str) -> Server:
    return mlflow.server(settings.var, f"sqlite:///{settings.var / 'mlflow.db'}", settings.ports.mlflow)


def _prefect(settings: Settings, _host: str) -> Server:
    return prefect.server(settings.var, settings.ports.prefect)


def _pages(settings: Settings, host: str) -> Server:
    return pages.server(settings, settings.ports.pages, host)


def _worker(settings: Settings, _host: str) -> Server:
    """The worker, and beside it a deployment that waits until the worker polls its pool."""
    prefect.wait_server(settings.ports.prefect, timeout=600)
    subprocess.Popen((sys.executable, "-m", "dnsanom.servers", "deploy"), cwd=settings.root)
    env = {**addresses.local(settings), **addresses.places(settings)}
    return prefect.worker(settings.var, settings.ports.prefect, settings.root, env)


def _deploy(settings: Settings) -> None:
    """Wait for a worker, then make the buckets of a store of our own, and deploy the flows."""
    prefect.wait_worker(settings.ports.prefect, timeout=600)
    if not addresses.own_store(settings):
        buckets.make(load_settings(settings.root, {**os.environ, **addresses.local(settings)}).s3)
    prefect.deploy(settings.root, settings.var, settings.ports.prefect)


SERVERS: dict[str, Callable[[Settings, str], Server]] = {
    "s3": _s3,
    "mlflow": _mlflow,
    "prefect": _prefect,
    "pages": _pages,
    "worker": _worker,
}
#: What is no server, but has to be done once a stack is there.
ONCE: dict[str, Callable[[Settings], None]] = {
    "buckets": lambda settings: buckets.make(settings.s3),
    "deploy": _deploy,
}


@click.command()
@click.argument("name", type=click.Choice([*SERVERS, *ONCE]))
@click.option("--host", default=LOOPBACK, show_default=True, help="Address that the pages listen on.")
def main(name: str, host: str) -> None:
    """Run one server of the stack in the foreground, make its buckets, or deploy the flows."""
    try:
        settings = load_settings()
        if name in ONCE:
            ONCE[name](settings)
        else:
            _become(SERVERS[name](settings, host))
    except DnsanomError as error:
        sys.exit(f"dnsanom: {error}")


def _become(server: Server) -> None:
    if server.cwd is not None:
        os.chdir(server.cwd)
    os.execvpe(server.command[0], server.command, {**os.environ, **server.env})


if __name__ == "__main__":
    main()
