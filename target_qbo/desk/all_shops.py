"""How all shops stand, those that need attention first: one look at each ledger that they have together."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from franpos_qbo.kept import says_nothing
from franpos_qbo.stores import by_realm
from target_qbo.desk.config import TARGET
from target_qbo.desk.reminding import nights_without
from target_qbo.endings import line_of
from target_qbo.errors import TargetError
from target_qbo.ledger.database import open_database
from target_qbo.ledger.kept import environments
from target_qbo.ledger.runs import STOPPED
from target_qbo.ledger.standings import Standing, standings
from target_qbo.ledger.status import TicketStatus
from target_qbo.settings import LEDGER_URL, SETTINGS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from franpos_qbo.stores import Store
    from target_qbo.desk.shops import Shops
    from target_qbo.ledger.standings import LatestRun

DAYS = 30
_ENVIRONMENT = SETTINGS["properties"]["environment"]["default"]


@dataclass(frozen=True, slots=True)
class ShopRow:
    """How a shop stands. Where several share a company, runs are the company's, figures those of its own locations.

    Attributes:
        name: Its name.
        locations: Ids of its Franpos locations.
        realm: Id of its company in QuickBooks.
        shared: Whether other shops have the same company.
        problem: Why nothing can be told of it, in one line; None: all else tells.
        run: The latest run; None: there was none.
        synced: When the latest sync began that came to its end (UTC); None: there was none.
        nights: For how many nights nothing was; 0: not for two yet.
        skipped: How many tickets are skipped.
        waiting: How many wait for payments.
        difference: The till less the books of the latest 30 days, in the company's currency.
        differing: How many of these days differ.
    """

    name: str
    locations: Sequence[int]
    realm: str
    shared: bool
    problem: str | None = None
    run: LatestRun | None = None
    synced: dt.datetime | None = None
    nights: int = 0
    skipped: int = 0
    waiting: int = 0
    difference: Decimal = Decimal(0)
    differing: int = 0

    @property
    def is_late(self) -> bool:
        """Whether it was not synced for nights."""
        return self.nights > 0

    @property
    def is_stopped(self) -> bool:
        """Whether its latest run did not come to its end."""
        return self.run is not None and self.run.outcome == STOPPED

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look."""
        is_well = self.problem is None and self.synced is not None and not self.is_late and not self.is_stopped
        return not is_well or bool(self.skipped or self.differing)


def all_shops(shops: Shops, now: dt.datetime) -> list[ShopRow]:
    """Look at all shops; what is wrong with one leaves the others alone.

    Raises:
        ConfigurationError: The file of stores as a whole can't be used.
    """
    stores = shops.stores()
    alone, _ = by_realm(stores)
    own_company = {store.name for store in alone}
    problems: dict[str, str] = {}
    ledgers: dict[str, list[tuple[Store, str | None]]] = defaultdict(list)
    for store in stores:
        try:
            given = shops.desk(store.name).given(TARGET, SETTINGS)
        except TargetError as error:
            problems[store.name] = str(error)
        else:
            environment = None if says_nothing(given, "environment", SETTINGS) else given["environment"]
            ledgers[given.get("ledger_url") or LEDGER_URL].append((store, environment))
    found: dict[str, Standing] = {}
    for url, some in ledgers.items():
        try:
            found |= _of_ledger(url, some, now)
        except (TargetError, DBAPIError) as error:
            problems |= dict.fromkeys((store.name for store, _ in some), line_of(error))
    rows = [_row(store, found.get(store.name), problems.get(store.name), own_company, now) for store in stores]
    return sorted(rows, key=_urgency)


def _of_ledger(url: str, stores: Sequence[tuple[Store, str | None]], now: dt.datetime) -> Mapping[str, Standing]:
    engine = open_database(url)
    try:
        known, kept = standings(engine, DAYS, now), environments(engine)
    finally:
        engine.dispose()
    return {
        store.name: known.get((given or kept.get(store.realm) or _ENVIRONMENT, store.realm), Standing())
        for store, given in stores
    }


def _row(
    store: Store, found: Standing | None, problem: str | None, own_company: Collection[str], now: dt.datetime
) -> ShopRow:
    shared = store.name not in own_company
    if found is None:
        return ShopRow(store.name, store.locations, store.realm, shared, problem)
    own = {str(location) for location in store.locations}
    counts: Counter[TicketStatus] = Counter()
    for (location, status), number in found.counts.items():
        if location in own or not shared:
            counts[status] += number
    days: dict[dt.date, Decimal] = defaultdict(Decimal)
    for (location, day), amount in found.differences.items():
        if location in own or not shared:
            days[day] += amount
    return ShopRow(
        *(store.name, store.locations, store.realm, shared),
        run=found.run,
        synced=found.synced,
        nights=nights_without(found.synced, now) if found.synced is not None else 0,
        skipped=counts[TicketStatus.SKIPPED],
        waiting=counts[TicketStatus.WAITING],
        difference=sum(days.values(), Decimal(0)),
        differing=sum(1 for amount in days.values() if amount),
    )


def _urgency(row: ShopRow) -> tuple[object, ...]:
    """Return by what rows are sorted: what can't be read, what was never or not lately synced, then the others."""
    return (
        row.problem is None,
        row.synced is not None,
        -row.nights,
        not row.is_stopped,
        -row.skipped,
        not row.differing,
        -row.waiting,
        row.name,
    )
