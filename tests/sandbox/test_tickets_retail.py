"""Real retail tickets: what is in the files stays, what they lack is made up so that it adds up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.tickets.model import ZERO, Ticket
from sandbox.tickets.retail import RetailTickets
from sandbox.tickets.truth import expect

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retail"

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def read(folder: Path, *, dirty: str = "0.02") -> list[Ticket]:
    source = RetailTickets(folder, seed=1, dirty=Decimal(dirty))
    days = (source.last_day - source.first_day).days
    all_days = [source.first_day.fromordinal(source.first_day.toordinal() + n) for n in range(days + 1)]
    return [ticket for day in all_days for ticket in source.day(source.locations[0], day)]


@pytest.fixture(scope="module")
def real() -> list[Ticket]:
    if not DATA.is_dir():
        pytest.skip("the retail CSV files are not there")
    return read(DATA)


def test_real_tickets_are_all_there(real: list[Ticket]) -> None:
    assert len(real) == 418
    assert sum(len(ticket.lines) for ticket in real) == 7_419
    assert sum(ticket.total < 0 for ticket in real) == 36
    assert sum(ticket.total == 0 for ticket in real) == 45
    assert max(len(ticket.lines) for ticket in real) == 593


def test_real_tickets_add_up_but_for_a_few(real: list[Ticket]) -> None:
    dirty = [expect(ticket).dirt for ticket in real if expect(ticket).dirt]
    assert len(dirty) == 8
    assert len(set(dirty)) == 5
    for ticket in real:
        if not expect(ticket).dirt:
            assert ticket.total == ticket.lines_total
            assert ticket.total == sum((tender.amount for tender in ticket.tenders), ZERO)


def test_what_the_files_lack_is_made_up_from_the_seed(real: list[Ticket]) -> None:
    assert read(DATA) == real
    assert any(ticket.tips for ticket in real)
    assert any(ticket.tax for ticket in real)
    assert any(ticket.order_discount for ticket in real)
    assert any(len(ticket.tenders) > 1 for ticket in real)
    assert any(line.discount for ticket in real for line in ticket.lines)


def test_a_row_is_kept_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text(
        HEADER
        + '536365,85123A,"HEART, ""RED""",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n'
        + "536365,POST,POSTAGE,1,2010-12-01 08:27:00,18.0,17850.0,United Kingdom\n"
        + "C536379,85123A,,-1,2010-12-02 23:59:00,0.0,,France\n",
        encoding="utf-8",
    )
    sale, back = read(tmp_path, dirty="0")
    assert (sale.ticket_id, sale.number, sale.customer_id) == (536365, "536365", 17850)
    assert sale.created_at.isoformat() == "2010-12-01T15:26:00+00:00"
    heart, postage = sale.lines
    assert (heart.name, heart.sku, heart.kind) == ('HEART, "RED"', "85123A", "Product")
    assert (heart.quantity, heart.price) == (Decimal(6), Decimal("2.55"))
    assert heart.cost is not None
    assert heart.cost > 0
    assert (postage.kind, postage.cost) == ("Service", ZERO)
    assert (back.ticket_id, back.number, back.customer_id) == (536379, "C536379", None)
    assert back.business_date.isoformat() == "2010-12-02"
    assert (back.total, back.tenders, back.lines[0].name) == (ZERO, (), "")


def test_at_least_five_are_dirty(tmp_path: Path) -> None:
    rows = "".join(f"{n},1000{n % 10},THING,2,2010-12-01 08:00:00,3.00,,UK\n" for n in range(600_000, 600_020))
    (tmp_path / "day.csv").write_text(HEADER + rows, encoding="utf-8")
    assert sum(expect(ticket).dirt is not None for ticket in read(tmp_path)) == 5
    assert sum(expect(ticket).dirt is not None for ticket in read(tmp_path, dirty="0")) == 0


def test_a_folder_without_tickets_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no tickets"):
        read(tmp_path)
