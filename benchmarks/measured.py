"""What a process takes, measured from a small process of its own.

A new process begins with the peak memory of the one that starts it: a large benchmark can't measure a small program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_KIBIBYTE = 1024
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds on the wall, seconds of CPU, bytes of memory at most."""

    wall: float
    cpu: float
    memory: float


def measured(
    command: Sequence[str], messages: Path | None, *, output: Path | None = None, allowed: Sequence[int] = (0,)
) -> Cost:
    """Run a command and measure it.

    Args:
        command: The command.
        messages: A file as its standard input; None: nothing.
        output: A file for its standard output; None: it is thrown away.
        allowed: Exit codes that are no failure.

    Raises:
        SystemExit: It failed; the text is the end of what it said.
    """
    watched = [sys.executable, "-m", "benchmarks.measured", str(output or os.devnull), *command]
    with (messages or Path(os.devnull)).open() as lines:
        run = subprocess.run(watched, stdin=lines, capture_output=True, text=True, cwd=_ROOT, check=False)
    if run.returncode not in allowed:
        raise SystemExit(run.stderr[-2000:])
    return Cost(**json.loads(run.stdout))


def main() -> None:
    """Run the command of the arguments, after the file for its output, and print what it took as JSON."""
    with Path(sys.argv[1]).open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(sys.argv[2:], stdout=output)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    print(json.dumps(asdict(Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * _KIBIBYTE))))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
