"""All benchmarks, one after the other: `make bench`. Each prints ratios measured side by side in one run."""

import pkgutil
import runpy
from pathlib import Path

for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda m: m.name):
    if module.name != "__main__":
        print(f"\n{module.name}", flush=True)
        runpy.run_module(f"benchmarks.{module.name}", run_name="__main__", alter_sys=True)
