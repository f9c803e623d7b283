"""The page over real HTTP: what it shows is what the desk says, to whoever signed in and to nobody else."""

from __future__ import annotations

import csv
import datetime as dt
import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import requests
from lxml import html

from target_qbo.ledger.daily import Day
from target_qbo.web.access import Door
from target_qbo.web.chart import chart
from target_qbo.web.downloads import as_csv
from tests.web.conftest import Page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop import Shop
    from tests.web.conftest import Visitor

PAGES = ("/", "/tickets/", "/errors/", "/runs/", "/reconcile/")
FIRST, LAST = "2026-03-04", "2026-03-05"
PERIOD = f"first={FIRST}&last={LAST}"


@pytest.fixture(scope="module")
def visitor(page: Page) -> Visitor:
    return page.visitor()


def cells(tree: html.HtmlElement, column: int) -> list[str]:
    """Return the texts of a column of the first table; of a day what programs read."""
    rows = tree.xpath("(//table)[1]/tbody/tr")
    for written in tree.xpath("//tbody//time"):
        written.text = written.get("datetime")
    return [" ".join(row.xpath(f"string(*[{column}])").split()) for row in rows]


def _session(visitor: Visitor) -> str:
    return next(one.value or "" for one in visitor.http.cookies if "form" not in one.name)


# What is shown


def test_every_ticket_is_listed_once_the_newest_first(shop: Shop, visitor: Visitor) -> None:
    seen, days, path = [], [], "/tickets/"
    while path:
        tree = visitor.look(path)
        days += cells(tree, 2)
        seen += list(zip(cells(tree, 3), cells(tree, 4), strict=True))
        older = tree.xpath("//a[@rel='next']/@href")
        path = f"/tickets/{older[0]}" if older else ""
    assert len(seen) > 100, "several pages"
    assert days == sorted(days, reverse=True)
    assert sorted(seen) == sorted((row["location_id"], row["ticket_id"]) for row in shop.rows())


def test_a_choice_lists_just_what_it_names(shop: Shop, visitor: Visitor) -> None:
    rows = shop.rows()
    skipped = [row["ticket_id"] for row in rows if row["status"] == "skipped"]
    assert skipped
    assert sorted(cells(visitor.look("/tickets/?status=skipped"), 4)) == sorted(skipped)
    one = rows[0]
    tree = visitor.look(f"/tickets/?search={one['number']}&location={one['location_id']}&first={FIRST}&last={LAST}")
    assert one["ticket_id"] in cells(tree, 4)
    assert "no such ticket" in visitor.get("/tickets/?search=nowhere").text


def test_a_choice_is_given_as_a_file(shop: Shop, visitor: Visitor) -> None:
    answer = visitor.get("/tickets.csv?status=skipped")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tickets.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    skipped = [row for row in shop.rows() if row["status"] == "skipped"]
    assert [row["ticket_id"] for row in rows] == [row["ticket_id"] for row in skipped]
    assert [row["total"] for row in rows] == [f"{row['total']:.2f}" for row in skipped]
    assert visitor.get("/tickets.csv?status=lost").status_code == 400
    days = list(csv.DictReader(io.StringIO(visitor.get(f"/reconcile/?{PERIOD}&csv=1").content.decode("utf-8-sig"))))
    assert {row["date"] for row in days} == {FIRST, LAST}
    assert {row["agrees"] for row in days} == {"True"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\n=1", "\uff1d1"])
def test_no_text_of_a_till_is_a_formula(text: str) -> None:
    answer = as_csv("a.csv", ["name"], [{"name": text}, {"name": Decimal("-1.5")}, {"name": None}])
    (told, amount, nothing) = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
    assert (told, amount, nothing) == (["'" + text], ["-1.50"], [""])


def test_the_chart_shows_each_day_and_marks_what_differs() -> None:
    first = dt.date(2026, 3, 4)
    days = [
        Day(first, 3, Decimal(40), Decimal(40)),
        Day(first + dt.timedelta(days=1), 1, Decimal(-10), Decimal(0)),
        Day(first + dt.timedelta(days=2), 0, Decimal(0), Decimal(0)),
    ]
    drawn = chart(days)
    assert [column.differs for column in drawn.columns] == [False, True, False]
    assert drawn.columns[1].difference == -10
    sold, refunded = (column.bars[0] for column in drawn.columns[:2])
    assert (sold.y, sold.height) == ("0.0", "128.0"), "from the top to zero"
    assert (refunded.y, refunded.height) == (drawn.zero, "32.0"), "below zero"
    assert chart([Day(first, 0, Decimal(0), Decimal(0))]).columns == []


@pytest.mark.parametrize(
    "asked",
    [
        "status=lost",
        "first=yesterday",
        "least=1.234",
        "least=NaN",
        "most=1e400",
        "location=a%00b",
        "before=2026-03-04",
        "before=a,b,c",
        f"before=2026-03-04,{2**63},101",
        "before=2026-03-04,-1,101",
        "before=2026-03-04,1,%00",
    ],
)
def test_a_choice_that_can_t_be_read_is_refused(visitor: Visitor, asked: str) -> None:
    assert visitor.get(f"/tickets/?{asked}").status_code == 400


def test_a_ticket_is_shown_with_what_stands_and_what_to_do(shop: Shop, visitor: Visitor) -> None:
    posted = next(row for row in shop.rows() if row["status"] == "posted" and row["documents"])
    links = visitor.look(f"/tickets/?search={posted['ticket_id']}&location={posted['location_id']}")
    (address,) = links.xpath("//tbody//a/@href")
    tree = visitor.look(address)
    text = tree.text_content()
    for document in posted["documents"]:
        assert document["number"] in text
        assert tree.xpath(f"//a[contains(@href, 'txnId={document['id']}')]")
    (skipped, *_) = visitor.look("/tickets/?status=skipped").xpath("//tbody//th/a/@href")
    shown = visitor.look(skipped).text_content()
    assert "What to do" in shown
    assert "Nothing." in shown


def test_errors_are_grouped_with_what_they_come_to(shop: Shop, visitor: Visitor) -> None:
    tree = visitor.look("/errors/")
    skipped = [row for row in shop.rows() if row["status"] == "skipped"]
    assert set(cells(tree, 1)) == {row["code"] for row in skipped}
    assert sum(int(number) for number in cells(tree, 2)) == len(skipped)
    (code, *_) = cells(tree, 1)
    (address, *_) = tree.xpath("//tbody//th/a/@href")
    listed = cells(visitor.look(address), 4)
    assert sorted(listed) == sorted(row["ticket_id"] for row in skipped if row["code"] == code)


def test_the_overview_counts_what_the_list_has(shop: Shop, visitor: Visitor) -> None:
    tree = visitor.look("/")
    (table,) = tree.xpath("//table[caption='Tickets by status']")
    counted = {row.xpath("string(th)"): int(row.xpath("string(td[5])")) for row in table.xpath("tbody/tr")}
    rows = shop.rows()
    assert counted == {status: sum(row["status"] == status for row in rows) for status in counted}
    assert sum(counted.values()) == len(rows)
    text = tree.text_content()
    assert "Connected to QuickBooks" in text
    assert "Last synced" in text
    days = {str(row["business_date"]) for row in rows}
    assert set(cells(tree, 1)) == days
    assert tree.xpath("count(//*[local-name()='rect'])") == 4  # of two days
    left = {str(row["business_date"]) for row in rows if row["status"] not in {"posted", "voided"}}
    assert left, "some are skipped"
    (figures,) = tree.xpath("//table[caption='Till and books by day']")
    assert set(figures.xpath("tbody/tr[@class='differs']/th//time/@datetime")) == left
    assert visitor.look("/runs/").xpath("count(//tbody/tr)") == 1


def test_a_period_is_proven_and_nothing_is_written(shop: Shop, visitor: Visitor) -> None:
    shop.calls()
    text = visitor.look(f"/reconcile/?{PERIOD}").text_content()
    assert "all agrees" in text
    assert shop.calls()["writes"] == 0
    assert "nothing is proven" in visitor.get("/reconcile/?first=2019-01-01&last=2019-01-02").text
    for first, last, says in (
        (LAST, FIRST, "ends before it begins"),
        ("9999-12-31", "9999-12-31", "a year at most"),
        ("2020-01-01", "2026-01-01", "a year at most"),
        ("x", "y", "Enter a valid date"),
    ):
        answer = visitor.get(f"/reconcile/?first={first}&last={last}")
        assert (answer.status_code, says in answer.text) == (400, True)


def test_a_problem_is_told_in_one_line(shop: Shop, visitor: Visitor) -> None:
    shop.post("faults", [{"where": "qbo", "do": "503", "match": {"every": 1}}])
    answer = visitor.get(f"/reconcile/?{PERIOD}")
    shop.forget_faults()
    assert answer.status_code == 503
    assert "QuickBooks can't be reached" in html.fromstring(answer.text).text_content()
    assert "Traceback" not in answer.text


# Who may see it, and how


@pytest.mark.parametrize("path", [*PAGES, "/tickets/1/", f"/reconcile/?{PERIOD}"])
def test_nobody_sees_anything_without_the_code(page: Page, path: str) -> None:
    answer = page.visitor(signed_in=False).get(path, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    assert answer.text == ""


@pytest.mark.parametrize("path", [*PAGES, "/sign-in/", "/nowhere/"])
def test_nothing_is_kept_framed_scripted_or_loaded_from_elsewhere(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    tree = html.fromstring(answer.text)
    assert tree.xpath("//script | //style | //@style | //iframe | //*[@*[starts-with(name(), 'on')]]") == []
    loaded = tree.xpath("//link/@href | //img/@src")
    assert loaded
    assert all(one.startswith("/static/") for one in loaded)


def test_what_anybody_asks_for_prints_nothing(page: Page, visitor: Visitor) -> None:
    before = page.said.read_text()
    visitor.get("/nowhere/")
    requests.get(f"{page.url}/sign-in/?" + "a=1&" * 2000, timeout=30)
    assert page.said.read_text() == before


def test_two_proofs_at_once_and_many_after_another(page: Page, visitor: Visitor) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: page.visitor().get(f"/reconcile/?{PERIOD}").status_code, range(8)))
    assert set(found) <= {200, 503}
    assert 200 in found
    assert visitor.get(f"/reconcile/?{PERIOD}").status_code == 200


def test_a_shut_door_is_told_and_opens_again_for_nobody_meanwhile(shop: Shop, tmp_path: Path) -> None:
    page = Page(shop, tmp_path / "page.log")
    try:
        one = page.visitor(signed_in=False)
        answers = [one.sign_in("AAAAAAAAAA") for _ in range(4)]
        assert all("not the code" in answer.text for answer in answers)
        (form,) = one.look("/sign-in/").xpath("//form[@method='post']")
        for code in ("AAAAAAAAAA", page.code):
            answer = one.http.post(f"{page.url}/sign-in/", data=dict(form.form_values()) | {"code": code}, timeout=30)
            assert (answer.status_code, "Too many wrong codes" in answer.text) == (429, True)
        assert one.get("/sign-in/").status_code == 429
    finally:
        page.stop()


def test_a_head_is_a_head_alone(visitor: Visitor) -> None:
    for path in (*PAGES, "/sign-in/", "/nowhere/"):
        assert visitor.http.head(visitor.url + path, timeout=30).content == b""
        assert visitor.get("/sign-in/").status_code == 200, "the connection is still of use"


def test_the_style_is_there(visitor: Visitor) -> None:
    (address,) = visitor.look("/").xpath("//link[@rel='stylesheet']/@href")
    answer = visitor.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')


def test_another_host_is_refused(page: Page, visitor: Visitor) -> None:
    assert visitor.get("/", headers={"Host": "books.example.com"}).status_code == 400
    for path in ("/sign-in/", "/static/web/page.css"):
        answer = requests.get(page.url + path, headers={"Host": "evil.example"}, timeout=30)
        assert answer.status_code == 400
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_signing_in_goes_on_to_what_was_asked_for_and_to_no_other_site(page: Page) -> None:
    one = page.visitor(signed_in=False)
    assert one.sign_in(page.code, "/sign-in/?next=/errors/").url == f"{page.url}/errors/"
    for elsewhere in ("https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)"):
        two = page.visitor(signed_in=False)
        assert two.sign_in(page.code, f"/sign-in/?next={elsewhere}").url == f"{page.url}/"


def test_signing_in_needs_the_form_s_token(page: Page) -> None:
    answer = requests.post(f"{page.url}/sign-in/", data={"code": page.code}, timeout=30)
    assert answer.status_code == 403
    assert "signed_in" not in answer.text


def test_who_signed_out_is_out_with_every_copy_of_the_cookie(page: Page) -> None:
    one = page.visitor()
    kept = dict(one.http.cookies)
    (form,) = one.look("/").xpath("//header//form[@method='post']")
    one.http.post(page.url + form.get("action"), data=dict(form.form_values()), timeout=30)
    assert "/sign-in/" in one.get("/tickets/").url
    assert "/sign-in/" in requests.get(f"{page.url}/tickets/", cookies=kept, timeout=30).url


def test_signing_in_changes_the_session(page: Page) -> None:
    one = page.visitor()
    before = _session(one)
    one.sign_in(page.code)
    assert _session(one) != before


def test_dates_of_a_form_stay_as_html_has_them(visitor: Visitor) -> None:
    tree = html.fromstring(visitor.get(f"/tickets/?first={FIRST}", headers={"Accept-Language": "es"}).text)
    assert tree.xpath("//form[@method='get']//input[@name='first']/@value") == [FIRST]


def test_looking_changes_nothing(page: Page, visitor: Visitor) -> None:
    for path in PAGES:
        assert visitor.http.post(page.url + path, timeout=30).status_code in {403, 405}
        assert visitor.http.delete(page.url + path, timeout=30).status_code in {403, 405}


def test_wrong_codes_shut_the_door_for_a_while() -> None:
    now = [0.0]
    door = Door(clock=lambda: now[0])
    assert door.opens(f" {door.code[:5].lower()}-{door.code[5:]} ")
    assert not any(door.opens("AAAAAAAAAA") for _ in range(5))
    assert not door.opens(door.code)
    now[0] = 61.0
    assert door.opens(door.code)


def test_no_secret_is_on_a_page_or_in_what_it_prints(shop: Shop, page: Page, visitor: Visitor) -> None:
    known = [shop.ready["franpos"]["auth_token"], shop.ready["qbo"]["client_secret"], *shop.get("tokens")]
    texts = [visitor.get(path).text for path in (*PAGES, f"/reconcile/?{PERIOD}")]
    for secret in known:
        assert all(secret not in text for text in (*texts, page.said.read_text()))


def test_markup_stays_text_and_another_company_s_ticket_is_not_there(shop: Shop, visitor: Visitor) -> None:
    odd = "<script>alert(1)</script>"
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        (key,) = ledger.execute("SELECT id FROM tickets WHERE status = 'skipped' LIMIT 1").fetchone()
        (reason,) = ledger.execute("SELECT reason FROM tickets WHERE id = ?", (key,)).fetchone()
        ledger.execute("UPDATE tickets SET reason = ? WHERE id = ?", (odd, key))
        ledger.commit()
        try:
            for path in (f"/tickets/{key}/", "/tickets/?status=skipped", "/errors/", "/"):
                answer = visitor.get(path)
                assert answer.status_code == 200
                assert odd not in answer.text
            assert visitor.look(f"/tickets/{key}/").xpath(f"//dd[contains(., '{odd}')]")
            ledger.execute("INSERT INTO companies (environment, realm_id) VALUES ('sandbox', '1')")
            (own,) = ledger.execute("SELECT company_id FROM tickets WHERE id = ?", (key,)).fetchone()
            other = "(SELECT id FROM companies WHERE realm_id = '1')"
            ledger.execute(f"UPDATE tickets SET company_id = {other} WHERE id = ?", (key,))  # noqa: S608
            ledger.commit()
            assert visitor.get(f"/tickets/{key}/").status_code == 404
            ledger.execute("UPDATE tickets SET company_id = ? WHERE id = ?", (own, key))
        finally:
            ledger.execute("UPDATE tickets SET reason = ? WHERE id = ?", (reason, key))
    for nowhere in (999999, 2**63, 10**30):
        assert visitor.get(f"/tickets/{nowhere}/").status_code == 404
