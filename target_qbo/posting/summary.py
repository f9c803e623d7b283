"""What a run did, for its last lines and for the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting.kinds import facts
from target_qbo.accounting.liabilities import Owed
from target_qbo.accounting.unmapped import Unmapped
from target_qbo.ledger import runs
from target_qbo.said import Said

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from target_qbo.accounting import DocumentKind


@dataclass(slots=True)
class RunSummary:
    """Figures of one run.

    Attributes:
        night: Which night's run it is: when that was to begin; None: somebody else's.
        fetched: Whether all that the till has is there: else the till was not asked, or not to the end.
        bookmarked: Whether the tap gave bookmarks out.
        problem: What went wrong at the till, in one line; empty: nothing.
        open: Tickets that are half done in QuickBooks.
        left: Tickets whose own request got no answer, left for the next run.
        codes: Why tickets were skipped, by their key in the ledger.
        owed: What of gift cards and deposits was posted as income.
        unmapped: Tenders posted as ``Other`` because nobody knows their name.
        amounts: By kind of document, in the company's currency.
    """

    night: dt.datetime | None = None
    fetched: bool = True
    bookmarked: bool = False
    problem: str = ""
    posted: int = 0
    skipped: int = 0
    waiting: int = 0
    open: int = 0
    left: int = 0
    taken_back: int = 0
    codes: dict[int, str] = field(default_factory=dict)
    owed: Owed = field(default_factory=Owed)
    unmapped: Unmapped = field(default_factory=Unmapped)
    documents: Counter[DocumentKind] = field(default_factory=Counter)
    amounts: dict[DocumentKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add_document(self, kind: DocumentKind, amount: Decimal) -> None:
        """Count a document that now stands."""
        self.documents[kind] += 1
        self.amounts[kind] += amount

    def skip(self, tickets: Iterable[int], code: str) -> None:
        """Count tickets that are skipped; once, however often they are come to."""
        for ticket in tickets:
            self.skipped += ticket not in self.codes
            self.codes[ticket] = code

    def unskip(self, ticket: int) -> None:
        """Take back that a ticket is skipped: it is decided again."""
        self.skipped -= self.codes.pop(ticket, None) is not None

    def take_back(self, kind: DocumentKind, amount: Decimal) -> None:
        """Count a document that was taken back."""
        self.taken_back += 1
        self.documents[kind] -= 1
        self.amounts[kind] -= amount

    def as_record(self) -> dict[str, Any]:
        """Return the figures for the ledger."""
        run: dict[str, Any] = {} if self.fetched else {"fetched": False}
        if self.bookmarked:
            run["bookmarked"] = True
        if self.problem:
            run["problem"] = self.problem
        if self.night is not None:
            run |= {"kind": runs.NIGHT, "night": self.night.isoformat()}
        return run | {
            "posted": self.posted,
            "skipped": self.skipped,
            "waiting": self.waiting,
            "open": self.open,
            "left": self.left,
            "taken_back": self.taken_back,
            "owed": {"sold": str(self.owed.sold), "redeemed": str(self.owed.redeemed)},
            "unmapped": {name: str(amount) for name, amount in self.unmapped.amounts().items()},
            "documents": {kind.value: number for kind, number in self.documents.items()},
            "amounts": {kind.value: str(amount) for kind, amount in self.amounts.items()},
        }

    def figures(self) -> str:
        """Return in one line what was posted."""
        documents = ", ".join(
            f"{number} {facts(kind).plural} of {self.amounts[kind]:,.2f}"
            for kind, number in sorted(self.documents.items())
        )
        return f"posted in this run: {self.posted} tickets" + (f" ({documents})" if documents else "")

    def warnings(self) -> Iterator[tuple[str, str]]:
        """Yield what a person should know of what was posted: the event's name in the log, and the text."""
        if self.owed != Owed():
            text = Said(
                "gift cards and deposits: {sold} sold were posted as income, {redeemed} redeemed as money received; "
                "they are a liability: set item_rules, and deposit_accounts of Gift Card",
                sold=self.owed.sold,
                redeemed=self.owed.redeemed,
            )
            yield "liabilities_as_income", text
        if self.unmapped:
            yield "tenders_unmapped", self.unmapped_told()

    def unmapped_told(self) -> str:
        """Return which tenders nobody knows were posted, and what to do; empty where there were none."""
        if not self.unmapped:
            return ""
        return Said(
            "tenders that no rule knows: {tenders}; they were posted as Other, money received: say what each is in "
            "tender_map (Other, where that is right)",
            tenders=self.unmapped.told(),
        )
