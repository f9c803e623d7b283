"""Sending: operations of many units at once within the limits, in batches first, single requests in what room is left.

The only module that writes documents in QuickBooks. It knows no rules of tickets: it takes operations, hands each its
outcome, and takes those that follow. The main thread alone touches the ledger; workers only talk to QuickBooks.

What was sent and never answered is sent again with the same others, so that its request is the same one; what fails
again goes in parts, at last alone. QuickBooks is away only where different requests fail.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from franpos_qbo.logs import follow, marks
from target_qbo.accounting.kinds import facts
from target_qbo.errors import TargetError, UnreachableError
from target_qbo.posting.courier import Courier
from target_qbo.posting.ops import Done, NotDone, Refused, Seen, Unknown, Verb
from target_qbo.qbo.reactions import Reaction, of_document, reaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger.changes import Key
    from target_qbo.posting.journal import Journal
    from target_qbo.posting.ops import Fate, Op
    from target_qbo.posting.work import UnitWork
    from target_qbo.qbo import Fault

logger = logging.getLogger("target-qbo.dispatch")

_PATIENCE_SECONDS = 1.0
_FAILURES_IN_A_ROW = 6
_ALONE_IN_A_ROW = 3
_THROTTLED_IN_A_ROW = 100
_REFUSED_ALIKE = 10
_AHEAD = 1500  # operations decided before they can be sent: more than a minute's batches
_LOOKS_AT_ONCE = 200
_ENOUGH_LOOKS = 30
_PARTS = 6  # into so many a request is taken apart that failed
_NOBODY_ANSWERS = "QuickBooks does not answer: stopped early; everything waits in the ledger for the next run"


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Operations that go in one request; ``again``: they went so before."""

    ops: Sequence[Op]
    again: bool = False

    @property
    def looks(self) -> bool:
        """Whether it only reads."""
        return self.ops[0].verb is Verb.LOOK


class Executor:
    """Sends operations until there are no more; may be run again, and remembers what failed, and how it was sent.

    Args:
        company: The company, with its limits, and how many requests go at once, of how many writes.
        journal: Where it is written down what leaves and what comes back.
    """

    def __init__(self, company: Company, journal: Journal) -> None:
        self._max_concurrency = company.settings.max_concurrency
        self._batch_size = company.settings.batch_size
        self._courier = Courier(company.client, company.limits, self._batch_size)
        self._limits = company.limits
        self._journal = journal
        self._ready: deque[Op] = deque()
        self._looks: deque[Op] = deque()
        self._resent: dict[str, list[Op]] = defaultdict(list)
        self._again: deque[_Parcel] = deque()
        self._flying: dict[Future[list[Fate]], _Parcel] = {}
        self._parts: dict[Key, int] = {}
        self._watch = _Watch()
        self._stop: Exception | None = None
        self._held_since: float | None = None
        self._failed_alone: dict[int, list[str]] = defaultdict(list)  # what was said to a unit's write sent alone

    def run(self, works: Iterable[UnitWork]) -> None:
        """Carry out works: send their operations and all that follow, and write down what becomes of them.

        Raises:
            TargetError: QuickBooks is plainly away, or refuses the app; what was under way is written down.
        """
        try:
            self._run(op for work in works for op in self._journal.begin(work))
        finally:
            self._journal.flush()

    def _run(self, source: Iterator[Op]) -> None:
        more = True
        with ThreadPoolExecutor(self._max_concurrency, "qbo", initializer=follow, initargs=(marks(),)) as pool:
            while not self._stopped() and (more or self._waiting() or self._flying):
                more = more and self._take_some(source, self._batch_size)
                pause = 0.0 if self._stopped() else self._launch(pool, more=more)
                # In the time in which nothing may be sent the next operations are decided.
                while more and not self._stopped() and pause > 0 and len(self._ready) < _AHEAD and not self._answered():
                    more = self._take_some(source, len(self._ready) + self._batch_size)
                    pause = self._launch(pool, more=more)
                if not self._stopped() and (self._waiting() or self._flying):
                    self._collect(pause)
            self._hold(held=False)
            while self._flying:
                self._collect(_PATIENCE_SECONDS)
        self._ready.clear()
        self._looks.clear()
        self._again.clear()
        self._resent.clear()
        if self._stop is None and self._watch.hopeless:
            self._stop = UnreachableError(_NOBODY_ANSWERS)
        if self._stop is not None:
            raise self._stop

    def in_vain(self, unit: int) -> str | None:
        """Tell why a unit is to be left: its write was sent alone often enough, and never answered; None: it is not."""
        told = self._failed_alone.get(unit, [])
        return told[-1] if len(told) >= _ALONE_IN_A_ROW else None

    @property
    def refused_alike(self) -> str | None:
        """The code of the fault with which every document was refused, where that stopped it."""
        return self._watch.refused_alike

    def _stopped(self) -> bool:
        return self._stop is not None

    def _waiting(self) -> bool:
        return bool(self._ready or self._again or self._looks or self._resent)

    def _answered(self) -> bool:
        return any(future.done() for future in self._flying)

    # What is to be sent

    def _take_some(self, source: Iterator[Op], most: int) -> bool:
        """Take operations until so many are ready; returns whether there may be more.

        What goes wrong there must not lose the answers that are under way.
        """
        try:
            while len(self._ready) + len(self._looks) < most:
                op = next(source, None)
                if op is None:
                    return False
                self._take(op)
        except Exception as error:  # noqa: BLE001 (raised again when the last answer is written down)
            self._stop = self._stop or error
        return self._stop is None

    def _take(self, op: Op, *, first: bool = False) -> None:
        if op.verb is Verb.LOOK:
            self._looks.append(op)
        elif op.sent_as is not None and op.key not in self._parts and op.work.view.failures == 0:
            self._resent[op.sent_as].append(op)
        elif first:
            self._ready.appendleft(op)
        else:
            self._ready.append(op)

    def _launch(self, pool: ThreadPoolExecutor, *, more: bool) -> float:
        """Send what the limits allow; returns the seconds after which they allow more."""
        if self._resent and not (more or self._looks or any(one.looks for one in self._flying.values())):
            # All that may have been sent together is here again.
            self._again.extend(_parcel(ops, again=True) for ops in self._resent.values())
            self._resent.clear()
        while (self._ready or self._again or self._looks) and len(self._flying) < self._limits.at_once(
            self._max_concurrency
        ):
            if len(self._looks) >= _ENOUGH_LOOKS or (self._looks and not (more or self._ready or self._again)):
                self._look(pool)
                continue
            parcel, pause = self._next()
            self._hold(held=parcel is None and pause < math.inf)
            if parcel is None:
                if self._looks and not self._flying:
                    self._look(pool)
                    continue
                return min(pause, _PATIENCE_SECONDS)
            request_id = self._journal.leaving(parcel.ops)
            again = parcel.again or request_id == parcel.ops[0].sent_as
            self._flying[pool.submit(self._courier.send, parcel.ops, request_id, again=again)] = parcel
        return _PATIENCE_SECONDS

    def _look(self, pool: ThreadPoolExecutor) -> None:
        """Read many documents in one request: those looked for by the same field of the same kind."""
        first = self._looks[0]
        alike = [op for op in self._looks if (op.kind, op.field) == (first.kind, first.field)][:_LOOKS_AT_ONCE]
        chosen = set(map(id, alike))
        self._looks = deque(op for op in self._looks if id(op) not in chosen)
        self._flying[pool.submit(self._courier.look, alike)] = _Parcel(alike)

    def _hold(self, *, held: bool) -> None:
        """Measure the time in which the limits let nothing leave."""
        now = time.monotonic()
        if self._held_since is not None:
            self._limits.held_back(now - self._held_since)
        self._held_since = now if held else None

    def _next(self) -> tuple[_Parcel | None, float]:
        """Return what the limits allow to be sent now: what is sent again, else a batch, else a single write.

        Nothing: with the seconds after which to ask again.
        """
        pause = math.inf
        careful = self._watch.careful
        if self._again and len(self._again[0].ops) > self._courier.batch_size:
            self._ready.extendleft(self._again.popleft().ops)  # too many at once for QuickBooks as it is now
        if careful and self._flying:
            return None, _PATIENCE_SECONDS
        if self._again and not (careful and self._ready):
            pause = self._limits.try_take(batch=len(self._again[0].ops) > 1)
            if pause <= 0:
                return self._again.popleft(), 0
        if self._ready:
            some = self._alike(1 if careful else self._courier.batch_size)
            if len(some) > 1 and self._limits.try_take(batch=True) <= 0:
                return self._fresh(some), 0
            pause = min(pause, self._limits.try_take())
            if pause <= 0:
                return self._fresh(some[:1]), 0
        return None, pause

    def _alike(self, most: int) -> list[Op]:
        """Return the next operations that may go in one request: all journaled or none, small enough together."""
        first = self._ready[0]
        creates = first.verb is Verb.CREATE
        some: list[Op] = []
        room = self._courier.most_bytes
        for op in self._ready:
            most = min(most, 1 if op.work.view.failures else self._parts.get(op.key, most))
            room -= op.size
            if len(some) >= most or (op.verb is Verb.CREATE) is not creates or (room < 0 and some):
                break
            some.append(op)
        return some or [first]

    def _fresh(self, some: Sequence[Op]) -> _Parcel:
        for _ in some:
            self._ready.popleft()
        return _parcel(some)

    # What comes back

    def _collect(self, pause: float) -> None:
        if not self._flying:
            time.sleep(min(pause, _PATIENCE_SECONDS))
            return
        done, _ = wait(self._flying, timeout=min(pause, _PATIENCE_SECONDS), return_when=FIRST_COMPLETED)
        for future in done:
            parcel = self._flying.pop(future)
            try:
                outcomes = future.result()
            except TargetError as error:  # nothing was carried out: the tokens, or the company, are refused
                self._stop = self._stop or error
                outcomes = [NotDone()] * len(parcel.ops)
            else:
                self._note(parcel, outcomes)
            answered = list(zip(parcel.ops, outcomes, strict=True))
            carried = [(op, outcome) for op, outcome in answered if not isinstance(outcome, NotDone)]
            for op in reversed(self._journal.answered(carried)):
                self._take(op, first=True)
            self._send_again(parcel, [(op, one) for op, one in answered if isinstance(one, NotDone)])

    def _send_again(self, parcel: _Parcel, left: Sequence[tuple[Op, NotDone]]) -> None:
        if parcel.looks:
            return
        smaller = any(outcome.smaller for _, outcome in left)
        if any(outcome.alone for _, outcome in left):
            self._again.extend(_Parcel([op]) for op, _ in left)
        elif left and len(left) == len(parcel.ops) and not smaller:
            self._again.append(_Parcel(parcel.ops, again=True))
        else:
            self._ready.extendleft(op for op, _ in reversed(left))

    def _note(self, parcel: _Parcel, outcomes: Sequence[Fate]) -> None:
        """Remember what failed, and stop where QuickBooks plainly is away, or gives no room at all for a long time."""
        before = all(op.key in self._parts for op in parcel.ops)
        lost = [(op, one) for op, one in zip(parcel.ops, outcomes, strict=True) if isinstance(one, Unknown)]
        for op, outcome in lost:
            whole = len(lost) == len(parcel.ops)
            many = len(parcel.ops) > 1
            if many and whole and not outcome.answered and op.key not in self._parts and not parcel.again:
                continue  # the same request once more: its requestid is the second line
            self._parts[op.key] = max(1, len(parcel.ops) // _PARTS) if whole else 1
            if not many:
                told = f"{facts(op.kind).word} {op.number} is not carried out: {outcome.told}"
                self._failed_alone[op.work.unit].append(told)
        if self._stop is None and (reason := self._watch.away(parcel.ops, outcomes, again=before)) is not None:
            self._stop = UnreachableError(reason)


class _Watch:
    """Tells whether QuickBooks is away, from what requests come to: only where different ones fail is it.

    Attributes:
        careful: Whether only single writes are to be sent, one at a time, until it is known.
        refused_alike: The code with which every document was refused, where that is why.
    """

    def __init__(self) -> None:
        self.careful = False
        self.refused_alike: str | None = None
        self._failures = 0
        self._unreached = 0
        self._throttled = 0
        self._alone: set[int] = set()
        self._alike: Counter[str] = Counter()
        self._accepted = False

    @property
    def hopeless(self) -> bool:
        """Whether many requests failed one after another, and never one went through."""
        return self.careful and not self._accepted

    def away(self, ops: Sequence[Op], outcomes: Sequence[Fate], *, again: bool) -> str | None:
        """Take note of a request, ``again`` where all in it failed before.

        Returns:
            Why nothing more is to be sent; None: more may be.
        """
        if any(isinstance(outcome, Seen) for outcome in outcomes):
            return None
        throttled = all(isinstance(outcome, NotDone) and outcome.throttled for outcome in outcomes)
        failed = all(isinstance(outcome, NotDone | Unknown) for outcome in outcomes)
        spoilt = any(isinstance(outcome, NotDone) and (outcome.alone or outcome.smaller) for outcome in outcomes)
        self._throttled = self._throttled + 1 if throttled else 0
        if self._throttled >= _THROTTLED_IN_A_ROW:
            return "QuickBooks is busy with other requests: stopped early; everything waits in the ledger"
        if not failed or (spoilt and not throttled):
            if not failed:
                self._failures, self._unreached, self.careful = 0, 0, False
                self._alone.clear()
            self._accepted = self._accepted or any(isinstance(one, Done) for one in outcomes)
            return self._refused_alike(outcomes) if ops[0].verb is Verb.CREATE else None
        answered = all(isinstance(outcome, Unknown) and outcome.answered for outcome in outcomes)
        # What fails again beside others that go through fails for its own sake; and an error that QuickBooks answers
        # says that it is there, unless it answers nothing else.
        if throttled or (again and self._accepted) or (answered and not again):
            return None
        self._failures += 1
        self._unreached = self._unreached + 1 if all(isinstance(outcome, NotDone) for outcome in outcomes) else 0
        if len(ops) == 1:
            self._alone.add(ops[0].work.unit)
        many = self._failures >= _FAILURES_IN_A_ROW
        self.careful = many
        if many and (again or len(self._alone) >= _ALONE_IN_A_ROW or self._unreached >= _FAILURES_IN_A_ROW):
            return _NOBODY_ANSWERS
        return None

    def _refused_alike(self, outcomes: Sequence[Fate]) -> str | None:
        """Tell whether every write is refused with one fault that says nothing of the document."""
        codes = [one.fault.code for one in outcomes if isinstance(one, Refused) and _says_nothing(one.fault)]
        self._alike.update(codes)
        if self._accepted or not codes:
            return None
        code, number = self._alike.most_common(1)[0]
        if number < _REFUSED_ALIKE:
            return None
        self.refused_alike = code
        return f"QuickBooks refuses every document with the same fault {code}: everything waits for the next run"


def _says_nothing(fault: Fault) -> bool:
    """Tell whether a refusal says nothing of the document that was refused."""
    return reaction(fault) is Reaction.REFUSED and not of_document(fault)


def _parcel(ops: Sequence[Op], *, again: bool = False) -> _Parcel:
    """Put operations into one request, in an order that is the same whenever they are the same."""
    return _Parcel(sorted(ops, key=lambda op: op.key), again)
