"""The model of scale: from what one store's night takes to what many take. Pure; `docs/scale.md` explains it.

`python -m benchmarks.scale_model` prints its tables; `scripts/generate.py` writes them into the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

NIGHTS_A_MONTH = 30
NIGHTS_A_YEAR = 365
WEEKS_A_MONTH = NIGHTS_A_MONTH / 7
OF_AN_AIRFLOW = 5_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: seconds, bytes, counts; a letter in brackets stands for a command that `docs/scale.md` names.

    Attributes:
        cpu_of_a_night: CPU of a usual night without tickets, tap and target, start of both included [N].
        cpu_of_a_ticket: What each ticket adds to it [N].
        cpu_of_meltano: What the entry point and Meltano add to a night [M].
        cpu_of_airflow: What Airflow adds to a night: its task's process, scheduler, API, DAG parsing [A].
        cpu_of_a_listed_store: To read one entry of `stores.yml`; every task reads the whole file twice [S].
        cpu_of_database: Of PostgreSQL, for a night, with Meltano's state [M].
        wall_of_a_night: From start to end through Meltano, at APIs without latency, one night at a time [M].
        memory_of_a_night: At most: Meltano's, and twice the larger plugin's [M, N].
        connections_of_a_night: To PostgreSQL: the ledger's, and Meltano's [M].
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

    cpu_of_a_night: float = 1.45
    cpu_of_a_ticket: float = 0.0025
    cpu_of_meltano: float = 1.9
    cpu_of_airflow: float = 3.1
    cpu_of_a_listed_store: float = 0.00024
    cpu_of_database: float = 0.11
    wall_of_a_night: float = 3.5
    memory_of_a_night: float = 305e6
    connections_of_a_night: float = 4
    requests_of_a_night: float = 7.2
    batches_of_a_night: float = 4.0
    writes_of_a_ticket: float = 1.99
    reads_of_a_cold_start: float = 6
    reads_of_a_night: float = 1
    reads_of_a_week: float = 5
    reads_of_a_change: float = 5
    franpos_calls_of_a_night: float = 3
    rows_of_a_ticket: float = 4.6
    bytes_of_a_ticket: float = 3_000


@dataclass(frozen=True, slots=True)
class Assumed:
    """What no sandbox can tell: how shops are, and how slow the real APIs.

    Attributes:
        tickets: Of a store and night.
        locations: Of a store.
        api_seconds: For which a night waits for the real APIs: two rounds of batches of up to 20 s, some reads.
        nights_with_a_change: Share of a store's nights on which something posted had changed.
        window_hours: In which all nights are to be over.
    """

    tickets: int = 40
    locations: int = 1
    api_seconds: float = 45.0
    nights_with_a_change: float = 0.1
    window_hours: float = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The APIs' limits, as their makers publish them.

    Attributes:
        reads_a_month: Metered calls of an Intuit app for all of its companies together, free of charge.
        requests_a_minute: Of a company.
        batches_a_minute: Of a company.
        franpos_calls_a_month: Of a location.
        mapped: Stores that the DAG maps one task over; Airflow's default limit is 1,024.
    """

    reads_a_month: int = 500_000
    requests_a_minute: int = 500
    batches_a_minute: int = 40
    franpos_calls_a_month: int = 1_000
    mapped: int = 1_000


MEASURED, ASSUMED, LIMITS = Measured(), Assumed(), Limits()

Figure = Callable[[int], float]


def cpu_of_a_night(tickets: int = ASSUMED.tickets) -> float:
    """Return the CPU seconds of tap and target for a usual night of so many tickets."""
    return MEASURED.cpu_of_a_night + MEASURED.cpu_of_a_ticket * tickets


def cpu_of_a_task(stores: int) -> float:
    """Return the CPU seconds of a night with all that runs it: Airflow, Meltano, both plugins, the database.

    Args:
        stores: Of the same `stores.yml`.
    """
    airflow = MEASURED.cpu_of_airflow + 2 * stores * MEASURED.cpu_of_a_listed_store
    return airflow + MEASURED.cpu_of_meltano + cpu_of_a_night() + MEASURED.cpu_of_database


def seconds_of_a_task() -> float:
    """Return how long a worker's slot is taken."""
    return MEASURED.wall_of_a_night + ASSUMED.api_seconds


def slots(stores: int) -> float:
    """Return how many nights must run at once to be over in time."""
    return max(1.0, stores * seconds_of_a_task() / (ASSUMED.window_hours * 3600))


def minutes(stores: int, at_once: int) -> float:
    """Return how long all nights take, so many at once."""
    return -(-stores // at_once) * seconds_of_a_task() / 60


def cores(stores: int) -> float:
    """Return how many cores that keeps busy, with an Airflow for each 5,000 stores."""
    return stores * cpu_of_a_task(min(stores, OF_AN_AIRFLOW)) / (ASSUMED.window_hours * 3600)


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
    ("CPU hours a night, tap and target", lambda n: n * cpu_of_a_night() / 3600, ",.2f"),
    ("… with Meltano and an Airflow for each 5,000", lambda n: n * cpu_of_a_task(min(n, OF_AN_AIRFLOW)) / 3600, ",.2f"),
    ("… cores busy, in two hours", cores, ",.1f"),
    ("… hours with one Airflow for all", lambda n: n * cpu_of_a_task(n) / 3600, ",.2f"),
    ("nights at once, in two hours", slots, ",.0f"),
    ("… their database connections", lambda n: slots(n) * MEASURED.connections_of_a_night, ",.0f"),
    ("… their memory, GB", lambda n: slots(n) * MEASURED.memory_of_a_night / 1e9, ",.1f"),
    ("minutes with 4 slots", lambda n: minutes(n, 4), ",.0f"),
    ("… with 16", lambda n: minutes(n, 16), ",.0f"),
    ("… with 400", lambda n: minutes(n, 400), ",.0f"),
    ("ledger rows a year, millions", lambda n: _tickets_a_year(n) * MEASURED.rows_of_a_ticket / 1e6, ",.1f"),
    ("ledger GB a year", lambda n: _tickets_a_year(n) * MEASURED.bytes_of_a_ticket / 1e9, ",.1f"),
    ("Meltano's states, one a store", lambda n: n, ",.0f"),
    ("Meltano's runs a year, a row each", lambda n: n * NIGHTS_A_YEAR, ",.0f"),
    ("Airflow task instances a year", lambda n: (n + 1) * NIGHTS_A_YEAR, ",.0f"),
    ("… mapped tasks of 1,000 stores in the DAG", lambda n: -(-n // LIMITS.mapped), ",.0f"),
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
