"""Faults of the service itself for `sandbox.chaos`: contents it never takes, bodies too large, faults that say nothing.

They are drawn by lots of their own, so that all else of a seed is what it would be without them; half of the seeds have
none. A content that QuickBooks never takes, and a gateway's size, stay as they are: also in the clean run at the end.
What passes comes in one night, so that no document can fail so often that it is given up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Order = dict[str, Any]

SPOILT = "Spoilt goods"
_SAYS_NOTHING = ("6000 again", "6000 -30000", "6000 -30003")
_NEVER_TAKEN: tuple[tuple[Order, ...], ...] = (
    ({"do": "500"},),
    ({"do": "refuse", "code": "10000"}, {"do": "refuse", "code": "500"}),
    tuple({"do": "refuse", "code": code} for code in _SAYS_NOTHING),
    ({"do": "xml", "code": "6000"}, {"do": "broken_xml", "code": "6070"}),
    ({"do": "html", "status": 400}, {"do": "empty", "status": 400}),
)
_SIZES = (20_000, 40_000)  # above any one ticket, below a batch
_PASSING_WORDS = re.compile(r"try again|\(-3000\d\)|Could not find resource|Unknown Error during Authentication")
_OPEN = frozenset({"skipped", "posting"})


@dataclass(slots=True)
class Troubles:
    """What the service does wrong in one seed.

    Attributes:
        lasting: Orders that hold in every night and in the clean run.
        passing: Orders of one night.
        night: Which night that is, counted from 0.
        tickets: What is rung up that QuickBooks never takes: lines of new tickets.
        edits: What becomes of a sound ticket after the first night that QuickBooks never takes: lines added to it.
    """

    lasting: list[Order] = field(default_factory=list)
    passing: list[Order] = field(default_factory=list)
    night: int = 0
    tickets: list[Order] = field(default_factory=list)
    edits: list[Order] = field(default_factory=list)

    def orders(self, night: int | None) -> list[Order]:
        """Return the orders of a night; of the clean run where it is None."""
        return [*self.lasting, *(self.passing if night == self.night else [])]


def draw(seed: int, nights: int) -> Troubles:
    """Draw what the service does wrong in a seed of so many nights."""
    random = Random(f"{seed} service")
    troubles = Troubles()
    if random.random() < 0.5:
        return troubles
    if random.random() < 0.6:
        never = random.choice(random.choice(_NEVER_TAKEN))
        troubles.lasting.append(never | {"match": {"body": SPOILT, "every": 1}})
        lines = ({"name": SPOILT}, {"discount": "1.00", "discount_name": SPOILT})
        for kind in random.sample(("new", "edited"), random.randint(1, 2)):
            line = {"price": "9.50", **random.choice(lines)}
            (troubles.tickets if kind == "new" else troubles.edits).append(line)
    if random.random() < 0.3:
        match = {"larger_than": random.choice(_SIZES), "every": 1}
        troubles.lasting.append({"do": "html", "status": 413, "match": match})
    if random.random() < 0.6 or not troubles.lasting:
        troubles.passing.append(_passing(random))
        troubles.night = random.randrange(nights)
    for order in (*troubles.lasting, *troubles.passing):
        order["where"] = "qbo"
    return troubles


def _passing(random: Random) -> Order:
    share = random.choice((0.1, 0.4, 1))
    says_nothing = random.choice(_SAYS_NOTHING)
    orders: tuple[Order, ...] = (
        {"do": "refuse", "code": says_nothing, "match": {"first": random.randint(1, 2), "share": share}},
        {"do": "refuse_after", "code": says_nothing, "match": {"share": share}},
        {"do": "refuse", "code": "500", "match": {"share": share}, "times": random.randint(1, 60)},
        {"do": "refuse", "code": random.choice(("500", "120")), "match": {"every": 1}},
        {"do": "refuse", "code": "500", "match": {"entity": "Batch", "every": random.randint(1, 2)}},
    )
    return random.choice(orders)


def told(orders: Iterable[Order]) -> list[str]:
    """Tell orders in few words."""
    return [" ".join(str(order.get(key, "")) for key in ("do", "code", "status", "match", "times")) for order in orders]


def wrongly_skipped(rows: Iterable[Mapping[str, Any]], spoilt: Iterable[str]) -> list[str]:
    """Return the tickets that were skipped for a fault that says nothing of them.

    Args:
        rows: The ledger's rows of tickets, as the desk tells them after a clean run.
        spoilt: The ids of the tickets that QuickBooks never takes.
    """
    return [
        f"order {row['ticket_id']}: skipped as {row['code']} for what has passed"
        for row in rows
        if row["status"] == "skipped" and row["ticket_id"] not in spoilt and _PASSING_WORDS.search(row["reason"])
    ]


def unexcused(differences: Iterable[str], spoilt: Iterable[str], rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the differences that no spoilt ticket excuses.

    A ticket that QuickBooks never takes need not stand as at the till, if it stands at most once and its row says why.

    Args:
        differences: As `sandbox.comparison.compare` returns them.
        spoilt: The ids of the tickets that QuickBooks never takes.
        rows: The ledger's rows of tickets by id, as the desk tells them.
    """
    open_ = {one for one in spoilt if rows[one]["status"] in _OPEN and rows[one]["reason"]}
    return [
        difference
        for difference in differences
        if not (found := re.match(r"Franpos location \d+ order (\w+): (?!has [2-9]|has \d\d)", difference))
        or found[1] not in open_
    ]
