"""Commands that bring data in: simulate, decode, pull, freeze."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click


def _utc(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """Parse an ISO 8601 time; without an offset it is UTC."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not an ISO 8601 time such as 2026-03-02T00:00:00Z") from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


@click.command()
@click.option("--out", required=True, help="Folder or s3:// URL that the exports go to.")
@click.option(
    "--start", default="2026-03-02T00:00:00Z", show_default=True, callback=_utc, help="First second."
)
@click.option("--hours", default=24.0, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option(
    "--clients", default=400, show_default=True, type=click.IntRange(1), help="Homes, servers, gateways."
)
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option("--format", "fmt", default="nfcapd", show_default=True, type=click.Choice(["nfcapd", "csv"]))
@click.option("--sampling", default=1, show_default=True, type=click.IntRange(1), help="Keep 1 packet in N.")
@click.option("--profile", default="residential", show_default=True, help="Kind of ISP: also mobile, campus.")
def simulate(
    out: str,
    start: datetime,
    hours: float,
    clients: int,
    seed: int,
    fmt: Literal["nfcapd", "csv"],
    sampling: int,
    profile: str,
) -> None:
    """Write an ISP's DNS traffic as 5-minute exports, with truth.csv beside them.

    Another --sampling thins the same day: its packets and its truth are those of the seed and the profile.

    \b
    Example:
      dnsanom simulate --out exports --hours 2 --clients 200 --seed 7
    """
    from dnsanom.cli.output import bar, say
    from dnsanom.simulate import simulate_to

    with bar("simulate") as progress:
        written = simulate_to(out, start, hours, clients, seed, fmt, sampling, profile, progress=progress)
    say(f"{len(written) - 1} exports and truth.csv in {out}")


@click.command()
@click.argument("sources", metavar="SRC...", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Parquet file to write.")
@click.option("--keep", default="dns", show_default=True, type=click.Choice(["dns", "all"]))
def decode(sources: tuple[str, ...], out: Path, keep: Literal["dns", "all"]) -> None:
    """Decode exports (paths, globs, s3:// URLs) to canonical flows.

    Rows that can't be read go to OUT.rejected.parquet with their reason.

    \b
    Example:
      dnsanom decode 'exports/nfcapd.2026030200*' --out flows.parquet
    """
    from dnsanom.cli.output import say
    from dnsanom.detect.sources import expand
    from dnsanom.errors import DecodeError
    from dnsanom.netflow.to_parquet import decode_to_parquet
    from dnsanom.settings import load_settings

    settings = load_settings()
    found, unread = expand(settings, list(sources))
    if unread:
        raise DecodeError("; ".join(source.reason for source in unread))
    exports = ((source.key, source.load()) for source in found)
    for line in decode_to_parquet(exports, out, settings.params.dns, keep):
        say(line)
    say(f"flows in {out}")


@click.command()
@click.option("--dry-run", is_flag=True, help="List what would be pulled, and stop.")
def pull(dry_run: bool) -> None:
    """Pull new exports of the configured bucket and prefix: fetch, decode, validate, into the lake.

    \b
    Example:
      DNSANOM_S3_ENDPOINT=http://127.0.0.1:8333 DNSANOM_S3_BUCKET=netflow dnsanom pull
    """
    from dnsanom.cli.output import bar, say
    from dnsanom.settings import load_settings
    from dnsanom.store.pull import pull as pull_exports

    with bar("pull") as progress:
        report = pull_exports(load_settings(), progress=progress, dry_run=dry_run)
    for line in report.lines():
        say(line)


@click.command()
@click.option("--since", callback=_utc, help="First hour (default: dataset.days before the last).")
@click.option("--until", callback=_utc, help="End, exclusive (default: the newest complete hour's).")
def freeze(since: datetime | None, until: datetime | None) -> None:
    """Take the lake's newest complete hours as the version of the data to learn from, tracked by DVC.

    \b
    Example:
      dnsanom freeze --until 2026-03-03T00:00:00Z
    """
    from dnsanom.cli.output import say
    from dnsanom.dataset.freeze import freeze as freeze_flows
    from dnsanom.dataset.version import track_flows
    from dnsanom.settings import load_settings

    settings = load_settings()
    folder = freeze_flows(settings, since, until)
    say(f"frozen flows in {folder}, tracked by DVC as {track_flows(settings)}")
