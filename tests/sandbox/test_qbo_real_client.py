"""The stand-in read by a client that others wrote for the real API: python-quickbooks, as its users use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.exceptions import (
    AuthorizationException,
    GeneralException,
    ObjectNotFoundException,
    QuickbooksException,
    SevereException,
    UnsupportedException,
    ValidationException,
)
from quickbooks.objects import (
    Account,
    CompanyInfo,
    Customer,
    Invoice,
    Item,
    Payment,
    PaymentMethod,
    Preferences,
    RefundReceipt,
)
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from requests_oauthlib import OAuth2Session

if TYPE_CHECKING:
    from tests.sandbox.qbo_server import Qbo

DAYS = ("2025-05-01", "2025-05-02", "2025-05-03", "2025-05-04", "2025-05-05")


@pytest.fixture
def client(us: Qbo, monkeypatch: pytest.MonkeyPatch) -> QuickBooks:
    """Return the library's client, signed in to a new US company."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # plain http, on loopback only
    client = QuickBooks(company_id=us.server.company.realm_id, minorversion=75)
    client.api_url_v3 = f"{us.url}/v3"
    token = str(us.session.headers["Authorization"]).removeprefix("Bearer ")
    client.session = OAuth2Session(token={"access_token": token})
    return client


@pytest.fixture
def tips(client: QuickBooks) -> Item:
    (income,) = Account.filter(Name="Sales", qb=client)
    return _new(Item, Name="Tips", Type="Service", IncomeAccountRef=income.to_ref()).save(qb=client)


@pytest.fixture
def guest(client: QuickBooks) -> Customer:
    return _new(Customer, DisplayName="Guest Customer").save(qb=client)


@pytest.fixture
def sold(client: QuickBooks, tips: Item, guest: Customer) -> list[Invoice]:
    """Post an invoice on each of five days, of 1 to 5 dollars."""
    return [_invoice(tips, guest, amount).save(qb=client) for amount in range(1, 6)]


def _new(kind: type[Any], **fields: Any) -> Any:
    """Return an object of the library with these fields only: the texts it fills in for dates are no dates."""
    made = kind()
    for name in vars(made):
        setattr(made, name, fields.pop(name, None))
    assert not fields, "the library knows no such fields"
    return made


def _invoice(item: Item, customer: Customer, amount: int, **fields: Any) -> Invoice:
    detail = _new(SalesItemLineDetail, ItemRef=item.to_ref(), Qty=1, UnitPrice=amount, TaxCodeRef={"value": "NON"})
    line = _new(SalesItemLine, DetailType="SalesItemLineDetail", Amount=amount, SalesItemLineDetail=detail)
    usual = {"CustomerRef": customer.to_ref(), "DocNumber": f"No-{amount}", "TxnDate": DAYS[amount - 1]}
    return _new(Invoice, Line=[line], **(usual | fields))


def _payment(customer: Customer, invoice: Invoice) -> Payment:
    link = {"TxnId": invoice.Id, "TxnType": "Invoice"}
    line = {"Amount": invoice.TotalAmt, "LinkedTxn": [link]}
    return _new(Payment, CustomerRef=customer.to_ref(), TotalAmt=invoice.TotalAmt, Line=[line])


def _numbers(invoices: list[Invoice]) -> list[str]:
    return [one.DocNumber for one in invoices]


# Reading


def test_it_lists(client: QuickBooks, tips: Item) -> None:
    names = [one.Name for one in Account.all(qb=client)]
    assert {"Undeposited Funds", "Inventory Asset", "Cost of Goods Sold"} <= set(names)
    assert names == sorted(names, key=str.casefold)
    assert [one.Name for one in PaymentMethod.all(order_by="Name DESC", max_results=2, qb=client)] == [
        "Visa",
        "MasterCard",
    ]
    assert tips.Id in [one.Id for one in Item.all(qb=client)], "the library asks for *, Sku"


def test_it_filters_and_chooses(client: QuickBooks, sold: list[Invoice]) -> None:
    assert _numbers(Invoice.filter(DocNumber="no-3", qb=client)) == ["No-3"]
    assert sorted(_numbers(Invoice.choose(["No-1", "No-4", "none"], field="DocNumber", qb=client))) == ["No-1", "No-4"]
    assert {one.Id for one in Invoice.choose([sold[0].Id, sold[1].Id], qb=client)} == {sold[0].Id, sold[1].Id}
    where = f"TxnDate >= '{DAYS[1]}' AND TxnDate < '{DAYS[3]}' AND TotalAmt > '2'"
    assert _numbers(Invoice.where(where, qb=client)) == ["No-3"]
    assert Invoice.filter(DocNumber="none", qb=client) == []


def test_it_orders_pages_and_counts(client: QuickBooks, sold: list[Invoice]) -> None:
    assert _numbers(Invoice.where(order_by="TotalAmt DESC", qb=client)) == _numbers(sold)[::-1]
    assert _numbers(Invoice.all(order_by="TxnDate", start_position=2, max_results=2, qb=client)) == ["No-2", "No-3"]
    assert Invoice.where(order_by="TxnDate", start_position=6, qb=client) == []
    assert Invoice.count(qb=client) == 5
    assert Invoice.count("TxnDate > '2025-05-03'", qb=client) == 2


def test_names_with_apostrophes(client: QuickBooks) -> None:
    made = _new(Customer, DisplayName="O'Hara's \\ Bar").save(qb=client)
    assert [one.Id for one in Customer.where("DisplayName = 'O\\'Hara\\'s \\\\ Bar'", qb=client)] == [made.Id]
    assert _new(Customer, DisplayName="D'Arc").save(qb=client).Id in [
        one.Id for one in Customer.filter(DisplayName="D'Arc", qb=client)
    ]


def test_what_is_inactive_is_hidden_unless_asked_for(client: QuickBooks, tips: Item) -> None:
    gone = _new(Item, Id=tips.Id, SyncToken=tips.SyncToken, sparse=True, Active=False).save(qb=client)
    assert (gone.Active, gone.Name) == (False, "Tips (deleted)")
    assert tips.Id not in [one.Id for one in Item.where("Type = 'Service'", qb=client)]
    assert [one.Id for one in Item.filter(Active=False, qb=client)] == [tips.Id]
    assert tips.Id in [one.Id for one in Item.where("Active IN (true, false)", qb=client)]


def test_it_gets(client: QuickBooks, sold: list[Invoice], guest: Customer, tips: Item) -> None:
    read = Invoice.get(sold[1].Id, qb=client)
    assert (read.DocNumber, read.TxnDate, read.TotalAmt, read.Balance) == ("No-2", DAYS[1], 2, 2)
    assert (read.CustomerRef.value, read.CustomerRef.name) == (guest.Id, "Guest Customer")
    assert read.MetaData.CreateTime
    line, subtotal = read.Line
    assert (line.Id, line.LineNum, line.Amount) == ("1", 1, 2)
    assert (line.SalesItemLineDetail.ItemRef.name, line.SalesItemLineDetail.ItemRef.value) == ("Tips", tips.Id)
    assert line.SalesItemLineDetail.TaxCodeRef.value == "NON"
    assert (subtotal.DetailType, subtotal.Amount) == ("SubTotalLineDetail", 2)


def test_it_gets_the_companys_settings(client: QuickBooks) -> None:
    settings = Preferences.get(qb=client)
    assert settings.SalesFormsPrefs.CustomTxnNumbers is False
    assert settings.CurrencyPrefs.HomeCurrency.value == "USD"
    assert CompanyInfo.get(client.company_id, qb=client).Country == "US"


# Writing


def test_the_same_request_twice_is_done_once(client: QuickBooks, tips: Item, guest: Customer) -> None:
    first, again = (_invoice(tips, guest, 1).save(qb=client, request_id="r1") for _ in range(2))
    assert first.Id == again.Id
    assert Invoice.count(qb=client) == 1


def test_it_updates(client: QuickBooks, sold: list[Invoice]) -> None:
    changed = _new(Invoice, Id=sold[0].Id, SyncToken=sold[0].SyncToken, sparse=True, PrivateNote="note")
    assert (changed.save(qb=client).PrivateNote, changed.Id) == ("note", sold[0].Id)
    read = Invoice.get(sold[0].Id, qb=client)
    assert (read.SyncToken, read.DocNumber, read.TotalAmt) == ("1", "No-1", 1)


def test_what_it_got_it_can_send_back_whole(client: QuickBooks, guest: Customer) -> None:
    read = Customer.get(guest.Id, qb=client)
    read.OpenBalanceDate = None  # the library fills in "", which is no date
    read.Notes = "one for all"
    assert read.save(qb=client).SyncToken == "1"
    assert Customer.get(guest.Id, qb=client).Notes == "one for all"


def test_it_pays_and_voids(client: QuickBooks, sold: list[Invoice], guest: Customer) -> None:
    paid = _payment(guest, sold[2]).save(qb=client)
    assert (paid.TotalAmt, paid.UnappliedAmt, paid.Line[0].LinkedTxn[0].TxnId) == (3, 0, sold[2].Id)
    invoice = Invoice.get(sold[2].Id, qb=client)
    assert (invoice.Balance, invoice.LinkedTxn[0].TxnId, invoice.SyncToken) == (0, paid.Id, "1")
    with pytest.raises(ValidationException) as refused:
        paid.void(qb=client)  # the library sends it sparse, and what the notes say is required is missing
    assert refused.value.error_code == 2020
    paid.Line[0].LinkedTxn[0].TxnLineId = None  # the library fills in 0, which is no text
    voided = paid.save(qb=client, params={"operation": "update", "include": "void"})
    assert (voided.TotalAmt, voided.PrivateNote) == (0, "Voided")
    Invoice.get(sold[2].Id, qb=client).void(qb=client)
    invoice = Invoice.get(sold[2].Id, qb=client)
    assert (invoice.TotalAmt, invoice.Balance, invoice.PrivateNote) == (0, 0, "Voided")


def test_it_deletes(client: QuickBooks, sold: list[Invoice]) -> None:
    answer = sold[0].delete(qb=client)
    assert answer["Invoice"] == {"Id": sold[0].Id, "status": "Deleted", "domain": "QBO"}
    assert Invoice.count(qb=client) == 4
    with pytest.raises(ObjectNotFoundException) as gone:
        Invoice.get(sold[0].Id, qb=client)
    assert gone.value.error_code == 610


def test_it_refunds(client: QuickBooks, tips: Item, guest: Customer) -> None:
    (account,) = Account.filter(Name="Undeposited Funds", qb=client)
    line = _invoice(tips, guest, 4).Line
    refs = {"CustomerRef": guest.to_ref(), "DepositToAccountRef": account.to_ref()}
    made = _new(RefundReceipt, Line=line, **refs).save(qb=client)
    assert (made.TotalAmt, made.DepositToAccountRef.name) == (4, "Undeposited Funds")
    made.delete(qb=client)
    assert RefundReceipt.all(qb=client) == []


# Batches


def test_a_batch_creates_updates_and_deletes(client: QuickBooks, tips: Item, guest: Customer) -> None:
    made = batch_create([_invoice(tips, guest, amount) for amount in (1, 2, 3)], qb=client)
    assert (len(made.successes), made.faults) == (3, [])
    rows = sorted(made.successes, key=lambda one: one.DocNumber)
    assert _numbers(rows) == ["No-1", "No-2", "No-3"]
    changes = [_new(Invoice, Id=one.Id, SyncToken="0", sparse=True, PrivateNote=one.DocNumber) for one in rows]
    changed = batch_update(changes, qb=client)
    assert {one.PrivateNote for one in changed.successes} == {"No-1", "No-2", "No-3"}
    deleted = batch_delete([_new(Invoice, Id=one.Id, SyncToken="1") for one in rows[:2]], qb=client)
    assert {(one.Id, one.status) for one in deleted.successes} == {(one.Id, "Deleted") for one in rows[:2]}
    assert _numbers(Invoice.all(qb=client)) == ["No-3"]


def test_a_batch_is_done_item_by_item(client: QuickBooks, tips: Item, guest: Customer) -> None:
    bad = _invoice(tips, guest, 2, TxnDate="yesterday")
    answer = batch_create([_invoice(tips, guest, 1), bad, _invoice(tips, guest, 3)], qb=client)
    assert sorted(_numbers(answer.successes)) == ["No-1", "No-3"]
    (fault,) = answer.faults
    assert fault.original_object is bad
    assert (fault.type, fault.Error[0].code, fault.Error[0].element) == ("ValidationFault", "2010", "TxnDate")
    assert "yesterday" in fault.Error[0].Detail


def test_a_batch_takes_queries_too(client: QuickBooks, sold: list[Invoice]) -> None:
    queries = {"a": "select * from Invoice where DocNumber = 'No-2'", "b": "select count(*) from Customer", "c": "?"}
    items = [{"bId": key, "Query": query} for key, query in queries.items()]
    answer = client.batch_operation(json.dumps({"BatchItemRequest": items}))
    by_id = {item["bId"]: item for item in answer["BatchItemResponse"]}
    (row,) = by_id["a"]["QueryResponse"]["Invoice"]
    assert Invoice.from_json(row).Id == sold[1].Id
    assert by_id["b"]["QueryResponse"] == {"totalCount": 1}
    assert by_id["c"]["Fault"]["Error"][0]["code"] == "4000"


def test_a_batch_too_large_is_refused(client: QuickBooks) -> None:
    items = [{"bId": str(number), "Query": "select * from Item"} for number in range(31)]
    with pytest.raises(GeneralException) as refused:
        client.batch_operation(json.dumps({"BatchItemRequest": items}))
    assert refused.value.error_code == 1040


# Faults


def test_faults_of_writes(client: QuickBooks, tips: Item, guest: Customer, sold: list[Invoice]) -> None:
    stale = _new(Invoice, Id=sold[0].Id, SyncToken="9", sparse=True)
    unknown = _invoice(tips, guest, 1, CustomerRef={"value": "999"})
    cases = [
        (_new(Customer, DisplayName="guest customer"), QuickbooksException, 6240, "name supplied already exists"),
        (_invoice(tips, guest, 1, TxnDate=""), ValidationException, 2010, "TxnDate"),
        (_invoice(tips, guest, 1, CustomerRef=None), ValidationException, 2020, "CustomerRef"),
        (unknown, ValidationException, 2500, "999"),
        (stale, QuickbooksException, 5010, "Stale Object Error"),
        (_new(Invoice, Id="999", SyncToken="0", sparse=True), ObjectNotFoundException, 610, "Object Not Found"),
    ]
    for body, kind, code, detail in cases:
        with pytest.raises(kind) as refused:
            body.save(qb=client)
        assert (type(refused.value), refused.value.error_code) == (kind, code)
        assert detail in refused.value.detail


def test_faults_of_queries(client: QuickBooks) -> None:
    for where, code in (("DocNumber is 'x'", 4000), ("PrivateNote = 'x'", 4001)):
        with pytest.raises(ValidationException) as refused:
            Invoice.where(where, qb=client)
        assert refused.value.error_code == code
    with pytest.raises(UnsupportedException) as unsupported:
        client.get_single_object("Nonsense", "1")
    assert unsupported.value.error_code == 500


def test_faults_of_the_gateway(us: Qbo, client: QuickBooks) -> None:
    us.control("faults", [{"where": "qbo", "do": "refuse", "code": "10000", "match": {"entity": "Customer"}}])
    with pytest.raises(SevereException) as severe:
        _new(Customer, DisplayName="Somebody").save(qb=client)
    assert severe.value.error_code == 10000
    us.control("qbo", {"limits": {"requests_per_minute": 1}})  # and one was let through already
    with pytest.raises(QuickbooksException, match=r"status code .429.*ThrottleExceeded"):
        Item.count(qb=client)
    us.control("qbo", {"expire_tokens": True})
    with pytest.raises(AuthorizationException) as unknown:
        Item.count(qb=client)
    assert unknown.value.error_code == 401
    assert '"code":"3200"' in unknown.value.detail
