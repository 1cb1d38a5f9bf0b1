"""All benchmarks, one after the other, each in a process of its own: ratios measured side by side."""

import pkgutil
import subprocess
import sys
from pathlib import Path

#: A benchmark ends with 1 when what it compares with is not installed; here the next one follows.
RUN = "from benchmarks.{} import main; main()"


def main() -> int:
    """Run all; 1 when one broke off."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    broken = [module.name for module in modules if module.name != "__main__" and not finished(module.name)]
    if broken:
        print(f"\nbroke off: {', '.join(broken)}")
    return 1 if broken else 0


def finished(name: str) -> bool:
    """Whether the benchmark came to its end."""
    print(f"\n{name}", flush=True)
    return subprocess.run([sys.executable, "-c", RUN.format(name)]).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
