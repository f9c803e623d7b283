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
    """What was measured, by the commands that `docs/scale.md` names; seconds, bytes, or counts.

    Attributes:
        cpu_of_a_night: CPU of a usual night without tickets, tap and target, start of both included.
        cpu_of_a_ticket: What each ticket adds to it.
        cpu_of_meltano: What Meltano adds to a night.
        cpu_of_airflow: What Airflow adds to a night: its task's process and its part of scheduler, API and DAG parsing.
        cpu_of_database: Of PostgreSQL, for a night.
        wall_of_a_night: From start to end through Meltano, at APIs without latency and with a core of its own.
        memory_of_a_night: At most, Meltano, tap and target together.
        requests_of_a_night: To QuickBooks.
        batches_of_a_night: Of them, batches.
        writes_of_a_ticket: Documents written for a ticket.
        reads_of_a_cold_start: Metered, once for each company.
        reads_of_a_week: Metered, to reconcile a store's week.
        reads_of_a_change: Metered, on a night on which something posted had changed at the till.
        franpos_calls_of_a_night: For each location.
        rows_of_a_ticket: In the ledger.
        bytes_of_a_ticket: In the ledger, indexes included.
    """

    cpu_of_a_night: float = 1.52
    cpu_of_a_ticket: float = 0.0045
    cpu_of_meltano: float = 3.0
    cpu_of_airflow: float = 4.0
    cpu_of_database: float = 0.07
    wall_of_a_night: float = 5.0
    memory_of_a_night: float = 330e6
    requests_of_a_night: float = 6.0
    batches_of_a_night: float = 4.0
    writes_of_a_ticket: float = 1.98
    reads_of_a_cold_start: float = 8
    reads_of_a_week: float = 3
    reads_of_a_change: float = 4
    franpos_calls_of_a_night: float = 3
    rows_of_a_ticket: float = 4.6
    bytes_of_a_ticket: float = 7_400


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
        map_length: Airflow's default for the tasks that one operator is mapped to.
    """

    reads_a_month: int = 500_000
    requests_a_minute: int = 500
    batches_a_minute: int = 40
    franpos_calls_a_month: int = 1_000
    map_length: int = 1_024


MEASURED, ASSUMED, LIMITS = Measured(), Assumed(), Limits()

Figure = Callable[[int], float]


def cpu_of_a_night(tickets: int = ASSUMED.tickets) -> float:
    """Return the CPU seconds of tap and target for a usual night of so many tickets."""
    return MEASURED.cpu_of_a_night + MEASURED.cpu_of_a_ticket * tickets


def cpu_of_a_task() -> float:
    """Return the CPU seconds of a night with all that runs it: Airflow, Meltano, both plugins, the database."""
    return MEASURED.cpu_of_airflow + MEASURED.cpu_of_meltano + cpu_of_a_night() + MEASURED.cpu_of_database


def seconds_of_a_task() -> float:
    """Return how long a worker's slot is taken."""
    return MEASURED.wall_of_a_night + ASSUMED.api_seconds


def slots(stores: int) -> float:
    """Return how many nights must run at once to be over in time."""
    return max(1.0, stores * seconds_of_a_task() / (ASSUMED.window_hours * 3600))


def cores(stores: int) -> float:
    """Return how many cores that keeps busy."""
    return stores * cpu_of_a_task() / (ASSUMED.window_hours * 3600)


def usual_reads(stores: int) -> float:
    """Return the metered reads of a month without reconciling."""
    return stores * NIGHTS_A_MONTH * ASSUMED.nights_with_a_change * MEASURED.reads_of_a_change


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
    ("CPU hours a night", lambda n: n * cpu_of_a_task() / 3600, ",.1f"),
    ("… cores busy, in two hours", cores, ",.1f"),
    ("nights at once, in two hours", slots, ",.0f"),
    ("… minutes on 16 slots", lambda n: n * seconds_of_a_task() / 16 / 60, ",.0f"),
    ("… their memory, GB", lambda n: slots(n) * MEASURED.memory_of_a_night / 1e9, ",.1f"),
    ("ledger rows a year, millions", lambda n: _tickets_a_year(n) * MEASURED.rows_of_a_ticket / 1e6, ",.1f"),
    ("ledger GB a year", lambda n: _tickets_a_year(n) * MEASURED.bytes_of_a_ticket / 1e9, ",.1f"),
    ("Meltano's rows a year (runs; states: one a store)", lambda n: n * NIGHTS_A_YEAR, ",.0f"),
    ("Airflow task instances a year", lambda n: (n + 1) * NIGHTS_A_YEAR, ",.0f"),
    ("… mapped lists of 1,024 needed", lambda n: -(-n // LIMITS.map_length), ",.0f"),
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
