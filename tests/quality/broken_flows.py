"""A copied project, and flows with single values broken."""

import shutil
from pathlib import Path

import pyarrow as pa

from dnsanom.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


def copied_project(root: Path) -> Settings:
    """A project folder with the committed params.yaml and expectations."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "params.yaml", root)
    ignore = shutil.ignore_patterns("uncommitted")
    shutil.copytree(ROOT / "expectations", root / "expectations", ignore=ignore)
    return load_settings(root, {})


def changed(flows: pa.Table, row: int, /, **values: object) -> pa.Table:
    """The flows with some values of one row replaced."""
    for name, value in values.items():
        field, place = flows.schema.field(name), flows.schema.get_field_index(name)
        column = flows[name].to_pylist()
        column[row] = value
        flows = flows.set_column(place, field, pa.array(column, field.type))
    return flows
