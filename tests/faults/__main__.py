"""Kill pulls and compare the lake with the truth: `python -m tests.faults --kills 200`."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.kills import run

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run, print progress, and say what is wrong; 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="pulls to kill (default: 200)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what happens and when")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="dnsanom-faults-") as folder:
        root = Path(folder)
        shutil.copy(ROOT / "params.yaml", root)
        ignore = shutil.ignore_patterns("uncommitted")
        shutil.copytree(ROOT / "expectations", root / "expectations", ignore=ignore)
        faults = run(root, given.kills, given.seed, lambda line: print(line, flush=True))
    for fault in faults:
        print(f"WRONG: {fault}")
    print(f"{given.kills} kills: {len(faults)} things wrong with the lake")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
