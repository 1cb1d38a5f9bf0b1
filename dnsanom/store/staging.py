"""Where a pull's workers put what they made of exports, until it is published into the lake.

Every pull has a folder of its own under `data/staging`, and holds a lock on it for as long as it lives. What
a killed pull has left is removed by the next one.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def staging(data: Path) -> Iterator[Path]:
    """A folder for this pull alone, on the file system of `data`; it goes with all that is in it."""
    root = data / "staging"
    root.mkdir(parents=True, exist_ok=True)
    # Without the root's lock, another pull could take a folder that is not yet locked for one that was left.
    with ExitStack() as mine:
        with _locked(root):
            for left in root.iterdir():
                if left.is_dir() and _is_left(left):
                    shutil.rmtree(left, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix="pull-", dir=root))
            mine.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only worker of a pull that is in here, waiting for others to be out."""
    with _locked(folder, ".alone"):
        yield


@contextmanager
def _locked(folder: Path, name: str = _LOCK) -> Iterator[None]:
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_left(folder: Path) -> bool:
    """Whether the pull that made the folder lives no more."""
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
