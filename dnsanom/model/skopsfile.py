"""Models as skops files: no pickle, only named types are loaded, and equal models give equal bytes."""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from dnsanom.errors import RegistryError, one_line
from dnsanom.model.outdated import outdated

#: Types and functions beside scikit-learn's and NumPy's own that a model of ours is made of.
TRUSTED = (
    "dnsanom.model.knn.WeightedKNeighborsClassifier",
    "dnsanom.model.novelty.Novelty",
    "dnsanom.model.nystroem.NystroemSVC",
    "dnsanom.model.resolution.Resolution",
    "dnsanom.model.svm.CalibratedSVC",
)
#: What reading a damaged archive, schema or array raises, found by damaging thousands.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def dump(model: Any) -> bytes:
    """The model in skops format, the same bytes for the same model."""
    import skops.io

    return _steady(skops.io.dumps(model))


def load(path: Path) -> Any:
    """The model in a skops file. Raises RegistryError when it is missing, corrupt or of untrusted types."""
    import skops.io

    try:
        data = path.read_bytes()
        untrusted = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED))
        if untrusted and all(name.startswith("dnsanom.") for name in untrusted):
            raise outdated(path, f"its types are {', '.join(untrusted)}")
        if untrusted:
            raise RegistryError(f"{path}: holds types that are not trusted: {', '.join(untrusted)}")
        return skops.io.loads(data, trusted=TRUSTED)
    except FileNotFoundError as error:
        raise RegistryError(f"{path}: no such file, so this is no model folder") from error
    except _DAMAGE as error:
        raise RegistryError(f"{path}: not a skops model: {one_line(error)}") from error


def _steady(data: bytes) -> bytes:
    """A skops archive with memory addresses numbered in order of appearance, and without times."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read("schema.json"))
        numbers: dict[int, int] = {}
        files: dict[str, str] = {}
        _renumber(schema, numbers, files)
        contents = [(new, archive.read(old)) for old, new in files.items()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as steady:
        for name, content in [*contents, ("schema.json", json.dumps(schema).encode())]:
            steady.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _renumber(node: Any, numbers: dict[int, int], files: dict[str, str]) -> None:
    """Replace each `__id__` and each file named after one, in place, keeping what is shared shared."""
    if isinstance(node, list):
        for child in node:
            _renumber(child, numbers, files)
    elif isinstance(node, dict):
        if isinstance(node.get("__id__"), int):
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
        if isinstance(node.get("file"), str):
            old = node["file"]
            node["file"] = files.setdefault(old, f"{len(files)}{Path(old).suffix}")
        for child in node.values():
            _renumber(child, numbers, files)
