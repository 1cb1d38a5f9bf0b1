"""`python -m tests.fuzz`: the tests' folders on the path, then the command."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]

if __name__ == "__main__":
    sys.path[:0] = [str(TESTS), str(TESTS / "netflow")]
    from fuzz.command import main

    raise SystemExit(main())
