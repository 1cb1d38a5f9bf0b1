"""Where flows come from when they are not in the lake: paths, globs, folders and s3:// URLs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from dnsanom.detect.alert import Unread
from dnsanom.errors import BadUseError, DnsanomError
from dnsanom.settings import Settings

WILDCARDS = "*?["


@dataclass(frozen=True)
class Source:
    """One export: the key that alerts name it by, and how to get its bytes."""

    key: str
    load: Callable[[], bytes]


def expand(settings: Settings, sources: list[str]) -> tuple[list[Source], list[Unread]]:
    """Every export that the sources mean, each once, and the sources that mean none, with the reason."""
    found: dict[str, Source] = {}
    unread: list[Unread] = []
    for text in sources:
        try:
            one = list(_in_store(settings, text) if text.startswith("s3://") else _on_disk(text))
        except BadUseError:
            raise
        except (DnsanomError, OSError) as error:
            unread.append(Unread(text, f"{text}: {error}"))
            continue
        found.update((source.key, source) for source in one)
        if not one:
            unread.append(Unread(text, f"{text}: matches nothing"))
    return list(found.values()), unread


def _on_disk(text: str) -> Iterator[Source]:
    path = Path(text)
    if path.is_dir():
        names = sorted(str(p) for p in path.rglob("*") if p.is_file())
    elif path.exists() or not _has_wildcard(text):
        names = [text]
    else:
        names = sorted(str(p) for p in _matching(path) if p.is_file())
    return (Source(name, Path(name).read_bytes) for name in names)


def _matching(pattern: Path) -> Iterator[Path]:
    anchor = Path(pattern.anchor)
    return anchor.glob(str(pattern.relative_to(anchor)))


def _in_store(settings: Settings, url: str) -> Iterator[Source]:
    """Objects that an s3:// URL names: one object, all below a prefix, or those that a pattern meets."""
    from dnsanom.store.objects import ObjectStore, split_url

    bucket, pattern = split_url(url)
    store = ObjectStore(settings.s3.model_copy(update={"bucket": bucket}))
    infos = {info.key: info for info in store.list(_fixed_part(pattern))}
    for key, info in infos.items():
        if key == pattern or (fnmatch(key, pattern) if _has_wildcard(pattern) else pattern not in infos):
            name = key if bucket == settings.s3.bucket else f"s3://{bucket}/{key}"
            yield Source(name, partial(store.get, key, info.etag))


def _has_wildcard(text: str) -> bool:
    return any(c in text for c in WILDCARDS)


def _fixed_part(pattern: str) -> str:
    """What stands before a pattern's first wildcard: the longest prefix that can be listed."""
    return pattern[: min((pattern.find(c) for c in WILDCARDS if c in pattern), default=len(pattern))]
