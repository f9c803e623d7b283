"""The stand-ins of many stores, as one process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from tests.forks import start
from tests.shop import START_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.stores_file import Store


@contextmanager
def running_fleet(folder: Path, *options: str) -> Iterator[list[Store]]:
    """Start stand-ins of stores, with options of ``python -m sandbox.fleet``; gives their entries."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "sandbox.fleet", "--ready-file", str(ready), *options]
    with start(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + START_SECONDS
        while not (ready.exists() and ready.read_text().endswith("\n")):
            assert process.poll() is None, "the stand-ins ended at once"
            assert time.monotonic() < deadline, "the stand-ins did not start"
            time.sleep(0.01)
        try:
            yield json.loads(ready.read_text())["stores"]
        finally:
            process.terminate()


def ask(store: Store, what: str) -> Any:
    """Ask a store's stand-ins: ``tickets``, ``books``, ``qbo-calls``."""
    answer = requests.get(f"{store['control_url']}/{what}", timeout=30)
    answer.raise_for_status()
    return answer.json()
