"""What comes of each kind of fault, night after night, in the books of one shop: no process, no HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_qbo.errors import UnreachableError
from target_qbo.ledger.status import TicketStatus
from target_qbo.qbo import Fault, QboFaultError, RateLimits, TooLargeError
from tests.posting.tiny_books import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.posting.tiny_shop import Shop

POISON = "T41"


def _ring_up(shop: Shop, number: int) -> None:
    for place in range(number):
        shop.ring_up(f"T{place}", [100 + place], ["Cash"], refund=place % 9 == 8)


def _of(ticket: str, fate: str, *entities: str) -> Callable[[str, Mapping[str, Any]], str]:
    """Return what has each write for a ticket fail, and no other."""

    def fails(entity: str, body: Mapping[str, Any]) -> str:
        meant = not entities or entity in entities
        return fate if meant and f"order {ticket};" in str(body.get("PrivateNote", "")) else "done"

    return fails


@pytest.mark.parametrize("fate", ["failed before", "again before", "lost before"])
def test_a_document_that_gets_no_answer_holds_no_other(shop: Shop, fate: str) -> None:
    _ring_up(shop, 81)
    shop.books.fails = _of(POISON, fate)
    shop.receive()
    nights = []
    for _ in range(4):
        shop.run()
        assert shop.stopped is None
        nights.append(shop.statuses())
    assert sum(status is TicketStatus.POSTED for status in nights[0].values()) == 80
    assert [night[POISON] for night in nights] == [TicketStatus.POSTING] * 2 + [TicketStatus.SKIPPED] * 2
    sent = shop.books.writes
    shop.run()
    assert shop.books.writes == sent, "it is left alone until a person asks for it"
    shop.books.fails = lambda _entity, _body: "done"
    shop.resync()
    shop.run()
    assert shop.wrong() == []


def test_one_that_is_made_and_answered_with_an_error_is_found(shop: Shop) -> None:
    _ring_up(shop, 12)
    shop.books.fails = _of("T3", "again after")
    shop.receive()
    shop.run()
    assert (shop.stopped, shop.wrong()) == (None, [])


def test_every_write_failing_is_the_service(shop: Shop) -> None:
    _ring_up(shop, 40)
    shop.books.fails = lambda entity, _body: "failed before" if entity in DOCUMENTS else "done"
    shop.receive()
    for _ in range(4):
        shop.run()
        assert isinstance(shop.stopped, UnreachableError)
        assert TicketStatus.SKIPPED not in shop.statuses().values()
    shop.books.fails = lambda _entity, _body: "done"
    shop.run()
    assert (shop.stopped, shop.wrong()) == (None, [])


def test_every_write_refused_alike_is_the_service(shop: Shop) -> None:
    _ring_up(shop, 40)

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise QboFaultError(Fault("4711", "Something new", "of which nobody knows"))

    write, batch = shop.books.write, shop.books.batch
    shop.receive()
    shop.run()
    assert shop.wrong() == []
    for name in list(shop.tickets):
        shop.ring_up(name + "b", [500], ["Cash"], refund=False)
    shop.receive()
    shop.books.write = refuse  # type: ignore[method-assign]
    shop.books.batch = refuse  # type: ignore[method-assign]
    shop.run()
    assert isinstance(shop.stopped, UnreachableError)
    shop.books.write, shop.books.batch = write, batch  # type: ignore[method-assign]
    shop.run()
    assert shop.wrong() == []


@pytest.mark.parametrize("fate", ["failed before", "refused", "again before"])
def test_a_change_that_does_not_go_through_leaves_all_as_it_was(shop: Shop, fate: str) -> None:
    _ring_up(shop, 8)
    shop.receive()
    shop.run()
    before = {name: dict(record) for name, record in shop.tickets.items()}, dict(shop.paid)
    shop.ring_up("T2", [5000, 200], ["Cash", "Visa"], refund=False)
    shop.ring_up("T5", [5100], ["Cash"], refund=False)
    shop.books.fails = _of("T2", fate, "Invoice")
    shop.receive()
    shop.run()
    assert shop.stopped is None
    after = shop.tickets["T2"], shop.paid["T2"]
    shop.tickets["T2"], shop.paid["T2"] = before[0]["T2"], before[1]["T2"]
    assert shop.wrong() == [], "its payments are put back, and the other ticket's change is carried out"
    shop.tickets["T2"], shop.paid["T2"] = after
    shop.books.fails = lambda _entity, _body: "done"
    shop.resync()
    shop.run()
    assert shop.wrong() == []


def test_what_is_too_large_goes_in_parts(shop: Shop) -> None:
    _ring_up(shop, 40)
    batch, sizes = shop.books.batch, []

    def gateway(items: Any, request_id: str) -> Any:
        sizes.append(len(items))
        if len(items) > 1:
            raise TooLargeError("HTTP 413")
        return batch(items, request_id)

    shop.books.batch = gateway  # type: ignore[method-assign]
    shop.receive()
    shop.run()
    assert (shop.stopped, shop.wrong()) == (None, [])
    assert len(sizes) < 10, "how much is too much is remembered"


def test_a_closed_period_is_asked_for_before_anything_is_touched(shop: Shop) -> None:
    _ring_up(shop, 3)
    shop.receive()
    shop.run()
    query = shop.books.query
    closed = {"AccountingInfoPrefs": {"BookCloseDate": "2026-03-05"}}
    shop.books.query = lambda entity, where="": iter([closed]) if entity == "Preferences" else query(entity, where)  # type: ignore[method-assign]
    shop.ring_up("T1", [4000], ["Visa"], refund=False)
    shop.receive()
    sent = shop.books.writes
    shop.run()
    assert (shop.stopped, shop.books.writes) == (None, sent)
    assert shop.statuses()["T1"] is TicketStatus.SKIPPED


def test_a_ledger_put_back_from_a_backup_doubles_nothing(shop: Shop) -> None:
    _ring_up(shop, 6)
    shop.receive()
    shop.run()
    backup = shop.dump()
    for place in range(6, 12):
        shop.ring_up(f"T{place}", [300], ["Cash", "Visa"], refund=False)
    shop.receive()
    shop.run()
    assert shop.wrong() == []
    shop.put_back(backup)
    shop.ring_up("T99", [300], ["Cash"], refund=False)
    shop.receive()
    shop.run()
    assert (shop.stopped, shop.wrong()) == (None, [])


def test_an_undo_puts_back_what_it_can_not_take_out(shop: Shop) -> None:
    _ring_up(shop, 4)
    shop.receive()
    shop.run()
    (invoice,) = (row["Id"] for row in shop.books.standing("Invoice") if "order T1;" in row["PrivateNote"])
    shop.books.fails = lambda entity, body: "refused" if (entity, body.get("Id")) == ("Invoice", invoice) else "done"
    undone = shop.undo()
    assert undone.undone == 3
    assert [(left.ticket.ticket_id, left.touched) for left in undone.left] == [("T1", False)]
    assert [row["UnappliedAmt"] for row in shop.books.standing("Payment")] == [0]
    assert shop.statuses()["T1"] is TicketStatus.POSTED


@pytest.mark.parametrize("shared", [True, False])
def test_what_the_run_before_sent_counts_once(shop: Shop, monkeypatch: pytest.MonkeyPatch, *, shared: bool) -> None:
    """Limits that were there already have counted it as it left."""
    recalled: list[float] = []
    monkeypatch.setattr(RateLimits, "recall", lambda _self, seconds_ago, **_: recalled.append(seconds_ago))
    shop.settings = replace(shop.settings, minute_seconds=60)
    shop.limits = RateLimits(requests=1000, batches=1000) if shared else None
    for number in (1, 2):
        _ring_up(shop, number)
        shop.receive()
        shop.run()
    assert shop.wrong() == []
    assert bool(recalled) is not shared
