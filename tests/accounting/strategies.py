"""Tickets for property tests: clean ones, spoiled ones, and any at all.

A *plain* ticket has figures as tills have them and tender names of :data:`oracle.TENDERS`; a *wild* one has whatever
the record contract lets through, consistent only by chance.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st

from target_qbo.accounting import Discount, PaymentRow, Rules, Ticket
from target_qbo.accounting.rules import ItemRule
from target_qbo.accounting.tender_names import known_tender
from target_qbo.accounting.ticket import Line
from tests.accounting.oracle import TENDERS, sound_totals, whole_cents
from tests.accounting.till import DENVER, NOON, Case, goods

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
moderate = settings(deadline=None, max_examples=EXAMPLES)
few = settings(deadline=None, max_examples=EXAMPLES // 6)


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    """Return numbers with so many decimals, between two whole numbers."""
    scale = 10**places
    return st.integers(least * scale, most * scale).map(lambda number: Decimal(number).scaleb(-places))


# What people and tills write

odd_characters = st.one_of(
    st.characters(),
    st.characters(categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp")),
    st.sampled_from(":\t\n\r\"';|\u0130\ufffe\U0001f9f4"),
)
any_text = st.text(odd_characters, max_size=25)
any_name = st.one_of(
    st.none(),
    any_text,
    st.sampled_from(["Loyalty", "LOYALTY", " Senior: 10%\t", "Tips", "pRoDuCt", "Tax", "Reward points", "Discount"]),
    st.builds(lambda text, times: text * times, st.text(odd_characters, min_size=1, max_size=8), st.just(900)),
)

# What tills count in

quantities = st.one_of(st.sampled_from([Decimal(1), Decimal(2), Decimal(-1)]), decimals(-20, 20, 3))
prices = st.one_of(decimals(0, 200, 2), decimals(-50, 200, 4), decimals(0, 5, 8), decimals(0, 900_000_000, 7))
sub_cents = st.one_of(st.just(Decimal(0)), decimals(-20, 20, 2), decimals(-5, 5, 4))
ODD_NUMBERS = [
    Decimal(text)
    for text in (
        *("-0", "0E+9", "0E-30", "1E-7", "1E-30", "1E+99999999", "-1E-99999999", "99999999999.99", "100000000000"),
        *("99999999999.995", "-99999999999.00499999999999999999", "1" * 300, "Infinity", "-Infinity"),
    )
]
wild_numbers = st.one_of(
    sub_cents,
    decimals(-1000, 1000, 6),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
    st.sampled_from(ODD_NUMBERS),
)


def half_away(product: Decimal) -> Decimal:
    """Round to the cent by the second implementation."""
    return Decimal(whole_cents(product)).scaleb(-2)


@st.composite
def plain_lines(draw: st.DrawFn, line_id: int) -> Line:
    """Return a line whose amount is mostly, not always, quantity × price."""
    quantity, price = draw(quantities), draw(prices)
    own_figure = draw(st.sampled_from([False, False, False, True]))
    return Line(
        line_id=str(line_id),
        is_product=draw(st.booleans()),
        sku=draw(any_name),
        name=draw(any_name),
        quantity=quantity,
        unit_price=price,
        amount=draw(decimals(-30, 30, 4)) if own_figure else half_away(quantity * price),
        sales_person=draw(any_name),
        return_reason=draw(any_name),
    )


@st.composite
def plain_discounts(draw: st.DrawFn, lines: list[Line]) -> list[Discount]:
    """Return discounts on lines and on the whole ticket, some larger than what they are on."""
    amounts = draw(st.lists(sub_cents, max_size=4))
    line_ids = st.sampled_from([None, *(line.line_id for line in lines)])
    return [Discount(str(place), draw(line_ids), draw(any_name), amount) for place, amount in enumerate(amounts, 700)]


@st.composite
def splits(draw: st.DrawFn, due: int, methods: list[str | None]) -> list[tuple[str | None, int]]:
    """Return tenders in whole cents, all of one sign, that add up to what is due."""
    size = abs(due)
    cuts = draw(st.lists(st.integers(1, max(1, size - 1)), max_size=min(5, max(0, size - 1)), unique=True))
    edges = [0, *sorted(cut for cut in cuts if cut < size), size]
    parts = [after - before for before, after in pairwise(edges) if after > before]
    return [(draw(st.sampled_from(methods)), part if due > 0 else -part) for part in parts]


@st.composite
def plain_tenders(draw: st.DrawFn, due: int) -> list[PaymentRow]:
    """Return tenders that settle a ticket cleanly, in any order, with ids that don't sort as text."""
    rows = draw(splits(due, list(TENDERS)))
    if due >= 0 and draw(st.booleans()):
        extra = draw(st.integers(1, 5000))
        rows += draw(
            st.sampled_from(
                [
                    [("Cash", extra), ("Cash", -extra)],
                    [("Visa", extra), ("MasterCard", -extra)],
                    [("Gift Card", extra), ("Gift Card", -extra), ("Gift Card", 1), ("Gift Card", -1)],
                    [("House Account", extra), ("Zelle", -extra)],
                    [("Visa", extra), ("Customer Balance", -extra)],
                    [("Check", extra), ("Reward Points", -extra)],
                ]
            )
        )
    rows = draw(st.permutations(rows))
    return [
        PaymentRow(str(place), method, None, Decimal(amount).scaleb(-2))
        for place, (method, amount) in enumerate(rows, 8)
    ]


@st.composite
def clean(draw: st.DrawFn) -> Case:
    """Return a ticket that adds up and is paid: it has exactly one document."""
    lines = [draw(plain_lines(place)) for place in range(1, draw(st.integers(1, 5)) + 1)]
    case = Case(
        Ticket(
            location_id=str(draw(st.integers(1, 99))),
            ticket_id=str(draw(st.integers(1, 10**9))),
            number=draw(any_name),
            created_at=NOON,
            business_date=NOON.date(),
            voided=False,
            lines=tuple(lines),
            tax_total=draw(sub_cents),
            tip_total=draw(sub_cents),
            total=Decimal(0),
            payment_ids=None,
            discount_ids=None,
        ),
        discounts=tuple(draw(plain_discounts(lines))),
    )
    return draw(_paid(case))


_less_than_half_a_cent = st.sampled_from([Decimal(0), Decimal(0), Decimal("0.0049"), Decimal("-0.004")])


@st.composite
def _paid(draw: st.DrawFn, case: Case) -> Case:
    """Give a ticket a total that its lines come to, and tenders for it; it may name them."""
    due = draw(st.sampled_from(sound_totals(case)))
    payments = tuple(draw(plain_tenders(due)))
    named = draw(st.booleans())
    ticket = replace(
        case.ticket,
        total=Decimal(due).scaleb(-2) + draw(_less_than_half_a_cent),
        payment_ids=frozenset(row.payment_id for row in payments) if named else None,
        discount_ids=frozenset(row.discount_id for row in case.discounts) if named else None,
    )
    return Case(ticket, payments, case.discounts)


@st.composite
def spoiled(draw: st.DrawFn) -> Case:
    """Return a ticket that was clean until one or two things went wrong (or happened to stay right)."""
    case = draw(clean())
    for spoil in draw(st.lists(st.sampled_from(_SPOILS), min_size=1, max_size=2)):
        case = spoil(case, draw(decimals(-30, 30, 3)))
    return case


def _all_points(case: Case, change: Decimal) -> Case:
    """More points than the ticket is worth, the rest paid out."""
    due, change = case.ticket.total, round(change, 2)
    rows = (PaymentRow("8", "Reward Points", None, due + change), PaymentRow("9", "Cash", None, -change))
    return replace(case, ticket=replace(case.ticket, payment_ids=None), payments=rows)


def _another_total(case: Case, change: Decimal) -> Case:
    return replace(case, ticket=replace(case.ticket, total=case.ticket.total + change))


def _another_tender(case: Case, change: Decimal) -> Case:
    if not case.payments:
        return case
    first, *others = case.payments
    return replace(case, payments=(replace(first, amount=first.amount + change), *others))


def _one_more(method: str, case: Case, change: Decimal) -> Case:
    first = 900 + len(case.payments)
    extra = (PaymentRow(str(first), method, None, change), PaymentRow(str(first + 1), "Check", None, -change))
    ids = case.ticket.payment_ids
    named = None if ids is None else ids | {row.payment_id for row in extra}
    return replace(case, ticket=replace(case.ticket, payment_ids=named), payments=(*case.payments, *extra))


def _fewer_rows(case: Case, change: Decimal) -> Case:
    return replace(case, payments=case.payments[1:]) if change > 0 else replace(case, discounts=case.discounts[1:])


def _no_lines(case: Case, _change: Decimal) -> Case:
    return replace(case, ticket=replace(case.ticket, lines=()))


def _nothing_at_all(case: Case, _change: Decimal) -> Case:
    zero = Decimal(0)
    empty = replace(case.ticket, lines=(), tax_total=zero, tip_total=zero, total=zero, payment_ids=None)
    return Case(replace(empty, discount_ids=None))


def _voided(case: Case, _change: Decimal) -> Case:
    return replace(case, ticket=replace(case.ticket, voided=True))


_SPOILS: list[Callable[[Case, Decimal], Case]] = [
    _all_points,
    _another_total,
    _another_tender,
    _another_tender,
    *(partial(_one_more, method) for method in ("Cash", "Gift Card", "Reward Points", "Customer Balance")),
    _fewer_rows,
    _no_lines,
    _nothing_at_all,
    _voided,
]

plain = st.one_of(clean(), spoiled())

# Anything that the contract lets through

any_id = st.one_of(
    st.text(odd_characters, min_size=1, max_size=6),
    st.integers(0, 30).map(str),
    st.sampled_from(["07", "7", "007", "\u0667", "item-1"]),
)
any_row_id = st.one_of(any_id, st.just("1").map(lambda digit: digit * 5000))
any_method = st.one_of(st.sampled_from(list(TENDERS)), any_name)
moments = st.datetimes(timezones=st.sampled_from([dt.UTC, DENVER, dt.timezone(dt.timedelta(hours=14))]))


@st.composite
def wild_lines(draw: st.DrawFn, line_id: str, numbers: st.SearchStrategy[Decimal]) -> Line:
    """Return a line of any figures."""
    return Line(
        line_id=line_id,
        is_product=draw(st.booleans()),
        sku=draw(any_name),
        name=draw(any_name),
        quantity=draw(numbers),
        unit_price=draw(numbers),
        amount=draw(numbers),
        sales_person=draw(any_name),
        return_reason=draw(any_name),
    )


@st.composite
def wild(draw: st.DrawFn) -> Case:
    """Return any ticket at all, also with rows that it doesn't name and named ones that are not there."""
    numbers = draw(st.sampled_from([sub_cents, st.sampled_from(ODD_NUMBERS) | sub_cents, wild_numbers]))
    ids = st.lists(any_row_id, max_size=4, unique=True)
    lines = [draw(wild_lines(line_id, numbers)) for line_id in draw(ids)]
    line_ids = st.sampled_from([None, "elsewhere", *(line.line_id for line in lines)])
    payments = [PaymentRow(i, draw(any_method), draw(any_method), draw(numbers)) for i in draw(ids)]
    discounts = [Discount(i, draw(line_ids), draw(any_name), draw(numbers)) for i in draw(ids)]
    some_ids = st.none() | st.frozensets(any_row_id, max_size=3)
    created_at = draw(moments)
    ticket = Ticket(
        location_id=draw(any_id),
        ticket_id=draw(any_id),
        number=draw(any_name),
        created_at=created_at,
        business_date=created_at.date(),
        voided=draw(st.sampled_from([False] * 9 + [True])),
        lines=tuple(lines),
        tax_total=draw(numbers),
        tip_total=draw(numbers),
        total=draw(numbers),
        payment_ids=draw(some_ids | st.just(frozenset(row.payment_id for row in payments))),
        discount_ids=draw(some_ids | st.just(frozenset(row.discount_id for row in discounts))),
    )
    return Case(ticket, tuple(payments), tuple(discounts))


@st.composite
def dressed(draw: st.DrawFn) -> Case:
    """Return a clean ticket in wild clothes: any ids, names, methods and moment, the figures as they were."""
    case = draw(clean())
    ids = draw(st.lists(any_row_id, min_size=12, max_size=12, unique=True))
    location_id, ticket_id = draw(st.tuples(any_id, any_id))
    payments = [replace(row, payment_id=i) for row, i in zip(case.payments, ids, strict=False)]
    discounts = [replace(row, discount_id=i) for row, i in zip(case.discounts, ids, strict=False)]
    created_at = draw(moments)
    ticket = replace(
        case.ticket,
        location_id=location_id,
        ticket_id=ticket_id,
        created_at=created_at,
        business_date=created_at.date(),
        payment_ids=None,
        discount_ids=None,
    )
    # A name that no rule knows may be known by its card type: all such of the ticket have one, so they stay one method.
    of_unknown = draw(any_method)
    types = [draw(any_method) if known_tender(row.method, None, {}) else of_unknown for row in payments]
    worn = tuple(replace(row, card_type=card_type) for row, card_type in zip(payments, types, strict=True))
    return Case(ticket, worn, tuple(discounts))


def lengthened(case: Case, times: int) -> Case:
    """Return a clean ticket with all its lines and discounts so many times over, paid in cash."""
    count = len(case.ticket.lines)
    lines = tuple(
        replace(line, line_id=str(place + count * time))
        for time in range(times)
        for place, line in enumerate(case.ticket.lines, 1)
    )
    discounts = tuple(
        replace(
            row, discount_id=str(place * times + time), line_id=row.line_id and str(int(row.line_id) + count * time)
        )
        for time in range(times)
        for place, row in enumerate(case.discounts)
    )
    longer = Case(replace(case.ticket, lines=lines, payment_ids=None, discount_ids=None), discounts=discounts)
    due = Decimal(sound_totals(longer)[0]).scaleb(-2)
    return replace(
        longer,
        ticket=replace(longer.ticket, total=due),
        payments=(PaymentRow("1", "Cash", None, due),),
    )


@st.composite
def hundred_ways(draw: st.DrawFn) -> Case:
    """Return a sale or refund that a hundred tenders settle."""
    sizes = draw(st.lists(st.integers(1, 500), min_size=100, max_size=100))
    sign = draw(st.sampled_from([1, -1]))
    methods = draw(st.lists(st.sampled_from(list(TENDERS)), min_size=100, max_size=100))
    total = Decimal(sign * sum(sizes)).scaleb(-2)
    line = goods(str(sign), str(total.copy_abs()), str(total))
    payments = [
        PaymentRow(str(place), method, None, Decimal(sign * size).scaleb(-2))
        for place, (method, size) in enumerate(zip(methods, sizes, strict=True))
    ]
    base = draw(clean()).ticket
    ticket = replace(
        base,
        lines=(line,),
        total=total,
        tax_total=Decimal(0),
        tip_total=Decimal(0),
        payment_ids=None,
        discount_ids=None,
    )
    return Case(ticket, tuple(draw(st.permutations(payments))))


_patterns = st.none() | any_text | st.sampled_from(["*", "gift*", "*CARD", "[", "*[!a]?"])
any_rules = st.builds(
    Rules,
    item_rules=st.lists(st.builds(ItemRule, st.sampled_from(["Gift cards", "Deposits"]), _patterns, _patterns)).map(
        tuple
    ),
    doc_number_prefix=st.sampled_from(["", "F-", "STORE-0123"]),
    wait_days=st.integers(0, 400),
    business_day_start=st.sampled_from([dt.time(0), dt.time(4), dt.time(23, 59)]),
)
