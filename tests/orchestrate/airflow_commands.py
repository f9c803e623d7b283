"""Commands of Airflow one after the other in one process: loading it and making its API is most of a short one.

Started by Airflow's own Python. A line of standard input asks for a command: its words, what changes in the environment
(null: a variable that goes) and the file for what it prints; its exit code is a line of standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TextIO


def main() -> None:
    """Do what is asked for until nothing more is."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        answer(json.loads(line), answers)


def answer(asked: dict[str, object], answers: TextIO) -> None:
    """Run one command as its own program would."""
    for name, value in asked["environment"].items():  # type: ignore[attr-defined]
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    with Path(str(asked["output"])).open("w") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    from airflow.__main__ import main as airflow  # noqa: PLC0415 (what it prints while it loads is of the command)

    sys.argv = ["airflow", *asked["words"]]  # type: ignore[misc]
    code: object = 0
    try:
        airflow()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    answers.write(f"{code if isinstance(code, int) else int(code is not None)}\n")


if __name__ == "__main__":
    main()
