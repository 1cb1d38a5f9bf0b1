"""How a file that people read appears: whole, in the place of the old one."""

from pathlib import Path


def put(path: Path, text: str) -> None:
    """Write the text so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
