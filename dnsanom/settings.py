"""Settings: the environment (DNSANOM_*) and params.yaml, checked once at the edge and passed in frozen."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, ValidationError

from dnsanom.errors import SettingsError
from dnsanom.params import Frozen, Params, Port, first_problem, load_params

if TYPE_CHECKING:
    from upath import UPath


class S3(Frozen):
    """The object store that holds the exports."""

    endpoint: str | None = None
    bucket: str = "netflow"
    prefix: str = ""
    region: str = "us-east-1"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    dvc_bucket: str = "dvc"


class Ports(Frozen):
    """The loopback ports of the local servers."""

    s3: Port = 8333
    mlflow: Port = 5000
    prefect: Port = 4200
    pages: Port = 8088


class Settings(Frozen):
    """All that a command needs to know, made by `load_settings`."""

    root: Path
    s3: S3
    data: Path
    var: Path
    mlflow_uri: str
    params: Params
    ports: Ports = Ports()
    #: Whether windows are as long as params.yaml says; the data sets of others have folders of their own.
    standard_windows: bool = True
    #: The ledger's database; None is a SQLite file under `data`.
    ledger_url: SecretStr | None = None
    #: The lake's folder or s3:// URL; None is a folder under `data`.
    lake_url: str | None = None
    #: Where the local server shows Data Docs, reports and alerts; None without one.
    pages_url: str | None = None
    #: Where the local Prefect server is; None without one.
    prefect_url: str | None = None
    #: Gigabytes that the making of a data set may hold in memory before it spills to disk.
    memory_gb: float = Field(1, ge=0.5)

    @property
    def lake(self) -> "Path | UPath":
        """Folder of the flows, Parquet by hour of `first_seen`; in S3 it is at the store of the exports."""
        if self.lake_url is None:
            return self.data / "lake"
        if not self.lake_url.startswith("s3://"):
            return _below(self.root, self.lake_url, "")
        return in_s3(self.lake_url, self.s3)

    @property
    def ledger(self) -> Path | SecretStr:
        """SQLite file, or the database's URL with its password: what became of each export."""
        return self.ledger_url or self.data / "ledger.db"

    @property
    def quarantine(self) -> Path:
        """Folder of rows and files that failed, each with its reason."""
        return self.data / "quarantine"

    @property
    def truth(self) -> Path:
        """Folder of pulled truth files."""
        return self.data / "truth"

    @property
    def verdicts(self) -> Path:
        """What analysts said of alerts here; `dnsanom freeze` takes it in."""
        return self.data / "verdicts.csv"

    @property
    def flows(self) -> Path:
        """Folder of the frozen flows and their truth that data sets are made of; versioned by DVC."""
        return self.data / "flows"

    def dataset(self, view: str) -> Path:
        """Folder of the view's data set."""
        own = view == "window" and not self.standard_windows
        return self.data / "sets" / (f"{view}@{self.params.dns.window_seconds}" if own else view)

    def at_window(self, seconds: int) -> "Settings":
        """The settings for windows of another length than params.yaml's; its own are the standard."""
        if seconds == self.params.dns.window_seconds:
            return self
        dns = self.params.dns.model_copy(update={"window_seconds": seconds})
        params = self.params.model_copy(update={"dns": dns})
        return self.model_copy(update={"params": params, "standard_windows": False})

    def candidate(self, view: str, model: str) -> Path:
        """Folder of the sweep's best model of a kind."""
        return self.data / "models" / view / model

    def report(self, view: str) -> Path:
        """Folder of the view's test report."""
        return self.data / "reports" / view


#: Environment variable → (table, key). Anything else that starts with DNSANOM_ is an error.
ENVIRONMENT: dict[str, tuple[str, str]] = {
    "DNSANOM_S3_ENDPOINT": ("s3", "endpoint"),
    "DNSANOM_S3_BUCKET": ("s3", "bucket"),
    "DNSANOM_S3_PREFIX": ("s3", "prefix"),
    "DNSANOM_S3_REGION": ("s3", "region"),
    "DNSANOM_S3_ACCESS_KEY": ("s3", "access_key"),
    "DNSANOM_S3_SECRET_KEY": ("s3", "secret_key"),
    "DNSANOM_DVC_BUCKET": ("s3", "dvc_bucket"),
    "DNSANOM_LEDGER": ("", "ledger_url"),
    "DNSANOM_LAKE": ("", "lake_url"),
    "DNSANOM_MLFLOW_URI": ("", "mlflow_uri"),
    "DNSANOM_MEMORY_GB": ("", "memory_gb"),
    "DNSANOM_PAGES_URL": ("", "pages_url"),
    "DNSANOM_PREFECT_URL": ("", "prefect_url"),
    "DNSANOM_S3_PORT": ("ports", "s3"),
    "DNSANOM_MLFLOW_PORT": ("ports", "mlflow"),
    "DNSANOM_PREFECT_PORT": ("ports", "prefect"),
    "DNSANOM_PAGES_PORT": ("ports", "pages"),
    "DNSANOM_DATA": ("", "data"),
    "DNSANOM_VAR": ("", "var"),
    "DNSANOM_ROOT": ("", "root"),
}


def load_settings(root: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings of the project in `root` (default: $DNSANOM_ROOT or the working directory).

    Values come from the environment; what is not set there comes from `var/stack.env`, which the local
    servers write while they run, then from defaults under the root. Raises SettingsError with the file or
    variable, the value and the rule.
    """
    env = dict(os.environ if environ is None else environ)
    root = Path(root or env.get("DNSANOM_ROOT") or ".").resolve()
    var = _below(root, env.get("DNSANOM_VAR"), "var")
    values = _tables({**read_env_file(var / "stack.env"), **env})
    plain = values.pop("")
    try:
        return Settings.model_validate(
            {
                "root": root,
                "s3": values["s3"],
                "ports": values["ports"],
                "data": _below(root, plain.get("data"), "data"),
                "var": var,
                "mlflow_uri": plain.get("mlflow_uri") or f"sqlite:///{var / 'mlflow.db'}",
                "ledger_url": plain.get("ledger_url"),
                "lake_url": plain.get("lake_url"),
                "pages_url": plain.get("pages_url"),
                "prefect_url": plain.get("prefect_url"),
                "memory_gb": plain.get("memory_gb", 1),
                "params": load_params(root / "params.yaml"),
            }
        )
    except ValidationError as error:
        raise SettingsError(f"environment: {first_problem(error)}") from error


def in_s3(url: str, s3: S3) -> "UPath":
    """The prefix that an s3:// URL names, at the endpoint and with the keys of the settings."""
    from upath import UPath

    return UPath(
        url,
        endpoint_url=s3.endpoint,
        key=s3.access_key and s3.access_key.get_secret_value(),
        secret=s3.secret_key and s3.secret_key.get_secret_value(),
        client_kwargs={"region_name": s3.region},
        # Another process may have written since; each listing is asked for anew.
        use_listings_cache=False,
    )


def _below(root: Path, value: str | None, default: str) -> Path:
    return (root / (value or default)).resolve()


def _tables(env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {"": {}, "s3": {}, "ports": {}}
    for name, value in env.items():
        if not name.startswith("DNSANOM_"):
            continue
        if name not in ENVIRONMENT:
            raise SettingsError(f"environment: {name}: unknown variable, known are {', '.join(ENVIRONMENT)}")
        table, key = ENVIRONMENT[name]
        if value:
            values[table][key] = value
    return values


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of a file; none where there is no file."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
