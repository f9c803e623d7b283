"""Made-up tickets: the same from the same seed, of every kind, clean where they should be."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from sandbox.tickets.dirt import DIRT
from sandbox.tickets.draft import Draft
from sandbox.tickets.generate import shops
from sandbox.tickets.model import ZERO
from sandbox.tickets.recipes import SPECIAL, ordinary
from sandbox.tickets.truth import expect
from tests.sandbox.franpos_site import generated

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.tickets.generate import GeneratedTickets
    from sandbox.tickets.model import Ticket


def everything(source: GeneratedTickets) -> list[Ticket]:
    return [
        ticket
        for location in source.locations
        for number in range(source.days)
        for ticket in source.day(location, source.first_day + timedelta(days=number))
    ]


@pytest.fixture(scope="module")
def week() -> list[Ticket]:
    return everything(generated())


def test_same_seed_same_tickets_another_seed_others() -> None:
    source, again, other = generated(), generated(), generated(seed=2)
    shop, day = source.locations[0], source.first_day
    assert source.day(shop, day) == again.day(shop, day)
    assert source.day(shop, day) != other.day(shop, day)


def test_a_day_is_the_same_whatever_the_range_and_the_other_days() -> None:
    wide = generated(first_day=date(2026, 1, 1), days=90)
    narrow = generated()
    shop, day = narrow.locations[1], date(2026, 3, 6)
    assert wide.day(shop, day) == narrow.day(shop, day)
    some = narrow.day(shop, day)[5]
    assert narrow.find(shop, some.ticket_id) == some


def test_nothing_outside_the_range() -> None:
    source = generated()
    shop = source.locations[0]
    assert not source.day(shop, source.first_day - timedelta(days=1))
    assert not source.day(shop, source.last_day + timedelta(days=1))
    before = source.day(shop, source.first_day)[0].ticket_id - 10_000
    assert source.find(shop, before) is None


@pytest.mark.parametrize("recipe", [ordinary, *SPECIAL], ids=lambda recipe: str(recipe.__name__))
def test_every_recipe_makes_clean_tickets_by_either_way_of_rounding(recipe: Callable[[Draft], None]) -> None:
    shop = shops(1)[0]
    opened = generated().day(shop, generated().first_day)[0].created_at
    for seed in range(25):
        random = Random(seed)  # noqa: S311 - made-up tickets, no secret
        draft = Draft(random, shop, 1, opened, usual_lines=2, tax_rate=Decimal("0.0725"))
        recipe(draft)
        ticket = draft.finish(1)
        assert expect(ticket).dirt is None
        exact = sum((line.gross for line in ticket.lines), ticket.tax + ticket.tips) - ticket.discounts
        assert exact.quantize(Decimal("0.01"), ROUND_HALF_UP) == ticket.total
        assert sum((tender.amount for tender in ticket.tenders), ZERO) == ticket.total


def test_share_of_dirty_tickets_is_exact_and_every_way_comes_up() -> None:
    dirty = Counter(expect(ticket).dirt for ticket in everything(generated(dirty=Decimal("0.1"))))
    assert set(dirty) == {None, *(code for code, _ in DIRT)}
    assert sum(count for code, count in dirty.items() if code) == pytest.approx(50, abs=2)
    assert {expect(ticket).dirt for ticket in everything(generated(dirty=ZERO))} == {None}


def test_a_demo_week_has_every_kind_the_rules_speak_of(week: list[Ticket]) -> None:
    methods = {(tender.method or "").casefold() for ticket in week for tender in ticket.tenders}
    assert {"cash", "check", "gift card", "reward points", "customer balance", "zelle", "debit", ""} <= methods
    expected = [expect(ticket) for ticket in week]
    assert {"invoice", "refund_receipt", "none"} == {one.kind for one in expected}
    assert any(ticket.voided for ticket in week)
    assert any(ticket.total == 0 and not ticket.tenders for ticket in week)
    assert any(ticket.total == 0 and one.document_total > 0 for ticket, one in zip(week, expected, strict=True))
    assert any(
        ticket.total > 0 and one.document_total == 0 == len(one.payments)
        for ticket, one in zip(week, expected, strict=True)
        if not one.dirt
    )
    assert any(len(one.payments) == 3 for one in expected)
    signs = [{line.quantity > 0 for line in ticket.lines} for ticket in week]
    assert {ticket.total > 0 for ticket, both in zip(week, signs, strict=True) if len(both) == 2} == {True, False}
    lines = [line for ticket in week for line in ticket.lines]
    assert any(line.quantity != line.quantity.quantize(Decimal("0.01")) for line in lines)
    assert any(line.price != line.price.quantize(Decimal("0.01")) for line in lines)
    assert any(line.discount and line.discount_name is None for line in lines)
    assert any(":" in (line.discount_name or "") for line in lines)
    assert any(len(line.name) > 100 for line in lines)
    assert any(not line.name.isascii() for line in lines)
    assert any(ticket.order_discount for ticket in week)
    assert any(ticket.tips for ticket in week)
    assert any(ticket.discounts != ticket.discounts.quantize(Decimal("0.01")) for ticket in week)
    assert any(ticket.receipt_number is None for ticket in week)
    assert any(len(ticket.number) > 21 for ticket in week)


def test_receipt_numbers_and_ids_repeat_between_shops_but_not_within(week: list[Ticket]) -> None:
    first, second = ([ticket for ticket in week if ticket.location.location_id == shop] for shop in (101, 102))
    assert {ticket.number for ticket in first} & {ticket.number for ticket in second}
    assert {ticket.ticket_id for ticket in first} & {ticket.ticket_id for ticket in second}
    for own in (first, second):
        assert len({ticket.ticket_id for ticket in own}) == len(own)
        lines = [line.line_id for ticket in own for line in ticket.lines]
        assert len(set(lines)) == len(lines)
        tenders = [tender.payment_id for ticket in own for tender in ticket.tenders]
        assert len(set(tenders)) == len(tenders)


def test_every_ticket_is_of_its_local_day_and_some_cross_midnight(week: list[Ticket]) -> None:
    source = generated()
    for shop in source.locations:
        for number in range(source.days):
            day = source.first_day + timedelta(days=number)
            assert {ticket.business_date for ticket in source.day(shop, day)} == {day}
    later = [
        ticket
        for ticket in week
        if any(ticket.location.local(tender.paid_at).date() > ticket.business_date for tender in ticket.tenders)
    ]
    assert later
    assert any(
        ticket.location.local(line.created_at).date() > ticket.business_date for ticket in week for line in ticket.lines
    )


@pytest.mark.parametrize(
    ("day", "clocks"),
    [
        (date(2026, 3, 8), ["00:40-07:00", "01:30-07:00", "01:30-07:00", "03:05-06:00"]),
        (date(2026, 11, 1), ["00:40-06:00", "01:30-06:00", "01:30-07:00", "03:05-07:00"]),
    ],
)
def test_tickets_around_both_changes_of_the_clock(day: date, clocks: list[str]) -> None:
    source = generated(first_day=day, days=1)
    shop = source.locations[0]
    assert shop.zone == ZoneInfo("America/Denver")
    local = [
        shop.local(ticket.created_at).isoformat()[11:16] + shop.local(ticket.created_at).isoformat()[-6:]
        for ticket in source.day(shop, day)
    ]
    assert set(clocks) <= set(local)
