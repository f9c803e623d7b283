"""`python -m sandbox.demo`: sandbox, `meltano run`, and the books held against the till, once, on made-up tickets.

It ends with a table of tickets by day against documents by day, the skipped tickets with their reasons, and what to
type to see more. The exit code is 0 only where every clean ticket is in the books once, to the cent, and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from sandbox.comparison import compare
from sandbox.environment import variables, write_env_file

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".demo"
MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"
START_SECONDS = 30
REQUEST_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; arguments after ``--`` go to the sandbox."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="then stay up, with the page of these books")
    parser.add_argument("sandbox_options", nargs="*", help="options of python -m sandbox, after --")
    options = parser.parse_args(arguments)
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    sandbox = _start(options.sandbox_options)
    try:
        ready = _ready(sandbox)
        environment = os.environ | variables(ready) | {"MELTANO_ENVIRONMENT": "demo"}
        environment |= {"MELTANO_DATABASE_URI": f"sqlite:///{PLACE}/meltano.db", "NO_COLOR": "1"}
        print(f"sandbox: {ready['url']} (both APIs)\n\n$ meltano --environment demo run tap-franpos target-qbo")
        with (PLACE / "meltano.log").open("w") as log:
            run = subprocess.run(
                [str(MELTANO), "run", "tap-franpos", "target-qbo"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        print(f"exit code {run.returncode}, log in {_shown(PLACE / 'meltano.log')}")
        if run.returncode:
            print("\n".join((PLACE / "meltano.log").read_text().splitlines()[-15:]))
            return 1
        agree = _report(ready)
        write_env_file(PLACE / "env", ready)
        print("\nskipped and waiting, with reasons:")
        environment |= {"TARGET_QBO_ENVIRONMENT": "sandbox", "TARGET_QBO_LEDGER_URL": f"sqlite:///{PLACE}/ledger.db"}
        desk = str(Path(sys.executable).parent / "franpos-qbo")
        asked = [desk, "tickets", "--status", "skipped", "--status", "waiting"]
        subprocess.run(asked, env=environment, check=True)
        if options.page:
            print("\nthe page of these books, until Ctrl-C:", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                subprocess.run([desk, "serve"], env=environment, check=False)
    finally:
        sandbox.terminate()
        sandbox.wait(10)
    print(
        "\nsee more:\n"
        f"  the log of the run            less {_shown(PLACE / 'meltano.log')}\n"
        "  the sandbox, kept running     .venv/bin/python -m sandbox --env-file .env\n"
        "  then, in another shell        .venv-meltano/bin/meltano --environment demo run tap-franpos target-qbo\n"
        "  every ticket, and why         .venv/bin/franpos-qbo tickets --help\n"
        "  these books in a browser      make demo-page"
    )
    return 0 if agree else 1


def _start(options: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox", "--ready-file", str(PLACE / "ready.json"), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _ready(sandbox: subprocess.Popen[bytes]) -> dict[str, Any]:
    path = PLACE / "ready.json"
    for _ in range(START_SECONDS * 10):
        if path.exists() and (text := path.read_text()).endswith("\n"):
            ready: dict[str, Any] = json.loads(text)
            return ready
        if sandbox.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the sandbox did not start")


def _report(ready: dict[str, Any]) -> bool:
    """Print tickets by day against documents by day; returns whether they agree."""
    tickets = _get(ready, "tickets")
    books = _get(ready, "books")
    calls = _get(ready, "qbo-calls")
    till: dict[str, list[Decimal | int]] = defaultdict(lambda: [0, Decimal(0)])
    posted: dict[str, list[Decimal | int]] = defaultdict(lambda: [0, Decimal(0)])
    for ticket in tickets:
        expected = ticket["expected"]
        if expected["kind"] != "none":
            sign = -1 if expected["kind"] == "refund_receipt" else 1
            _add(till[ticket["business_date"]], sign * Decimal(expected["document_total"]))
    for document in books["documents"]:
        if not document["voided"]:
            sign = -1 if document["entity"] == "RefundReceipt" else 1
            _add(posted[document["txn_date"]], sign * Decimal(document["total"]))
    print(f"\n{'day':12}{'clean tickets':>14}{'till':>14}{'documents':>12}{'books':>14}{'difference':>12}")
    for day in sorted(till | posted):
        (tickets_of_day, amount), (documents, booked) = till[day], posted[day]
        print(f"{day:12}{tickets_of_day:>14}{amount:>14,.2f}{documents:>12}{booked:>14,.2f}{amount - booked:>12,.2f}")
    differences = compare(tickets, books)
    balanced = sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in books["trial_balance"]) == 0
    clean = sum(ticket["expected"]["kind"] != "none" for ticket in tickets)
    print(
        f"\n{len(tickets)} tickets, {clean} to be posted; books {'DIFFER' if differences else 'agree'} to the cent, "
        f"trial balance {'balances' if balanced else 'DOES NOT BALANCE'}; open balance "
        f"{books['totals']['open_balance']}, unapplied {books['totals']['unapplied']}; "
        f"QuickBooks: {calls['reads']} reads, {calls['writes']} writes in {calls['requests']} requests"
    )
    for difference in differences[:10]:
        print(f"  {difference}")
    return balanced and not differences


def _add(figures: list[Decimal | int], amount: Decimal) -> None:
    figures[0] += 1
    figures[1] += amount


def _get(ready: dict[str, Any], what: str) -> Any:  # noqa: ANN401 (any JSON)
    return requests.get(f"{ready['control_url']}/{what}", timeout=REQUEST_SECONDS).json()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
