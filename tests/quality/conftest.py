"""One copied project with its expectations opened, for all tests of a session: opening takes seconds."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from broken_flows import copied_project
from flow_rows import made_flows

from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.validate import Verdict, validate
from dnsanom.settings import Settings


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return copied_project(tmp_path_factory.mktemp("quality") / "project")


@pytest.fixture(scope="session")
def context(project: Settings) -> Context:
    return open_context(project)


@pytest.fixture(scope="session")
def flows() -> pa.Table:
    """A sound export of 200 flows."""
    return made_flows(200)


@pytest.fixture(scope="session")
def judge(project: Settings, context: Context) -> Callable[..., Verdict]:
    """`validate` in the session's project."""

    def run(flows: pa.Table, key: str = "2026/03/02/nfcapd.202603020000", rows: int | None = None) -> Verdict:
        return validate(flows, key, project, context, rows)

    return run
