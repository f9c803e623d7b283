"""The query language: what can be asked, how it compares, pages, and what may not be asked."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.qbo_server import Qbo, Refused, line

DENVER = ZoneInfo("America/Denver")


def _names(us: Qbo, query: str) -> list[str]:
    found = us.query(query)
    (rows,) = [value for value in found.values() if isinstance(value, list)] or [[]]
    return [row["Name"] for row in rows]


@pytest.fixture
def sold(us: Qbo) -> Qbo:
    """Make five invoices and a payment."""
    customer, item = us.customer(), us.service("Joe's \\ Tips")
    for number in range(1, 6):
        body = {"CustomerRef": customer, "DocNumber": f"No-{number}", "TxnDate": f"2025-05-0{number}"}
        us.write("Invoice", body | {"Line": [line(item, number)], "PrivateNote": "n"})
    us.write("Payment", {"CustomerRef": customer, "TotalAmt": 1, "PaymentRefNum": "key", "TxnDate": "2025-05-01"})
    return us


def _numbers(sold: Qbo, where: str) -> list[str]:
    found = sold.query(f"select * from Invoice {where}")  # noqa: S608 - not SQL
    return [row["DocNumber"] for row in found.get("Invoice", [])]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("where DocNumber = 'no-3'", "3"),
        ("where DocNumber in ('No-1', 'NO-4', 'none')", "14"),
        ("where DocNumber like '%-5'", "5"),
        ("where DocNumber like 'no%'", "12345"),
        ("where DocNumber like 'o-1'", ""),
        ("where TxnDate >= '2025-05-03' and TxnDate < '2025-05-05'", "34"),
        ("where TxnDate = '2025-05-02'", "2"),
        ("where TotalAmt > '3'", "45"),
        ("where TotalAmt <= 2.00", "12"),
        ("where Balance = '0'", "1"),
        ("where CustomerRef = '1'", "12345"),
        ("where CustomerRef = '2'", ""),
        ("where Id in ('1', '2')", "12"),
        ("where MetaData.CreateTime > '2001-01-01T00:00:00-07:00'", "12345"),
        ("where MetaData.LastUpdatedTime < '2001-01-01T00:00:00Z'", ""),
        ("WHERE DOCNUMBER IN ('No-1','No-2') AND TxnDate > '2025-05-01'", "2"),
    ],
)
def test_conditions(sold: Qbo, where: str, numbers: str) -> None:
    assert sorted(_numbers(sold, where)) == [f"No-{number}" for number in numbers]


def test_order_and_pages(sold: Qbo) -> None:
    assert _numbers(sold, "orderby TxnDate desc maxresults 2") == ["No-5", "No-4"]
    assert _numbers(sold, "order by TxnDate startposition 2 maxresults 2") == ["No-2", "No-3"]
    assert _numbers(sold, "orderby TxnDate asc startposition 6") == []
    assert _numbers(sold, "orderby CustomerRef, TotalAmt desc")[0] == "No-5"
    answer = sold.query("select * from Invoice startposition 4 maxresults 10")
    assert (answer["startPosition"], answer["maxResults"]) == (4, 2)


def test_without_maxresults_a_page_has_100_rows(us: Qbo) -> None:
    for number in range(0, 120, 30):
        us.batch(
            [
                {"bId": str(one), "operation": "create", "PaymentMethod": {"Name": f"M{number + one}"}}
                for one in range(30)
            ]
        )
    assert len(_names(us, "select * from PaymentMethod")) == 100
    assert len(_names(us, "select * from PaymentMethod maxresults 1000")) == 124


def test_count(sold: Qbo) -> None:
    assert sold.query("select count(*) from Invoice where TotalAmt > '3'") == {"totalCount": 2}


def test_columns(sold: Qbo) -> None:
    rows = sold.query("select DocNumber, TotalAmt from Invoice where DocNumber = 'No-1'")["Invoice"]
    assert rows == [{"DocNumber": "No-1", "TotalAmt": 1, "domain": "QBO", "sparse": True}]
    with pytest.raises(Refused) as refused:
        sold.query("select Number from Invoice")
    assert refused.value.code == "4001"


def test_apostrophes_and_backslashes_are_escaped(sold: Qbo) -> None:
    assert _names(sold, r"select * from Item where Name = 'Joe\'s \\ Tips'") == ["Joe's \\ Tips"]
    with pytest.raises(Refused) as refused:
        sold.query("select * from Item where Name = 'Joe's'")
    assert refused.value.code == "4000"


@pytest.mark.parametrize(
    "name", ["Mother\u2019s Day", "Caf\u00e9 \u2013 small", "\u0141\u00f3d\u017a", "\u9d8f", "\U0001f436"]
)
def test_a_name_with_characters_above_latin_1_is_kept_and_can_not_be_asked_for(us: Qbo, name: str) -> None:
    made = us.service(name)
    assert us.read("Item", made["value"])["Name"] == name
    query = f"select * from Item where Name = '{name}'"  # noqa: S608 - not SQL
    with pytest.raises(Refused, match="QueryParserError") as refused:
        us.query(query)
    assert (refused.value.status, refused.value.code) == (400, "4000")
    posted = us.session.post(f"{us.base}/query", data=query.encode(), timeout=10)
    assert posted.json()["Fault"]["Error"][0]["code"] == "4000"
    assert us.batch([{"bId": "1", "Query": query}])["1"]["Fault"]["Error"][0]["code"] == "4000"
    assert name in _names(us, "select * from Item")


def test_a_name_in_latin_1_can_be_asked_for(us: Qbo) -> None:
    us.service("Ma\u00f1ana \u00ff")
    assert _names(us, "select * from Item where Name = 'ma\u00f1ana \u00ff'") == ["Ma\u00f1ana \u00ff"]


def test_what_was_made_since_a_moment(sold: Qbo) -> None:
    """To the second, with any offset; what was changed since was not made since."""
    since = sold.clock.now().replace(microsecond=0) + dt.timedelta(hours=1)
    sold.clock.push(3600 + 2)
    assert sold.sign_in().ok
    old = sold.one("Invoice", "DocNumber = 'No-1'")
    sold.write("Invoice", old | {"DocNumber": "No-1a"})
    customer, item = old["CustomerRef"], {"value": old["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"]}
    body = {"CustomerRef": customer, "Line": [line(item, 1)]}
    sold.write("Invoice", body | {"DocNumber": "No-6"})
    sold.write("RefundReceipt", body | {"DepositToAccountRef": sold.account("Checking"), "DocNumber": "R"})
    sold.write("Payment", {"CustomerRef": customer, "TotalAmt": 1, "PaymentRefNum": "new"})
    for moment in (since.isoformat().replace("+00:00", "Z"), since.astimezone(DENVER).isoformat()):
        where = f"CustomerRef = '{customer['value']}' and MetaData.CreateTime >= '{moment}'"
        assert sold.one("Invoice", where)["DocNumber"] == "No-6"
        assert sold.one("RefundReceipt", where)["DocNumber"] == "R"
        assert sold.one("Payment", where)["PaymentRefNum"] == "new"
    assert set(_numbers(sold, f"where MetaData.LastUpdatedTime >= '{since.isoformat()}'")) >= {"No-1a", "No-6"}


def test_names_compare_ignoring_case(us: Qbo) -> None:
    assert _names(us, "select * from Account where Name = 'checking'") == ["Checking"]
    assert _names(us, "select * from Account where AccountType = 'bank' and Name like 'CHECK%'") == ["Checking"]


def test_name_lists_hide_inactive_rows_unless_asked(us: Qbo) -> None:
    us.control("qbo/entity", {"op": "inactivate", "entity": "PaymentMethod", "id": "1"})
    assert "Cash (deleted)" not in _names(us, "select * from PaymentMethod")
    assert us.query("select count(*) from PaymentMethod") == {"totalCount": 3}
    assert "Cash (deleted)" in _names(us, "select * from PaymentMethod where Active in (true, false)")
    assert _names(us, "select * from PaymentMethod where Active = false") == ["Cash (deleted)"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "4000"),
        ("select * from Item where Name = 'a' or Name = 'b'", "4000"),
        ("select * from Item where (Name = 'a')", "4000"),
        ("select * from Item where Name != 'a'", "4000"),
        ("select * from Item where Name = a", "4000"),
        ('select * from Item where Name = "a"', "4000"),
        ("select * from Item limit 5", "4000"),
        ("select * from Item maxresults many", "4000"),
        ("select count(Id) from Item", "4000"),
        ("select * from Item where Name in ('a' 'b')", "4000"),
        ("select * from Item where Name in ()", "4000"),
        ("update Item set Name = 'a'", "4000"),
        ("select * from Nothing", "4001"),
        ("select * from Deposit", "4001"),
        ("select * from Item startposition 0", "4001"),
        ("select * from Item maxresults 1001", "4001"),
        ("select * from Item maxresults 0", "4001"),
        ("select * from Invoice where TxnDate > 'May'", "4001"),
        ("select * from Item where Nmae = 'a'", "4001"),
        ("select * from Invoice where PrivateNote = 'n'", "4001"),
        ("select * from Invoice where Line.Amount = '1'", "4001"),
        ("select * from Invoice where LinkedTxn = '1'", "4001"),
        ("select * from Payment where UnappliedAmt > '0'", "4001"),
        ("select * from Payment where PrivateNote = 'n'", "4001"),
        ("select * from Payment where DocNumber = '1'", "4001"),
        ("select * from Payment orderby UnappliedAmt", "4001"),
    ],
)
def test_what_may_not_be_asked(us: Qbo, query: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        us.query(query)
    assert refused.value.status == 400
    assert refused.value.code == code


def test_a_payment_is_found_by_its_reference(sold: Qbo) -> None:
    (found,) = sold.query("select * from Payment where PaymentRefNum in ('KEY', 'other')")["Payment"]
    assert found["PaymentRefNum"] == "key"


def test_nothing_found_is_an_empty_answer(us: Qbo) -> None:
    assert us.query("select * from Invoice") == {}


def test_the_company_itself(us: Qbo) -> None:
    assert us.query("select * from Preferences")["Preferences"][0]["CurrencyPrefs"]["HomeCurrency"]["value"] == "USD"
    assert us.query("select * from CompanyInfo")["CompanyInfo"][0]["Country"] == "US"
    assert us.call("GET", f"companyinfo/{us.server.company.realm_id}")["CompanyInfo"]["Country"] == "US"


def test_a_long_query_can_be_posted(sold: Qbo) -> None:
    answer = sold.session.post(
        f"{sold.base}/query",
        data="select * from Invoice where DocNumber = 'No-1'",
        headers={"Content-Type": "application/text"},
        timeout=10,
    )
    assert answer.json()["QueryResponse"]["Invoice"][0]["DocNumber"] == "No-1"


def test_what_is_not_there_is_610_and_what_is_no_address_500(us: Qbo) -> None:
    for path, code in (("item/999", "610"), ("nothing/1", "500"), ("Item/1", "500"), ("item", "500")):
        with pytest.raises(Refused) as refused:
            us.call("GET", path)
        assert refused.value.code == code


def test_a_body_is_json_and_says_so(us: Qbo) -> None:
    for data, kind in (("{", "application/json"), ("[]", "application/json"), ("{}", "text/plain")):
        answer = us.session.post(f"{us.base}/customer", data=data, headers={"Content-Type": kind}, timeout=10)
        assert answer.json()["Fault"]["Error"][0]["code"] == "2010"


def test_an_unknown_minorversion_does_no_harm(us: Qbo) -> None:
    assert us.call("GET", "item/1", minorversion="75")["Item"]["Name"] == "Sales"
