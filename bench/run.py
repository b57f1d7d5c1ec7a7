"""`make bench`: every measurement of this folder, one JSON object a line: name, value, unit, peer, ratio, size, seed.

Each file measures one engine and can be run alone (`python bench/casework.py --help`). No figure is asserted anywhere: speed
belongs here, truth belongs in the tests.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_HERE = {
    "run.py",
    "soak.py",
    "desk_client.py",
    "deposits_drawn.py",
    "notes_scenes.py",
    "notes_spike.py",
    "notes_tin.py",
}


def main() -> int:
    """0 when every measurement ran to its end; the worst exit code otherwise."""
    worst = 0
    for path in sorted(HERE.glob("*.py")):
        if path.name not in NOT_HERE:
            worst = max(worst, subprocess.run([sys.executable, str(path)], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
