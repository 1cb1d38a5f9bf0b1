"""The registry's side of promotion: versions known by their digest, aliases, and tags that say why."""

from dnsanom.errors import RegistryError
from dnsanom.model import frames
from dnsanom.model.bundle import Bundle
from dnsanom.model.tracking import connect, model_name, read_text, run, told
from dnsanom.settings import Settings

ROLLED_BACK = "rolled back"


def register(settings: Settings, view: str, bundle: Bundle, digest: str) -> str:
    """The version of the bundle with this digest; made of its logged model unless there is one already."""
    client, name = connect(settings), model_name(view)
    with told(settings.mlflow_uri):
        if not client.search_registered_models(filter_string=f"name = '{name}'"):
            client.create_registered_model(name, description=f"Anomalies in DNS flows, {view} view")
        for version in client.search_model_versions(f"name = '{name}'"):
            if version.tags.get("digest") == digest:
                return str(version.version)
        run_id, model_id = _logged(settings, view, digest) or _log(settings, view, bundle, digest)
        keep = {key: str(bundle.card[key]) for key in ("model", "data_md5", "code", "threshold")}
        made = client.create_model_version(
            name, f"models:/{model_id}", run_id, {"digest": digest, **keep}, model_id=model_id
        )
    return str(made.version)


def note(
    settings: Settings,
    view: str,
    version: str,
    verdict: str,
    reasons: tuple[str, ...],
    description: str | None = None,
) -> None:
    """Write a decision and its reasons on a version, as tags, and as description where none is given."""
    client, name = connect(settings), model_name(view)
    description = description or f"{verdict}: " + "; ".join(reasons)
    with told(settings.mlflow_uri):
        client.set_model_version_tag(name, version, "verdict", verdict)
        client.set_model_version_tag(name, version, "reasons", "; ".join(reasons))
        client.update_model_version(name, version, description=description)


def attach(settings: Settings, view: str, version: str, texts: dict[str, str]) -> None:
    """Keep texts by file name among the artifacts of the run that the version comes from."""
    client = connect(settings)
    with told(settings.mlflow_uri):
        run_id = client.get_model_version(model_name(view), version).run_id
        for file, text in texts.items():
            client.log_text(run_id, text, file)


def attached(settings: Settings, view: str, version: str, file: str) -> str:
    """A text that was kept with a version. Raises RegistryError when there is none."""
    with told(f"{model_name(view)} version {version}: {file}"):
        run_id = connect(settings).get_model_version(model_name(view), version).run_id
        return read_text(f"runs:/{run_id}/{file}")


def verdict_of(settings: Settings, view: str, version: str) -> str | None:
    """The last decision on a version."""
    with told(settings.mlflow_uri):
        tags: dict[str, str] = connect(settings).get_model_version(model_name(view), version).tags
    return tags.get("verdict")


def point(settings: Settings, view: str, aliases: dict[str, str]) -> None:
    """Make each alias point to its version."""
    client = connect(settings)
    with told(settings.mlflow_uri):
        for alias, version in aliases.items():
            client.set_registered_model_alias(model_name(view), alias, version)


def unpoint(settings: Settings, view: str, alias: str) -> None:
    """Take an alias away."""
    with told(settings.mlflow_uri):
        connect(settings).delete_registered_model_alias(model_name(view), alias)


def _logged(settings: Settings, view: str, digest: str) -> tuple[str, str] | None:
    """Run and id of the model that evaluation logged for a digest."""
    client = connect(settings)
    experiment = client.get_experiment_by_name(model_name(view))
    if experiment is None:
        return None
    wanted = f"tags.digest = '{digest}' and tags.kind = 'evaluate'"
    for found in client.search_runs([experiment.experiment_id], wanted):
        if "model_id" in found.data.tags:
            return found.info.run_id, found.data.tags["model_id"]
    return None


def _log(settings: Settings, view: str, bundle: Bundle, digest: str) -> tuple[str, str]:
    """Log a candidate that this store has no run of, such as one pulled from the DVC remote."""
    rows = frames.load(settings, view, "test")
    tags = frames.tags(settings, view, rows) | {"kind": "promote", "digest": digest}
    with run(settings, view, f"promote-{view}", tags) as made:
        folder = settings.candidate(view, bundle.card["model"])
        return made.id, made.model(bundle, folder, rows.head(5))


def require(version: str | None, view: str, alias: str) -> str:
    """The version, or RegistryError when the alias points nowhere."""
    if version is None:
        raise RegistryError(f"{model_name(view)}: no version has the alias {alias}")
    return version
