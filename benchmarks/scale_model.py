"""The model of scale: from what one store's night takes to what many take. Pure; `docs/scale.md` explains it.

`python -m benchmarks.scale_model` prints its tables; `scripts/generate.py` writes them into the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

NIGHTS_A_MONTH = 30
NIGHTS_A_YEAR = 365
WEEKS_A_MONTH = NIGHTS_A_MONTH / 7


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: seconds, bytes, counts; a letter in brackets stands for a command that `docs/scale.md` names.

    Attributes:
        cpu_of_a_night: CPU of a store's night in which there is nothing new, in a process that many share [Z].
        cpu_of_a_ticket: What each new ticket adds to it [N].
        cpu_of_a_process: Of a process of many nights with that for Meltano's bookmarks, to start and to end [P].
        cpu_of_a_pipe: Of a usual night as `tap-franpos | target-qbo`, two processes for one store [N].
        cpu_of_meltano: Of a usual night through `meltano run`, all of its processes [N].
        cpu_of_airflow: Of Airflow for a task: its process, and its part of scheduler and API [A].
        cpu_of_a_listed_store: To read one entry of `stores.yml`: once a night, in the task `plan` [S].
        cpu_of_database: Of PostgreSQL, for a usual night, with the bookmark [N].
        memory_of_a_process: Of such a process with that for the bookmarks, before its first store [P].
        memory_of_a_store: What each store that is under way adds to it [N].
        connections_of_a_process: To PostgreSQL, for the bookmarks [C].
        connections_of_a_store: To PostgreSQL, while it is under way [C].
        requests_of_a_night: To QuickBooks [N].
        batches_of_a_night: Of them, batches [N].
        writes_of_a_ticket: Documents written for a ticket [N].
        reads_of_a_cold_start: Metered, once for each company [N, R].
        reads_of_a_night: Metered, on a night on which there was something to post [R].
        reads_of_a_week: Metered, to reconcile a store's week [R].
        reads_of_a_change: Metered, on a night on which a posted ticket had changed at the till [R].
        franpos_calls_of_a_night: For each location [N].
        rows_of_a_ticket: In the ledger [N].
        bytes_of_a_ticket: In the ledger, indexes included [N].
    """

    cpu_of_a_night: float = 0.16
    cpu_of_a_ticket: float = 0.009
    cpu_of_a_process: float = 3.0
    cpu_of_a_pipe: float = 2.4
    cpu_of_meltano: float = 6.3
    cpu_of_airflow: float = 6.0
    cpu_of_a_listed_store: float = 0.0007
    cpu_of_database: float = 0.20
    memory_of_a_process: float = 150e6
    memory_of_a_store: float = 6e6
    connections_of_a_process: float = 1
    connections_of_a_store: float = 3
    requests_of_a_night: float = 7.1
    batches_of_a_night: float = 4.0
    writes_of_a_ticket: float = 1.99
    reads_of_a_cold_start: float = 6
    reads_of_a_night: float = 1
    reads_of_a_week: float = 5
    reads_of_a_change: float = 5
    franpos_calls_of_a_night: float = 3
    rows_of_a_ticket: float = 5.0
    bytes_of_a_ticket: float = 3_800


@dataclass(frozen=True, slots=True)
class Assumed:
    """What no sandbox can tell: how shops are, and how slow the real APIs; and how the nights are run.

    Attributes:
        tickets: Of a store and night.
        locations: Of a store.
        api_seconds: For which a night waits for the real APIs: two rounds of batches of up to 20 s, some reads.
        nights_with_a_change: Share of a store's nights on which something posted had changed.
        window_hours: In which all nights are to be over.
        stores_a_task: In a shard, which is one task of Airflow and one process.
        at_once: Stores under way at once in a process.
    """

    tickets: int = 40
    locations: int = 1
    api_seconds: float = 45.0
    nights_with_a_change: float = 0.1
    window_hours: float = 2.0
    stores_a_task: int = 50
    at_once: int = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """The APIs' limits, as their makers publish them.

    Attributes:
        reads_a_month: Metered calls of an Intuit app for all of its companies together, free of charge.
        requests_a_minute: Of a company.
        batches_a_minute: Of a company.
        franpos_calls_a_month: Of a location.
        mapped: Tasks that Airflow maps at most (`max_map_length`), by default.
    """

    reads_a_month: int = 500_000
    requests_a_minute: int = 500
    batches_a_minute: int = 40
    franpos_calls_a_month: int = 1_000
    mapped: int = 1_024


MEASURED, ASSUMED, LIMITS = Measured(), Assumed(), Limits()

Figure = Callable[[int], float]


def tasks(stores: int) -> int:
    """Return how many tasks a night is: no more than Airflow maps, so beyond that each has more stores."""
    return min(-(-stores // ASSUMED.stores_a_task), LIMITS.mapped)


def cpu_of_a_night(tickets: int = ASSUMED.tickets) -> float:
    """Return the CPU seconds of tap and target for a usual night of so many tickets."""
    return MEASURED.cpu_of_a_night + MEASURED.cpu_of_a_ticket * tickets


def cpu_of_all(stores: int) -> float:
    """Return the CPU seconds of all nights with what runs them: Airflow, the processes' starts, the database."""
    of_tasks = tasks(stores) * (MEASURED.cpu_of_airflow + MEASURED.cpu_of_a_process)
    of_stores = cpu_of_a_night() + MEASURED.cpu_of_database + MEASURED.cpu_of_a_listed_store
    return of_tasks + stores * of_stores


def seconds_of_a_night() -> float:
    """Return how long a store is under way, with its part of a core."""
    return ASSUMED.api_seconds + cpu_of_a_night() + MEASURED.cpu_of_database


def under_way(stores: int) -> float:
    """Return how many stores must be under way at once to be over in time."""
    return max(1.0, stores * seconds_of_a_night() / (ASSUMED.window_hours * 3600))


def processes(stores: int) -> int:
    """Return in how many processes these are."""
    return -(-int(-(-under_way(stores) // 1)) // ASSUMED.at_once)


def memory(stores: int) -> float:
    """Return the bytes that they take."""
    return processes(stores) * MEASURED.memory_of_a_process + under_way(stores) * MEASURED.memory_of_a_store


def connections(stores: int) -> float:
    """Return their connections to PostgreSQL."""
    return processes(stores) * MEASURED.connections_of_a_process + under_way(stores) * MEASURED.connections_of_a_store


def minutes(stores: int, at_once: int) -> float:
    """Return how long all nights take, so many stores under way at once."""
    return -(-stores // at_once) * seconds_of_a_night() / 60


def cores(stores: int) -> float:
    """Return how many cores that keeps busy."""
    return cpu_of_all(stores) / (ASSUMED.window_hours * 3600)


def usual_reads(stores: int) -> float:
    """Return the metered reads of a month without reconciling."""
    changed = ASSUMED.nights_with_a_change
    of_a_night = changed * MEASURED.reads_of_a_change + (1 - changed) * MEASURED.reads_of_a_night
    return stores * NIGHTS_A_MONTH * of_a_night


def reconciled_reads(stores: int) -> float:
    """Return the metered reads of a month in which each store is reconciled every week."""
    return usual_reads(stores) + stores * WEEKS_A_MONTH * MEASURED.reads_of_a_week


ROWS: tuple[tuple[str, Figure, str], ...] = (
    ("tickets a night", lambda n: n * ASSUMED.tickets, ",.0f"),
    ("documents written a night", lambda n: n * ASSUMED.tickets * MEASURED.writes_of_a_ticket, ",.0f"),
    ("requests to QuickBooks a night", lambda n: n * MEASURED.requests_of_a_night, ",.0f"),
    (
        "… of a company's minute, if its night took one minute",
        lambda _: MEASURED.batches_of_a_night / LIMITS.batches_a_minute,
        ".0%",
    ),
    ("Franpos calls a month", lambda n: n * ASSUMED.locations * _franpos_calls(), ",.0f"),
    ("… of each location's quota", lambda _: _franpos_calls() / LIMITS.franpos_calls_a_month, ".0%"),
    ("metered reads, month of the cold start", lambda n: n * MEASURED.reads_of_a_cold_start + usual_reads(n), ",.0f"),
    ("metered reads, usual month", usual_reads, ",.0f"),
    ("metered reads, each week reconciled", reconciled_reads, ",.0f"),
    ("… of what an app has free", lambda n: reconciled_reads(n) / LIMITS.reads_a_month, ".0%"),
    ("token refreshes a night", lambda n: n, ",.0f"),
    ("Airflow's tasks of stores, each a process", tasks, ",.0f"),
    ("CPU hours a night, tap and target", lambda n: n * cpu_of_a_night() / 3600, ",.2f"),
    ("… with Airflow, the processes' starts, the database", lambda n: cpu_of_all(n) / 3600, ",.2f"),
    ("… cores busy, in two hours", cores, ",.1f"),
    ("… as a pipe for each store, tap and target", lambda n: n * MEASURED.cpu_of_a_pipe / 3600, ",.2f"),
    ("… as a `meltano run` for each store", lambda n: n * MEASURED.cpu_of_meltano / 3600, ",.2f"),
    ("stores under way at once, in two hours", under_way, ",.0f"),
    ("… in processes", processes, ",.0f"),
    ("… their database connections", connections, ",.0f"),
    ("… their memory, GB", lambda n: memory(n) / 1e9, ",.1f"),
    ("minutes with 8 stores at once, one process", lambda n: minutes(n, 8), ",.0f"),
    ("… with 32", lambda n: minutes(n, 32), ",.0f"),
    ("… with 400", lambda n: minutes(n, 400), ",.0f"),
    ("ledger rows a year, millions", lambda n: _tickets_a_year(n) * MEASURED.rows_of_a_ticket / 1e6, ",.1f"),
    ("ledger GB a year", lambda n: _tickets_a_year(n) * MEASURED.bytes_of_a_ticket / 1e9, ",.1f"),
    ("Meltano's states, one a store", lambda n: n, ",.0f"),
    ("Airflow task instances a year", lambda n: (tasks(n) + 2) * NIGHTS_A_YEAR, ",.0f"),
)
SIZES = (10, 1_000, 50_000)


def _franpos_calls() -> float:
    return NIGHTS_A_MONTH * MEASURED.franpos_calls_of_a_night


def _tickets_a_year(stores: int) -> float:
    return stores * ASSUMED.tickets * NIGHTS_A_YEAR


def constants_table() -> str:
    """Return the constants as a Markdown table, in the words of their classes' docstrings."""
    lines = ["| constant | value | what it is |", "|---|---:|---|"]
    for kind in (MEASURED, ASSUMED, LIMITS):
        words = _attributes(type(kind).__doc__ or "")
        for name, text in words.items():
            lines.append(f"| `{name}` | {getattr(kind, name):,g} | {text} |")
    return "\n".join(lines)


def figures_table() -> str:
    """Return the figures at every size as a Markdown table."""
    heads = " | ".join(f"{size:,} stores" for size in SIZES)
    lines = [f"| | {heads} |", "|---|" + "---:|" * len(SIZES)]
    lines += [
        f"| {name} | " + " | ".join(format(figure(size), form) for size in SIZES) + " |" for name, figure, form in ROWS
    ]
    return "\n".join(lines)


def _attributes(docstring: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in docstring.partition("Attributes:")[2].splitlines():
        name, colon, text = line.strip().partition(": ")
        if colon and name.isidentifier():
            found[name] = text
    return found


if __name__ == "__main__":
    print(figures_table())
