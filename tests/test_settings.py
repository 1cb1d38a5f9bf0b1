"""Settings: one clear line for whatever is wrong, and nothing taken silently."""

from pathlib import Path

import pytest
import yaml

from dnsanom.errors import SettingsError
from dnsanom.params import load_params
from dnsanom.settings import ENVIRONMENT, load_settings

PARAMS = Path(__file__).parents[1] / "params.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS.read_text())
    return tmp_path


def _changed(project: Path, path: list[str], value: object) -> Path:
    params = yaml.safe_load(PARAMS.read_text())
    table = params
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    return project / "params.yaml"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["sweep", "knn", "neighbours"], [1], "sweep.knn.neighbours: unknown parameter"),
        (["dns", "ports"], [0], "dns.ports.0: 0: "),
        (["dns", "resolvers"], ["198.51.100.300"], "dns.resolvers.0: '198.51.100.300': "),
        (["dataset", "train"], 0.9, "leave nothing to test on"),
        (["labels", "window"], [{"vector": "tunel", "when": "query_bpp > 1"}], "'tunel': "),
        (["labels", "packet"], [], "labels.packet"),
        (["detect", "false_alerts_per_day"], 0, "detect.false_alerts_per_day: 0: "),
    ],
)
def test_a_wrong_parameter_is_named_with_value_and_rule(
    project: Path, path: list[str], value: object, words: str
) -> None:
    with pytest.raises(SettingsError) as error:
        load_params(_changed(project, path, value))
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_a_missing_parameter_is_named(project: Path) -> None:
    text = (project / "params.yaml").read_text().replace("gate:", "gatee:")
    (project / "params.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"params\.yaml: gate: missing parameter"):
        load_params(project / "params.yaml")


def test_broken_yaml_and_no_file_are_one_line(project: Path) -> None:
    (project / "params.yaml").write_text("dns: [")
    with pytest.raises(SettingsError, match="not YAML") as error:
        load_params(project / "params.yaml")
    assert "\n" not in str(error.value)
    with pytest.raises(SettingsError, match="no such file"):
        load_params(project / "elsewhere.yaml")


def test_the_environment_is_read_and_an_unknown_variable_is_an_error(project: Path) -> None:
    env = {
        "DNSANOM_S3_ENDPOINT": "http://127.0.0.1:1",
        "DNSANOM_S3_SECRET_KEY": "hush",
        "DNSANOM_DATA": "elsewhere",
    }
    settings = load_settings(project, env)
    assert settings.s3.endpoint == "http://127.0.0.1:1"
    assert settings.data == project / "elsewhere"
    assert "hush" not in repr(settings)
    with pytest.raises(SettingsError, match="DNSANOM_S3_BUCKIT: unknown variable"):
        load_settings(project, {"DNSANOM_S3_BUCKIT": "x"})


def test_the_running_servers_file_stands_below_the_environment(project: Path) -> None:
    (project / "var").mkdir()
    (project / "var" / "stack.env").write_text(
        "# by dnsanom up\nDNSANOM_S3_BUCKET=from-stack\nDNSANOM_S3_PREFIX=a=b/\n"
    )
    settings = load_settings(project, {"DNSANOM_S3_BUCKET": "from-environment"})
    assert settings.s3.bucket == "from-environment"
    assert settings.s3.prefix == "a=b/"


def test_settings_are_frozen_and_default_to_the_project(project: Path) -> None:
    settings = load_settings(project, {})
    assert settings.mlflow_uri == f"sqlite:///{project / 'var' / 'mlflow.db'}"
    with pytest.raises(ValueError, match="frozen"):
        settings.s3.bucket = "other"  # type: ignore[misc]


def test_every_environment_variable_names_a_setting(project: Path) -> None:
    for variable in ENVIRONMENT:
        value = "8333" if variable.endswith(("_PORT", "_GB")) else str(project)
        load_settings(project, {variable: value})


def test_a_port_that_is_none_is_named(project: Path) -> None:
    with pytest.raises(SettingsError, match=r"environment: ports\.mlflow: 'http': "):
        load_settings(project, {"DNSANOM_MLFLOW_PORT": "http"})


def test_memory_is_a_number_of_gigabytes(project: Path) -> None:
    assert load_settings(project, {}).memory_gb == 1
    assert load_settings(project, {"DNSANOM_MEMORY_GB": "6.5"}).memory_gb == 6.5
    with pytest.raises(SettingsError, match=r"environment: memory_gb: '0\.1': "):
        load_settings(project, {"DNSANOM_MEMORY_GB": "0.1"})
