"""The local stack: S3, MLflow, Prefect with a worker, and the pages, started and ended as one.

While it is up, `var/stack.env` says where it is. A store or an MLflow server that the environment names is
used as it is, and none is started.
"""

import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager

from pydantic import SecretStr

from dnsanom.errors import PortTakenError, ServerError
from dnsanom.servers import addresses, buckets, mlflow, objectstore, pages, prefect, process, tree
from dnsanom.servers.objectstore import RunningStore
from dnsanom.settings import Ports, Settings

__all__ = ["Ports", "down", "is_up", "up"]

Say = Callable[[str], None]
#: In the order of their end: what uses a server ends before it. The names are those of `Ports`, too.
NAMES = (prefect.WORKER, prefect.NAME, pages.NAME, mlflow.NAME, objectstore.NAME)
#: Seconds that a server may take to its first answer; two dozen are usual after an installation.
PATIENCE = 180


def up(settings: Settings, ports: Ports | None = None, say: Say = print) -> list[str]:
    """Start all servers, deploy the flows and return a line for each address; says so if all are up.

    Whatever fails half way, what was started ends again. Raises PortTakenError with the way to another port,
    and ServerError with the last line of the log.
    """
    ports = ports or settings.ports
    with _alone(settings):
        if is_up(settings):
            return ["already up; `dnsanom down` ends it", *addresses.lines(settings)]
        _clear(settings, say)
        _check_ports(settings, ports)
        with _all_or_nothing(settings):
            say("starting servers")
            store = _start_servers(settings, ports)
            addresses.write(settings, ports, store)
            say("starting the worker, deploying the flows")
            _start_worker(settings, ports)
            prefect.deploy(settings.root, settings.var, ports.prefect)
        return addresses.lines(settings)


def down(settings: Settings) -> list[str]:
    """End all servers, those first that use others, and wait for each; returns what ended, in lines."""
    with _alone(settings):
        addresses.path(settings).unlink(missing_ok=True)
        ended = _stop(settings, NAMES)
    return [f"ended {', '.join(ended)}"] if ended else ["nothing was up"]


def is_up(settings: Settings) -> bool:
    """Whether every server of the stack runs."""
    running = all(process.running(settings.var, name) for name in _wanted(settings))
    return running and addresses.path(settings).exists()


def _wanted(settings: Settings) -> list[str]:
    """The servers that are started here."""
    others = {
        objectstore.NAME: addresses.own_store(settings),
        mlflow.NAME: addresses.own_mlflow(settings),
    }
    return [name for name in NAMES if not others.get(name)]


def _clear(settings: Settings, say: Say) -> None:
    """End what is left of a stack that lost a part. The store stays: it may be somebody's who pulls."""
    left = _stop(settings, [name for name in NAMES if name != objectstore.NAME])
    if left:
        say(f"ended what was left of an earlier stack: {', '.join(left)}")


def _check_ports(settings: Settings, ports: Ports) -> None:
    for name in _wanted(settings):
        if name == prefect.WORKER or process.running(settings.var, name):
            continue
        try:
            process.check_port(getattr(ports, name))
        except PortTakenError as error:
            choice = f"choose another for {name} with --{name}-port or DNSANOM_{name.upper()}_PORT"
            raise PortTakenError(f"{error}; {choice}") from error


def _start_servers(settings: Settings, ports: Ports) -> RunningStore | None:
    """Start all but the worker side by side, since each takes seconds to import itself."""
    servers = [prefect.server(settings.var, ports.prefect), pages.server(settings, ports.pages)]
    if mlflow.NAME in _wanted(settings):
        store = settings.var / "mlflow.db"
        uri = f"sqlite:///{store}" if mlflow.is_server(settings.mlflow_uri) else settings.mlflow_uri
        servers.append(mlflow.server(settings.var, uri, ports.mlflow))
    with ThreadPoolExecutor(len(servers)) as threads:
        started = [threads.submit(process.start, server, settings.var, PATIENCE) for server in servers]
        try:
            found = _start_store(settings, ports)
            for one in as_completed(started):
                one.result()
        except BaseException:
            # The others would wait for their servers to the end.
            _stop(settings, NAMES[:-1])
            raise
    return found


def _start_store(settings: Settings, ports: Ports) -> RunningStore | None:
    """The embedded store with its buckets, unless the environment names another."""
    if objectstore.NAME not in _wanted(settings):
        return None
    store = objectstore.start(settings.var, ports.s3)
    keys = {"access_key": SecretStr(store.access_key), "secret_key": SecretStr(store.secret_key)}
    buckets.make(settings.s3.model_copy(update={"endpoint": store.endpoint, **keys}))
    return store


def _start_worker(settings: Settings, ports: Ports) -> None:
    worker = prefect.worker(settings.var, ports.prefect, settings.root, addresses.places(settings))
    process.start(worker, settings.var)
    prefect.wait_worker(ports.prefect, PATIENCE)


def _stop(settings: Settings, names: tuple[str, ...] | list[str]) -> list[str]:
    return [n for n in names if tree.stop(settings.var, n, children_first=n == prefect.WORKER)]


@contextmanager
def _all_or_nothing(settings: Settings) -> Iterator[None]:
    """End what was started in the block if it fails."""
    before = {name for name in NAMES if process.running(settings.var, name)}
    try:
        yield
    except BaseException:
        addresses.path(settings).unlink(missing_ok=True)
        _stop(settings, [name for name in NAMES if name not in before])
        raise


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One `up` or `down` at a time."""
    settings.var.mkdir(parents=True, exist_ok=True)
    with (settings.var / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServerError(f"{lock.name}: another `dnsanom up` or `down` is under way") from error
        yield
