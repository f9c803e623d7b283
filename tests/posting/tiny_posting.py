"""Posting as small as it can be: the plan and the machine as they are, with a ledger and books in memory, no threads.

What the engine does around them is done in its shortest form: look up what is unknown, void what pays no invoice, plan
every pending unit, send one operation after another.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import Document, DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.naming import ownership_mark
from target_qbo.ledger.adopting import FOUND_VOIDED
from target_qbo.ledger.changes import Changes, UnitChange
from target_qbo.ledger.lifecycle import DocumentEvent, TicketEvent, UnitEvent
from target_qbo.ledger.status import HALF_DONE, DocumentState, Stands, TicketStatus
from target_qbo.posting.courier import Courier
from target_qbo.posting.findings import GONE
from target_qbo.posting.ops import NotDone, Unknown, Verb
from target_qbo.posting.payloads import DocumentRefs
from target_qbo.posting.plan import ENDS, Outcome, Plan, decided, plan, skipped
from target_qbo.posting.standing import Standing
from target_qbo.posting.summary import RunSummary
from target_qbo.posting.unit import give_up, settle
from target_qbo.posting.work import UnitWork
from target_qbo.qbo import RateLimits
from tests.posting.tiny_books import NEVER_TAKEN, TinyBooks
from tests.posting.tiny_ledger import TinyLedger
from tests.posting.tiny_shop import LATER, RULES, ticket, wrong

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.ops import Fate, Op

_PASSES = 9
_REFS = DocumentRefs("1", "NON", defaultdict(lambda: "1"), defaultdict(lambda: "1"), defaultdict(lambda: "1"))
_BATCH = 4


class _Methods:
    def named(self, _row: object) -> None:
        """No names are known here."""


class TinyPosting:
    """A company whose tickets are posted; it is what a unit's work may ask, too.

    Attributes:
        half_done: Which tickets the latest run left half done.
    """

    def __init__(self) -> None:
        self.books = TinyBooks()
        self.ledger = TinyLedger()
        self._courier = Courier(self.books, RateLimits(requests=9, batches=9), _BATCH)  # type: ignore[arg-type]
        self._lost: Counter[int] = Counter()
        self._again: set[int] = set()
        self.half_done: set[int] = set()

    # What a unit's work may ask

    def known(self, kind: DocumentKind, qbo_ids: Sequence[str]) -> set[str]:
        """Return which of these documents the ledger has."""
        return self.ledger.known(kind, qbo_ids)

    def methods(self) -> _Methods:
        """Return the names of payment methods."""
        return _Methods()

    def closed_until(self) -> dt.date | None:
        """Return up to which date the books are closed."""
        return None

    # The till

    def ring_up(self, key: int, amounts: Sequence[int], methods: Sequence[str], *, refund: bool) -> None:
        """Ring a ticket up, or have another one in its place."""
        self.ledger.receive(key, *ticket(str(key), amounts, methods, refund=refund))

    def void(self, key: int) -> None:
        """Void a ticket at the till."""
        if key in self.ledger.tickets:
            known = self.ledger.tickets[key]
            self.ledger.receive(key, {**known.record, "status": "voided"}, known.paid)

    # Runs

    def run(self) -> None:
        """Post what is pending; it may be killed."""
        self._begin()
        vain: dict[int, UnitView] = {}
        for _ in range(_PASSES):
            self._again.clear()
            self._find_unknown()
            pending = [self.ledger.view(key) for key, one in self.ledger.tickets.items() if one.pending]
            self._carry_out([self._orphans_of(view) for view in pending if _has_orphans(view)])
            for key in [view.key for view in pending if view.key not in vain]:
                view = self.ledger.view(key)
                if self._lost[key] >= 3:
                    vain[key] = view
                elif view.pending and (work := self._work(view)) is not None:
                    self._carry_out([work])
            if not self._again - vain.keys():
                break
        for view in vain.values():
            changes = Changes()
            told = give_up(view, changes, RunSummary(), "no answer")
            self.ledger.write(changes)
            if told is not None and view.standing:
                self._carry_out([self._made(view, skipped("unanswered", told, tuple(view.standing)))])

    def undo(self) -> None:
        """Take all back; it may be killed."""
        self._begin()
        self._find_unknown()
        for key, one in self.ledger.tickets.items():
            view = self.ledger.view(key)
            if not view.standing and one.stands is not Stands.UNDOING:
                continue
            code = None if view.record else FOUND_VOIDED
            planned = Plan(Outcome.UNDONE, code=code, reason="undone", leaving=tuple(view.standing))
            self._carry_out([self._made(view, planned, meanwhile="cut short")])

    def resync(self) -> None:
        """Hold what the ledger has against the books, and have every ticket decided again."""
        self._find_unknown()
        for key, one in self.ledger.tickets.items():
            view = self.ledger.view(key)
            changes = Changes()
            main = next((own for own in view.standing if own.kind != DocumentKind.PAYMENT), None)
            for own in view.standing:
                row = self.books.rows.get(facts(own.kind).entity, {}).get(own.qbo_id or "")
                if row is None or Standing(DocumentKind(own.kind), row).voided:
                    changes.happens(DocumentEvent.TAKEN_BACK, own.key)
                elif own.kind == DocumentKind.PAYMENT and not (
                    main is not None and Standing(DocumentKind.PAYMENT, row).pays(main.qbo_id, own.amount)
                ):
                    changes.happens(DocumentEvent.OFF_ITS_INVOICE, own.key)
            if changes:
                stands = any(change.event is not DocumentEvent.TAKEN_BACK for change in changes.documents)
                stands = stands or len(changes.documents) < len(view.standing)
                changes.units.append(UnitChange(key, UnitEvent.SEEN_OTHERWISE if stands else UnitEvent.EMPTIED))
                self.ledger.write(changes)
            one.pending = True
            one.status = TicketStatus.RECEIVED if one.status is TicketStatus.UNDONE else one.status

    def wrong(self) -> list[str]:
        """Return what stands otherwise than it is to; of what is never taken any whole may stand, or nothing."""
        spoilt = self.spoilt()
        views = [self.ledger.view(key) for key in self.ledger.tickets if key not in spoilt]
        return wrong(self.books, {str(view.key): decided(view, RULES, LATER) for view in views}) + self.unsettled()

    def pending(self) -> set[int]:
        """Return the tickets that are not settled."""
        return {key for key, one in self.ledger.tickets.items() if one.pending}

    def spoilt(self) -> set[int]:
        """Return the tickets that QuickBooks never takes as they are."""
        decisions = {key: decided(self.ledger.view(key), RULES, LATER) for key in self.ledger.tickets}
        return {key for key, one in decisions.items() if isinstance(one, Document) and one.total in NEVER_TAKEN}

    def unsettled(self) -> list[str]:
        """Return what stands otherwise than the ledger says, or as a part, of tickets that are settled."""
        found = []
        for key, one in self.ledger.tickets.items():
            mark = ownership_mark("1", str(key))
            rows = [
                (kind, row)
                for kind in DocumentKind
                for row in self.books.standing(facts(kind).entity)
                if mark in row["PrivateNote"]
            ]
            known = {(own.kind, own.qbo_id) for own in self.ledger.view(key).standing}
            whole = not any(row.get("Balance") or row.get("UnappliedAmt") for _, row in rows)
            stands = {(kind, row["Id"]) for kind, row in rows}
            # Voided in a run that was killed before it could note it: taken for a person's hand, and left so.
            agrees = stands <= known if one.code == GONE else stands == known
            if not one.pending and not (whole and agrees):
                found.append(f"{key} is {one.status}: {known} and {rows}")
        return found

    def lose_the_ledger(self) -> None:
        """Have another ledger in its place, which adopts what stands; what was voided alone stays undone."""
        lost, self.ledger = self.ledger, TinyLedger()
        for key, one in lost.tickets.items():
            self.ledger.receive(key, one.record, one.paid)
            changes, voided, mark = Changes(), False, ownership_mark("1", str(key))
            for kind in DocumentKind:
                for row in self.books.rows.get(facts(kind).entity, {}).values():
                    there = Standing(kind, row)
                    if there.is_of(mark) and not there.voided and there.number is not None:
                        told = there.told(there.total()) | {"date": there.date, "method": None}
                        changes.happens(DocumentEvent.FOUND, (key, kind, there.number), **told)
                    voided = voided or (there.is_of(mark) and there.voided)
            if changes:
                changes.units.append(UnitChange(key, UnitEvent.FOUND))
                self.ledger.write(changes)
            elif voided:
                ticket = self.ledger.tickets[key]
                ticket.status, ticket.code, ticket.pending = TicketStatus.UNDONE, FOUND_VOIDED, False

    def foretold(self) -> dict[int, Outcome]:
        """Return what is planned for what is pending."""
        views = [self.ledger.view(key) for key, one in self.ledger.tickets.items() if one.pending]
        return {view.key: plan(view, decided(view, RULES, LATER), on_change="update").outcome for view in views}

    # Parts of a run

    def _begin(self) -> None:
        self.half_done.clear()
        self._lost.clear()
        self.ledger.doubt()

    def _orphans_of(self, view: UnitView) -> UnitWork:
        orphans = tuple(one for one in view.standing if one.state is DocumentState.ORPHANED)
        return self._made(view, Plan(Outcome.UNFINISHED, leaving=orphans))

    def _work(self, view: UnitView) -> UnitWork | None:
        planned = plan(view, decided(view, RULES, LATER), on_change="update")
        if planned.outcome is Outcome.OPEN:
            self._again.add(view.key)
            return None
        if planned.outcome not in ENDS or planned.leaving:
            return self._made(view, planned)
        changes = Changes()
        settle(view, planned, changes, RunSummary())
        self.ledger.write(changes)
        return None

    def _made(self, view: UnitView, planned: Plan, **more: Any) -> UnitWork:
        return UnitWork(view, planned, _REFS, self, RunSummary(), **more)  # type: ignore[arg-type]

    def _carry_out(self, works: Iterable[UnitWork]) -> None:
        for work in works:
            changes = Changes()
            ready = deque(work.begin(changes))
            self.ledger.write(changes)
            while ready:
                some = [ready.popleft()]
                while ready and some[0].verb is ready[0].verb is Verb.CREATE and len(some) < _BATCH:
                    some.append(ready.popleft())
                ready.extend(self._sent(some))
            if work.stalled:
                self._again.add(work.unit)
            (self.half_done.add if work.open else self.half_done.discard)(work.unit)

    def _sent(self, some: Sequence[Op]) -> list[Op]:
        """Send operations; returns those that follow."""
        if some[0].verb is Verb.LOOK:
            outcomes: Sequence[Fate] = self._courier.look(some)
        else:
            request_id = self.ledger.send(some) if some[0].verb is Verb.CREATE else uuid.uuid4().hex
            outcomes = self._courier.send(some, request_id, again=False)
        changes, follow = Changes(), []
        for op, outcome in zip(some, outcomes, strict=True):
            self._lost[op.work.unit] += isinstance(outcome, Unknown)
            follow += [op] if isinstance(outcome, NotDone) else op.work.answered(op, outcome, changes)
        self.ledger.write(changes)
        return follow

    def _find_unknown(self) -> None:
        """Look up every document of unknown fate; what differs is skipped."""
        for document in sorted(self.ledger.of(DocumentState.SENDING), key=lambda one: one.kind):
            kind, mark = DocumentKind(document.kind), ownership_mark("1", document.name)
            every = [Standing(kind, row) for row in self.books.rows.get(facts(kind).entity, {}).values()]
            ours = [row for row in every if row.number == document.number and row.is_of(mark)]
            stands = next((row for row in ours if not row.voided), None)
            changes = Changes()
            if stands is None:
                known = self.ledger.known(kind, [row.qbo_id for row in ours])
                over = document.missed > 0 or any(row.qbo_id not in known for row in ours)
                changes.happens(DocumentEvent.OVER if over else DocumentEvent.NOT_THERE, document.key)
            elif (stands.total(), stands.date) == (document.amount, document.date):
                main = next((one for one in self.ledger.view(document.unit).standing if one.kind == "invoice"), None)
                invoice = main.qbo_id if main is not None else None
                pays = kind is not DocumentKind.PAYMENT or stands.pays(invoice, document.amount)
                event = DocumentEvent.STANDS if pays else DocumentEvent.STRAYS
                changes.happens(event, document.key, **stands.told(document.amount))
            else:
                changes.happens(DocumentEvent.DIFFERS, document.key)
                changes.settled += self.ledger.view(document.unit).settled(TicketEvent.SKIPPED, "altered", "")
            self.ledger.write(changes)


def _has_orphans(view: UnitView) -> bool:
    touched = view.stands in HALF_DONE or view.insisted
    return touched and any(one.state is DocumentState.ORPHANED for one in view.standing)
