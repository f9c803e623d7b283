"""The way of a unit: from its plan and the answers so far to the next operations, and to what is written down.

It sends nothing and writes nothing: it returns operations, and gathers what is to be written in ``Changes``, which are
in the ledger before the operations leave. Whatever it knows can be told again from the ledger: after a kill the next
run plans the unit anew.

The way: look at what stands, payments that leave, the document that leaves or is updated, the new document, its
payments. What a change voids before its invoice is *lifted*: where the change is refused, it is put back. What was made
and can't stay as a whole is taken back. Source: accounting rules, Documents and After posting.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.naming import further_number, marked
from target_qbo.ledger.lifecycle import DocumentEvent
from target_qbo.ledger.status import DocumentState, Stands
from target_qbo.posting.findings import (
    GONE,
    UNANSWERED,
    Hindrance,
    altered,
    hindrance,
    in_closed_period,
    not_applied,
    not_payable,
    total_differs,
)
from target_qbo.posting.ops import Done, Fate, Op, Refused, Seen, Unknown, Verb
from target_qbo.posting.payloads import document_body, payment_body
from target_qbo.posting.plan import skipped
from target_qbo.posting.standing import Standing
from target_qbo.posting.unit import Unit
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger.changes import Changes
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.qbo import Fault


# What is voided keeps its number: a ticket that was undone and posted several times needs as many.
_FURTHER_NUMBERS = 8
_TRIES = 3
_READ_AGAIN = frozenset((Reaction.READ_AGAIN, Reaction.NAMES_ANEW))


class UnitWork(Unit):
    """A unit under way; see :class:`target_qbo.posting.unit.Unit` for what it is made of."""

    # The way

    def begin(self, changes: Changes) -> list[Op]:
        """Return the first operations; what there is to write down without any goes into ``changes``."""
        touched = list(self._standing.values()) if self._planned.touches or self._obstacle else []
        if not touched and self._main is not None and self._unpaid:
            touched = [self._main]
        if touched or self._lifted:
            return self._ops(Verb.LOOK, [*touched, *self._lifted.values()])
        self._looked = True
        return self._go_on(changes)

    def answered(self, op: Op, outcome: Fate, changes: Changes) -> list[Op]:
        """Take note of what became of an operation; returns the operations that became possible."""
        self._outstanding -= 1
        if isinstance(outcome, Seen) and op.field != "Id":
            return self._numbered(op, outcome.found, changes)
        if isinstance(outcome, Seen):
            self._saw(op, outcome.found, changes)
        elif op.verb is Verb.CREATE:
            self._created(op, outcome, changes)
        elif isinstance(outcome, Done):
            self._done(op, Standing(op.kind, outcome.row), changes)
        else:
            self._not_done(op, outcome)
        if self._outstanding or self.stalled or self.left is not None:
            return []
        if not self._looked:
            self._looked = True
            if self._is_hindered(changes):
                return []
        return self._go_on(changes)

    def _go_on(self, changes: Changes) -> list[Op]:
        if self._obstacle is not None:
            unsure = [one for key, one in self._standing.items() if key in self._failed and key in self._aged]
            return self._ops(Verb.LOOK, unsure) if unsure else self._obstructed(changes)
        if self._fault is not None and not self._takes_back:
            return self._refused(changes)
        if self._leaving:
            leaving = [one for key, one in self._standing.items() if key in self._leaving]
            payments = [one for one in leaving if one.kind == DocumentKind.PAYMENT]
            return self._touch(Verb.TAKE_BACK, payments or leaving, changes)
        if self._takes_back or self._end is not None:
            self._emptied(changes)
            return []
        if self._update and self._main is not None:
            return self._touch(Verb.UPDATE, [self._main], changes)
        return self._make(changes)

    def _make(self, changes: Changes) -> list[Op]:
        document, refs = self.document, self._refs
        if document is None or refs is None:
            raise AssertionError
        if self._main is None:
            body = document_body(document, refs)
            return self._send([self._creation(document.kind, document.number, document.total, document.method, body)])
        invoice = self._main.qbo_id or ""
        if self._unpaid:
            ops = []
            for one in self._unpaid.values():
                body = payment_body(document, one, invoice, refs)
                ops.append(self._creation(DocumentKind.PAYMENT, one.key, one.amount, one.method, body))
            return self._send(ops)
        self._finish(changes)
        return []

    # Operations

    def _touch(self, verb: Verb, some: Sequence[StandingDocument], changes: Changes) -> list[Op]:
        """Do something to documents as they are now: those that may have changed since are read first."""
        old = [one for one in some if one.key in self._aged or self._rows.get(one.key) is None]
        if old:
            return self._ops(Verb.LOOK, old)
        stuck = next((one for one in some if self._tries[one.key] >= _TRIES), None)
        if stuck is not None:  # looked at once more: it is still as it was
            self._obstacle = self._failed[stuck.key]
            return self._obstructed(changes)
        self._open(changes)
        return self._ops(verb, some)

    # What was seen

    def _saw(self, op: Op, found: Sequence[Standing], changes: Changes) -> None:
        row = next((one for one in found if not one.voided), None)
        self._aged.discard(op.key)
        if found:
            self._last[op.key] = found[0]
        if op.key not in self._standing:  # it was lifted
            return
        self._rows[op.key] = row
        if not self._looked:
            return
        if row is None and op.key in self._leaving:
            self._gone(op, changes)
        elif row is None:
            self._leave(changes, Hindrance(GONE, f"{facts(op.kind).word} {op.number} was voided or deleted meanwhile"))
        elif self._update and self._tries[op.key] and self._is_as_wanted(row):
            self._updated(op, row, changes)

    def _is_as_wanted(self, row: Standing) -> bool:
        """Tell whether an update that was not answered was carried out."""
        wanted, refs = self.document, self._refs
        if wanted is None or refs is None:
            return False
        lines = sorted((line.amount, refs.items[line.item]) for line in wanted.lines)
        stand = sorted((one.amount, one.item) for one in row.sold)
        return (row.total(), row.date, stand) == (wanted.total, wanted.date, lines)

    def _is_hindered(self, changes: Changes) -> bool:
        """Leave the unit as it is where a later step is known to be refused: nothing may be half done."""
        looked_at = [one for key, one in self._standing.items() if key in self._rows]
        found, then = None, "undo again" if self._undoes else "resync the ticket"
        if not self._opened:
            found = hindrance(looked_at, self._rows, self._planned, then=then) or self._closed(then)
        if found is not None:
            self._leave(changes, found)
            return True
        for one in looked_at:
            if one.key in self._leaving and self._rows[one.key] is None:
                self._open(changes)
                self._gone(self._op(Verb.LOOK, one), changes)
        return False

    def _closed(self, then: str) -> Hindrance | None:
        """Tell whether a step would be in a closed period."""
        updated = self._main if self._update else None
        touched = [one.date for one in self._standing.values() if one.key in self._leaving or one is updated]
        made = [self.document.date] if self.document is not None else []
        return in_closed_period([*touched, *made], self._asking.closed_until(), then) if touched else None

    # What was made

    def _created(self, op: Op, outcome: Fate, changes: Changes) -> None:
        if isinstance(outcome, Refused):
            changes.happens(DocumentEvent.REFUSED, op.key)
            self._fault = self._fault or outcome.fault
            return
        if not isinstance(outcome, Done):
            self.stalled = True
            failed = isinstance(outcome, Unknown) and outcome.answered
            # Nobody waits any more for its answer: its time to settle begins now.
            changes.happens(DocumentEvent.FAILED if failed else DocumentEvent.UNANSWERED, op.key)
            return
        row = Standing(op.kind, outcome.row)
        made, is_payment = row.total(op.amount), op.kind is DocumentKind.PAYMENT
        pays = not is_payment or row.pays(self._main_id(), op.amount)
        event = DocumentEvent.STANDS if pays else DocumentEvent.STRAYS
        changes.happens(event, op.key, **row.told(made))
        self._stands(op, row, DocumentState.POSTED if pays else DocumentState.ORPHANED)
        self._summary.add_document(op.kind, op.amount)
        if not pays:
            self._fault = not_applied(op.number, op.amount, self._main.number if self._main is not None else "")
        elif made != op.amount:
            self._fault = self._fault or total_differs(op.amount, made)

    # What was changed or taken back

    def _done(self, op: Op, row: Standing, changes: Changes) -> None:
        if op.verb is Verb.UPDATE:
            self._updated(op, row, changes)
        elif row.voided or row.row.get("status") == "Deleted":
            self._gone(op, changes)
        else:
            self._not_done(op, Unknown(answered=True, told="it was answered, and not done"))

    def _updated(self, op: Op, row: Standing, changes: Changes) -> None:
        wanted = self.document
        if wanted is None or self._main is None:
            raise AssertionError
        self._update = False
        made = row.total(wanted.total)
        self._rows[self._main.key] = row
        told = {"amount": made, "date": wanted.date, "sync_token": row.sync_token}
        changes.happens(DocumentEvent.UPDATED, self._main.key, **told)
        self._end_change(changes)
        why = not_payable(op.number, row, list(self._unpaid.values())) if self._unpaid else None
        if made != wanted.total:
            self._fault = total_differs(wanted.total, made)
        elif why is not None:
            self._leave(changes, why)

    def _gone(self, op: Op, changes: Changes) -> None:
        one = self._standing.pop(op.key)
        self._leaving.discard(op.key)
        self._summary.take_back(op.kind, one.amount)
        if op.kind is not DocumentKind.PAYMENT:
            changes.happens(DocumentEvent.TAKEN_BACK, op.key)
            self._main = None if self._main is one else self._main
            self._end_change(changes)
            return
        self._age_mains()
        lifted = one.state is DocumentState.POSTED and not self._takes_back and bool(self._aged)
        changes.happens(DocumentEvent.LIFTED if lifted else DocumentEvent.TAKEN_BACK, op.key)
        if lifted:
            self._lifted[op.key] = one

    def _not_done(self, op: Op, outcome: Fate) -> None:
        """Have what may be done again read and done as it is now; what is refused, or fails again, is an obstacle."""
        refused = outcome.fault if isinstance(outcome, Refused) else None
        self._tries[op.key] += 1
        self._aged.add(op.key)
        stale = refused is not None and reaction(refused) is Reaction.NAMES_ANEW and op.verb is Verb.UPDATE
        if stale and self._ask_anew:
            self.names_anew = self.stalled = True
        elif refused is not None and reaction(refused) not in _READ_AGAIN:
            self._obstacle = self._obstacle or self._told(refused)
        elif refused is not None:
            self._failed[op.key] = self._told(refused)
        else:
            self._failed[op.key] = Hindrance(UNANSWERED, f"{op.verb} {facts(op.kind).word} {op.number}: no answer")

    # Where something is refused

    def _refused(self, changes: Changes) -> list[Op]:
        """Go on after a document was refused: look up its number, ask for names anew, or take back what stands."""
        fault, document = self._fault, self.document
        if fault is None:
            raise AssertionError
        what = reaction(fault)
        if what is Reaction.NUMBER_TAKEN and self._main is None and document is not None:
            field = facts(document.kind).number_field
            op = Op(self, Verb.LOOK, document.kind, document.number, document.total, document.date, document.method)
            return self._send([replace(op, field=field, values=(document.number,))])
        if what is Reaction.NAMES_ANEW and self._ask_anew:
            self.names_anew = self.stalled = True
            return []
        return self._take_back(changes, self._told(fault))

    def _take_back(self, changes: Changes, why: Hindrance) -> list[Op]:
        """Take back what stands, for it can't be made whole."""
        self._takes_back, self._obstacle = True, None
        self._tries.clear()  # how often an update failed says nothing of taking it back
        self._end = skipped(why.code, why.reason)
        # What pays an invoice otherwise would become open credit if that were voided: the invoice stays as it is.
        strays = {key for key, one in self._standing.items() if one.state is DocumentState.ORPHANED}
        self._leaving = strays or set(self._standing)
        return self._go_on(changes)

    def _obstructed(self, changes: Changes) -> list[Op]:
        """Go on where something can't be taken back or changed: put back what was lifted, or take back a mere part."""
        why = self._obstacle
        if why is None:
            raise AssertionError
        if self._takes_back and self._end is not None:
            self._leave_open(changes, f"{self._end.reason}; {why.reason}")
            return []
        due = [one for key, one in self._lifted.items() if key not in self._standing]
        rows = [row for one in due if (row := self._last.get(one.key)) is not None]
        mains = [one for one in self._standing.values() if one.kind != DocumentKind.PAYMENT]
        if due and len(rows) == len(due) and mains and not self._puts_back:
            return self._put_back(due, rows, mains[0])
        open_ = any(row is not None and row.balance for row in map(self._rows.get, (one.key for one in mains)))
        was_whole = self._end is not None or self.view.stands is Stands.WHOLE
        is_part = not was_whole and (bool(due) or (open_ and not self._puts_back))
        if is_part and why.code != UNANSWERED:
            return self._take_back(changes, why)
        if due and self._puts_back:
            self._leave_open(changes, f"{why.reason}; a payment that was voided for it is not put back")
            return []
        given_up = self._restore(changes, why)
        if is_part and given_up is not None:
            return self._take_back(changes, Hindrance(UNANSWERED, given_up))
        return []

    def _put_back(self, due: Sequence[StandingDocument], rows: Sequence[Standing], main: StandingDocument) -> list[Op]:
        self._puts_back, self._unpaid, self._main = True, {}, main
        ops = []
        for one, row in zip(due, rows, strict=True):
            body = row.made_again(amount=one.amount, date=one.date, number=one.number, invoice=main.qbo_id or "")
            ops.append(self._creation(DocumentKind.PAYMENT, one.number, one.amount, one.method, body))
        return self._send(ops)

    # A number that another document has

    def _numbered(self, op: Op, found: Sequence[Standing], changes: Changes) -> list[Op]:
        """Take over the document that has the number, where it is this one; else go on with a further number."""
        document = self.document
        if document is None:
            raise AssertionError
        mark = marked(document.note)
        of_it = [row for row in found if mark is not None and row.is_of(mark[0])]
        ours = [row for row in of_it if not row.voided]
        if op.kind is DocumentKind.PAYMENT:
            for payment in list(self._unpaid.values()):
                rows = [row for row in ours if row.number == payment.key]
                one = replace(op, number=payment.key, amount=payment.amount, method=payment.method)
                self._fault = self._fault or self._take_over(one, rows, changes)
            return self._go_on(changes)
        if ours:
            self._fault = self._take_over(op, ours, changes)
            keys = tuple(self._unpaid)
            if self._fault is not None or not keys:
                return self._go_on(changes)
            payments = Op(self, Verb.LOOK, DocumentKind.PAYMENT, keys[0], document.total, document.date)
            return self._send([replace(payments, field=facts(DocumentKind.PAYMENT).number_field, values=keys)])
        known = self._asking.known(op.kind, [row.qbo_id for row in found])
        voided = any(row.voided and (row.qbo_id in known or row in of_it) for row in found)
        if self._fault is not None and self._renumbered >= (_FURTHER_NUMBERS if voided else 1):
            return self._take_back(changes, self._told(self._fault))
        changes.happens(DocumentEvent.RENUMBERED, op.key)
        self.document = replace(document, number=further_number(document.number))
        self._renumbered += 1
        self._fault = None
        return self._go_on(changes)

    def _take_over(self, op: Op, rows: Sequence[Standing], changes: Changes) -> Fault | None:
        """Take over a document of ours that stands in the place of one to be made; tell where it differs."""
        if not rows:
            return None
        pays = [row for row in rows if op.kind is not DocumentKind.PAYMENT or row.pays(self._main_id(), op.amount)]
        row = next((one for one in pays if (one.total(), one.date) == (op.amount, op.date)), None)
        if row is None:
            changes.happens(DocumentEvent.DIFFERS, op.key, amount=op.amount, date=op.date, method=op.method)
            return altered(op.kind, op.number, op.amount, op.date, rows[0])
        method = self._asking.methods().named(row.row)
        changes.happens(DocumentEvent.FOUND, op.key, **row.told(op.amount), date=op.date, method=method)
        self._stands(op, row, DocumentState.POSTED)
        self._summary.add_document(op.kind, op.amount)
        return None
