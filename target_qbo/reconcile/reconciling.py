"""A period of one company, proven: QuickBooks is read while the ledger is read and decided."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import sys
import threading
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.ledger import proof
from target_qbo.ledger.status import DocumentState
from target_qbo.reconcile.books import Books
from target_qbo.reconcile.comparison import Proof, prove
from target_qbo.reconcile.model import Unread
from target_qbo.reconcile.till import decided, entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger
    from target_qbo.reconcile.model import Booked, Entry, Period
    from target_qbo.reconcile.remembered import DecidedDays


def reconcile(company: Company, period: Period, known: DecidedDays) -> tuple[Proof, int, list[Unread]]:
    """Prove a period.

    Args:
        company: The company.
        period: The days.
        known: Keeps what was decided for proofs of it before.

    Returns:
        The proof, how many metered reads of QuickBooks it took, and what QuickBooks refused to show.

    Raises:
        TargetError: QuickBooks can't be reached or refuses the app.
    """
    with contextlib.closing(Books(company.client, company.ledger, company.settings.names.guest_customer)) as books:
        return _proven(company, books, period, known)


def _proven(company: Company, books: Books, period: Period, known_days: DecidedDays) -> tuple[Proof, int, list[Unread]]:
    ledger, settings = company.ledger, company.settings
    with _undisturbed():
        reading, strangers = books.start(period), books.start_strangers(period)
        tickets = list(decided(ledger, period, settings.rules, dt.datetime.now(dt.UTC), known_days))
        known = entries(proof.dated(ledger, period.first, period.last + dt.timedelta(days=1)))
        booked = [one for future in reading for one in future.result()]
        others = [future.result() for future in strangers]
        known += _under_other_dates(ledger, booked, known)
        elsewhere = _elsewhere(books, period, booked, known)
        unread = [one for one in others if isinstance(one, Unread)]
        shown = [one for some in others if not isinstance(some, Unread) for one in some]
        proof_of_all = prove(period, tickets, known, booked, elsewhere, books.customers(), shown, unread)
    return proof_of_all, books.reads, unread


_TURNS = threading.Lock()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nothing hold a proof up: threads take turns often, and garbage is not looked for.

    The many small reads of a large answer each wait for a turn beside a busy thread; and of the hundred thousands of
    tuples that a month is none is in a cycle. It holds for the whole process: while one proof has it so, others find it
    so.
    """
    if not _TURNS.acquire(blocking=False):
        yield
        return
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 20)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        sys.setswitchinterval(usual)
        _TURNS.release()


def _under_other_dates(ledger: CompanyLedger, booked: Sequence[Booked], known: Sequence[Entry]) -> list[Entry]:
    """Return the ledger's entries of documents in QuickBooks that it dates outside of the period."""
    missing = _by_kind(booked) - _by_kind(known)
    found: list[Entry] = []
    for kind in DocumentKind:
        found += entries(proof.identified(ledger, kind, (one for of, one in missing if of is kind)))
    return found


def _elsewhere(books: Books, period: Period, booked: Sequence[Booked], known: Sequence[Entry]) -> list[Booked]:
    """Return what the ledger dates in the period and QuickBooks has elsewhere: moved, or given to another customer."""
    due = [one for one in known if one.state is DocumentState.POSTED and period.holds(one.date, one.ticket[0])]
    missing = _by_kind(due) - _by_kind(booked)
    found: list[Booked] = []
    for kind in DocumentKind:
        found += books.by_id(kind, (one for of, one in missing if of is kind))
    return found


def _by_kind(documents: Iterable[Booked | Entry]) -> set[tuple[DocumentKind, str]]:
    return {(one.kind, one.qbo_id) for one in documents if one.qbo_id is not None}
