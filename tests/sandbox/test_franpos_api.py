"""The Franpos stand-in is as strict as the notes say: each test fails when its rule is taken out."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import location_token
from sandbox.tickets.model import to_cents
from tests.sandbox.franpos_site import FIRST_DAY, Site, amount, generated

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS = f"/api/datadump/v1/orders/30/0/{FIRST_DAY}/101"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as started:
        yield started


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """A site that is only read."""
    with Site() as started:
        yield started


def calls(site: Site) -> Any:
    return site.get("/control/franpos-calls", token=None)[1]


@pytest.mark.parametrize("token", [None, "", "wrong", location_token(999)])
def test_bad_or_missing_token_is_denied(shared: Site, token: str | None) -> None:
    assert shared.get(ORDERS, token=token) == (
        401,
        {"Message": "Authorization has been denied for this request."},
    )


def test_token_of_one_location_reads_no_other(shared: Site) -> None:
    assert shared.get(ORDERS, token=location_token(101))[0] == 200
    status, body = shared.get(ORDERS, token=location_token(102))
    assert status == 403
    assert set(body) == {"Message"}
    assert shared.get(ORDERS.replace("/101", "/555"))[0] == 403


@pytest.mark.parametrize("day", ["2026-03-04T00:00:00", "2026-03-04T00%3A00", "x:y"])
def test_colon_in_the_path_is_refused_before_the_token_is_looked_at(shared: Site, day: str) -> None:
    path = f"/api/datadump/v1/orders/30/0/{day}/101"
    for token in (None, location_token(101)):
        status, body = shared.get(path, token=token)
        assert status == 400
        assert "A potentially dangerous Request.Path value was detected" in body["Message"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("v1/orders/0/0/2026-03-04/101", {}),
        ("v1/orders/31/0/2026-03-04/101", {}),
        ("v1/orders/x/0/2026-03-04/101", {}),
        ("v1/orders/30/-1/2026-03-04/101", {}),
        ("v1/orders/30/0/20260304/101", {}),
        ("v1/orders/30/0/2026-3-4/101", {}),
        ("v1/orders/30/0/03-04-2026/101", {}),
        ("v1/orders/30/0/2026-02-30/101", {}),
        ("v1/orders/30/0/2026-03-04/abc", {}),
        ("v1/orders/30/0/2026-03-04/101", {"pageSize": 501}),
        ("v1/orders/30/0/2026-03-04/101", {"pageSize": 0}),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_costs_nothing(shared: Site, path: str, query: dict[str, Any]) -> None:
    before = calls(shared)["successful"]
    status, body = shared.get(f"/api/datadump/{path}", **query)
    assert (status, set(body)) == (400, {"Message"})
    assert calls(shared)["successful"] == before


@pytest.mark.parametrize("path", ["v2/orders/30/0/2026-03-04/101", "v1/orderitems/30/0/2026-03-04/101", "nothing"])
def test_other_paths_are_not_found(shared: Site, path: str) -> None:
    assert shared.get(f"/api/datadump/{path}")[0] == 404


def test_pages_count_from_zero_and_one_beyond_the_last_is_empty(shared: Site) -> None:
    path = "/api/datadump/v1/orders/30/{}/2026-03-04/101"
    _, first = shared.get(path.format(0), pageSize=100)
    assert (first["isSuccess"], first["pages"], len(first["data"])) == (True, 3, 100)
    pages = [shared.get(path.format(page), pageSize=100)[1]["data"] for page in range(4)]
    assert [len(page) for page in pages] == [100, 100, 52, 0]
    assert len({row["OrderId"] for page in pages for row in page}) == 252


def test_rows_are_in_no_order_but_the_same_each_time(shared: Site) -> None:
    rows = shared.dump("v1/orders")
    for field in ("OrderId", "CreatedOn"):
        order = [row[field] for row in rows]
        assert order not in (sorted(order), sorted(order, reverse=True))
    assert shared.dump("v1/orders") == rows


def test_neighbouring_windows_share_the_first_hour_of_the_next() -> None:
    # The night in which the clocks change has tickets after midnight.
    with Site(generated(first_day=FIRST_DAY.replace(day=7), days=3)) as site:
        before = {row["OrderId"]: row["CreatedOn"] for row in site.dump("v1/orders", "2026-03-07", 1)}
        after = {row["OrderId"]: row["CreatedOn"] for row in site.dump("v1/orders", "2026-03-08", 1)}
    both = set(before) & set(after)
    assert both
    assert {before[order][:13] for order in both} == {"2026-03-08T00"}
    assert {created[:10] for order, created in before.items() if order not in both} == {"2026-03-07"}


def test_windows_hold_their_local_days_and_payments_their_utc_days(shared: Site) -> None:
    end = "2026-03-06T01:00"
    for endpoint, field in (("v1/orders", "CreatedOn"), ("v2/orderitems", "CreatedOn")):
        rows = shared.dump(endpoint, "2026-03-05", 1)
        assert rows
        assert all("2026-03-05" <= row[field] < end for row in rows)
    payments = shared.dump("v1/orderPayments", "2026-03-05", 1)
    assert all("2026-03-05" <= row["CreatedOnUTC"] < end for row in payments)
    # An evening in Denver is the next day in UTC: some orders of the day are paid in the next window only.
    orders = {
        row["OrderId"] for row in shared.dump("v1/orders", "2026-03-05", 1) if row["CreatedOn"][:10] == "2026-03-05"
    }
    later = {row["OrderId"] for row in shared.dump("v1/orderPayments", "2026-03-06", 1)}
    assert orders & later - {row["OrderId"] for row in payments}


def test_all_windows_together_hold_every_row_of_the_book(shared: Site) -> None:
    tickets = list(shared.server.book.between(shared.location, shared.source.first_day, shared.source.last_day))
    rows = {endpoint: shared.dump(endpoint) for endpoint in ("v1/orders", "v2/orderitems", "v1/orderPayments")}
    assert {row["OrderId"] for row in rows["v1/orders"]} == {ticket.ticket_id for ticket in tickets}
    lines = {line.line_id: line for ticket in tickets for line in ticket.lines}
    tenders = {tender.payment_id: tender for ticket in tickets for tender in ticket.tenders}
    assert {row["OrderItemId"] for row in rows["v2/orderitems"]} == set(lines)
    assert {row["OrderPaymentId"] for row in rows["v1/orderPayments"]} == set(tenders)
    for row in rows["v2/orderitems"]:
        line = lines[row["OrderItemId"]]
        assert (amount(row["Price"]), amount(row["Quantity"])) == (line.price, line.quantity)
        assert amount(row["Discount"]) == line.discount >= 0
    for row in rows["v1/orderPayments"]:
        tender = tenders[row["OrderPaymentId"]]
        assert (amount(row["Amount"]), row["PaymentMethod"]) == (tender.amount, tender.method)
    for order in rows["v1/orders"]:
        ticket = next(ticket for ticket in tickets if ticket.ticket_id == order["OrderId"])
        assert order["IsVoided"] is ticket.voided
        assert (amount(order["Total"]), amount(order["TaxTotal"])) == (ticket.total, ticket.tax)


def test_money_has_four_decimals_and_is_sometimes_a_string(shared: Site) -> None:
    totals = [row["Total"] for row in shared.dump("v1/orders")]
    assert {type(total) for total in totals} == {str, Decimal}
    assert {amount(total).as_tuple().exponent for total in totals} == {-4}
    assert any(amount(row["TaxTotal"]) * 100 % 1 for row in shared.dump("v1/orders"))


def test_times_are_local_and_without_offset(shared: Site) -> None:
    created = [row["CreatedOn"] for row in shared.dump("v1/orders")]
    assert all(datetime.fromisoformat(time).tzinfo is None for time in created)
    hours = [int(time[11:13]) for time in created]
    assert sum(8 <= hour < 22 for hour in hours) > 0.9 * len(hours)
    assert all(datetime.fromisoformat(row["CreatedOnUTC"]).tzinfo is None for row in shared.dump("v1/orderPayments"))


def test_fields_are_those_of_the_notes(shared: Site) -> None:
    assert set(shared.dump("v1/orders")[0]) == {
        "OrderId",
        "CompanyOrderNumber",
        "CustomReceiptNumber",
        "CustomerId",
        "EmployeeId",
        "CreatedOn",
        "SubTotal",
        "DiscountTotal",
        "TaxTotal",
        "Tips",
        "Total",
        "ShippingOption",
        "IsVoided",
        "ModifiedOn",
    }
    assert set(shared.dump("v2/orderitems")[0]) == {
        "OrderItemId",
        "OrderId",
        "CustomerId",
        "CreatedOn",
        "Name",
        "Sku",
        "Price",
        "Quantity",
        "Cost",
        "Discount",
        "SalesPerson",
        "RevenuAccountCode",
        "CogsAccountCode",
        "ShippingOption",
        "ReturnDisposition",
        "ReturnReason",
        "DiscountName",
        "ProductType",
    }
    assert set(shared.dump("v1/orderPayments")[0]) == {
        "OrderPaymentId",
        "OrderId",
        "PaymentMethod",
        "PaymentMethodID",
        "CreditCardType",
        "Amount",
        "CreatedOnUTC",
    }
    assert set(shared.dump("v1/customers")[0]) == {"CustomerId", "FirstName", "LastName", "Email", "CellPhone"}


def test_assumed_fields_can_be_hidden_and_discounts_signed(site: Site) -> None:
    hide = ["IsVoided", "ModifiedOn", "ProductType", "DiscountName"]
    assert site.post("/control/franpos", {"hide_fields": hide, "discount_signs": "signed"})[0] == 200
    orders, items = site.dump("v1/orders"), site.dump("v2/orderitems")
    assert not {name for row in orders + items for name in row} & set(hide)
    assert any(amount(row["Discount"]) < 0 for row in items)
    assert all(amount(row["Discount"]) <= 0 for row in items if amount(row["Quantity"]) < 0)
    assert site.post("/control/franpos", {"hide_fields": ["Total"]})[0] == 400


@pytest.mark.parametrize("signs", ["mixed", "positive", "signed"])
def test_clean_rows_add_up_with_one_sign_for_what_comes_off_a_return(site: Site, signs: str) -> None:
    site.post("/control/franpos", {"discount_signs": signs})
    truth = [one for one in site.truth() if one["location_id"] == "101"]
    wrong = {one["ticket_id"] for one in truth if one["dirt"] == "lines_mismatch"}
    items: dict[int, list[dict[str, Any]]] = {}
    for row in site.dump("v2/orderitems"):
        items.setdefault(row["OrderId"], []).append(row)
    for order in site.dump("v1/orders"):
        lines = items.get(order["OrderId"], [])
        gross = sum((to_cents(amount(row["Price"]) * amount(row["Quantity"])) for row in lines), Decimal(0))
        signed = sum((abs(amount(row["Discount"])).copy_sign(amount(row["Quantity"])) for row in lines), Decimal(0))
        shown = amount(order["DiscountTotal"])
        rest = gross + amount(order["TaxTotal"]) + amount(order["Tips"]) - amount(order["Total"])
        ways = {shown} if all(amount(row["Quantity"]) > 0 for row in lines) else {shown, -shown, signed}
        holds = any(to_cents(rest - discounts) == 0 for discounts in ways)
        assert holds is (str(order["OrderId"]) not in wrong)


def test_quota_is_for_each_location_and_month_and_refusals_are_free(site: Site) -> None:
    assert site.post("/control/franpos", {"quota": 2})[0] == 200
    assert site.get(ORDERS.replace("/30/", "/31/"))[0] == 400
    assert [site.get(ORDERS)[0] for _ in range(4)] == [200, 200, 429, 429]
    status, body = site.get(ORDERS)
    assert (status, set(body)) == (429, {"Message"})
    assert site.get(ORDERS.replace("/101", "/102"))[0] == 200
    assert site.get("/api/checkUsageLimit") == (
        200,
        {
            "result": [
                "Location 101: 2 of 2 API calls used this month",
                "Location 102: 1 of 2 API calls used this month",
            ]
        },
    )
    assert calls(site) == {
        "successful": 3,
        "by_endpoint": {"orders": 3},
        "by_location": {"101": 2, "102": 1},
        "all": 8,
    }
    site.post("/control/franpos", {"now": "2026-04-01T00:00:00+00:00"})
    assert site.get(ORDERS)[0] == 200


def test_quota_is_a_thousand_calls(site: Site) -> None:
    site.post("/control/franpos", {"used": {"101": 999}})
    assert [site.get(ORDERS)[0] for _ in range(2)] == [200, 429]


def test_only_what_exists_now_is_visible() -> None:
    source = generated()
    shop = source.locations[0]
    days = [source.first_day + timedelta(days=number) for number in range(source.days)]
    late = next(
        ticket
        for day in days
        for ticket in source.day(shop, day)
        if ticket.tenders and ticket.tenders[0].paid_at - ticket.created_at > timedelta(hours=12)
    )
    now = late.created_at + timedelta(hours=1)

    def dirt(at_till: Site) -> Any:
        return next(one["dirt"] for one in at_till.truth() if one["ticket_id"] == str(late.ticket_id))

    with Site(source, now) as till:
        created = [row["CreatedOn"] for row in till.dump("v1/orders")]
        assert shop.local(late.created_at).isoformat()[:19] in {time[:19] for time in created}
        assert max(created) <= shop.local(now).isoformat()[:23]
        assert late.ticket_id not in {row["OrderId"] for row in till.dump("v1/orderPayments")}
        assert dirt(till) == "unpaid"
        till.post("/control/franpos", {"now": (now + timedelta(days=3)).isoformat()})
        assert len(till.dump("v1/orders")) > len(created)
        assert late.ticket_id in {row["OrderId"] for row in till.dump("v1/orderPayments")}
        assert dirt(till) is None


def test_a_shop_that_is_down_answers_a_web_page_and_counts_nothing(site: Site) -> None:
    site.post("/control/franpos", {"down": True})
    response = site.http.get(site.url + ORDERS, timeout=10)
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (503, "text/html")
    site.post("/control/franpos", {"down": False, "token_revoked": True})
    assert site.get(ORDERS)[0] == 401
    assert calls(site)["successful"] == 0


def test_the_small_endpoints(shared: Site) -> None:
    status, body = shared.get("/api/getLocationsInfo")
    assert (status, [row["CompanyName"] for row in body["Data"]]) == (200, ["Sandbox Pets #1", "Sandbox Pets #2"])
    status, body = shared.get("/api/dictionary/employees")
    assert status == 200
    employees = {row["EmployeeId"] for row in body["data"]}
    assert {row["EmployeeId"] for row in shared.dump("v1/orders")} <= employees


def test_report_of_tickets(shared: Site) -> None:
    wanted = {
        "startDate": "2026-03-05T00:00:00",
        "endDate": "2026-03-05T23:59:59.999",
        "pageIndex": 0,
        "pageSize": 30,
        "locationId": 101,
    }
    path = f"/api/report/v2/tickets?Token={location_token(101)}"
    status, body = shared.post(path, wanted)
    assert (status, body["pages"], len(body["data"])) == (200, 2, 30)
    rows = body["data"] + shared.post(path, wanted | {"pageIndex": 1})[1]["data"]
    day = {row["OrderId"] for row in shared.dump("v1/orders", "2026-03-05", 1) if row["CreatedOn"] < "2026-03-06"}
    assert {row["OrderId"] for row in rows} == day
    assert shared.post(path, {"startDate": "2026-03-05"})[0] == 400
    assert shared.post(path, wanted | {"locationId": 102})[0] == 403
    assert shared.post("/api/report/v2/tickets", wanted)[0] == 401
