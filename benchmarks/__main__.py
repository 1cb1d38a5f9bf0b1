"""All benchmarks, one after the other, each in a process of its own: ratios measured side by side.

Each alone takes --help and smaller sizes.

Example:
    python -m benchmarks
"""

import ast
import subprocess
import sys
from pathlib import Path

from benchmarks._arguments import Arguments

#: A benchmark ends with 1 when what it compares with is not installed; here the next one follows.
RUN = "from benchmarks.{} import main; main()"


def main() -> int:
    """Run all; 1 when one broke off."""
    broken = [name for name in paths() if not finished(name)]
    if broken:
        print(f"\nbroke off: {', '.join(broken)}")
    return 1 if broken else 0


def paths() -> dict[str, Path]:
    """The benchmarks by name; what begins with an underscore is none."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("[!_]*.py"))}


def finished(name: str) -> bool:
    """Whether the benchmark came to its end."""
    print(f"\n{name}", flush=True)
    return subprocess.run([sys.executable, "-c", RUN.format(name)]).returncode == 0


def told() -> str:
    """A line on each benchmark, from its docstring."""
    docs = {name: ast.get_docstring(ast.parse(path.read_text())) or "" for name, path in paths().items()}
    lines = (f"    {name:11}{doc.splitlines()[0]}" for name, doc in docs.items())
    return "\n".join(("`python -m benchmarks.NAME` runs one:", *lines))


if __name__ == "__main__":
    given = Arguments("benchmarks", __doc__)
    given.epilog = told()
    given.parse_args()
    sys.exit(main())
