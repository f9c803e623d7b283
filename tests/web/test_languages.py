"""The page in the language of its reader: texts, numbers and days; what programs read is the same in each."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest
from babel.messages.pofile import read_po
from lxml import html

from scripts import page_texts
from target_qbo.said import Said
from tests.shop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

    from tests.shop import Shop
    from tests.web.conftest import Page, Visitor

PERIOD = "first=2026-03-04&last=2026-03-05"
PAGES = (
    *("/", "/tickets/", "/tickets/?status=skipped", "/tickets/?search=nowhere", "/errors/", "/runs/", "/sync/"),
    *("/work/", "/reconcile/", f"/reconcile/?{PERIOD}", "/reconcile/?first=2019-01-01&last=2019-01-02"),
    *("/runs/1/undo/", "/undo/", "/undo/?first=2026-03-04&last=2026-03-05"),
    *("/set-up/", "/set-up/franpos/", "/set-up/quickbooks/", "/set-up/accounts/", "/set-up/rehearsal/"),
    *("/set-up/tenders/", "/set-up/nights/", "/set-up/disconnect/", "/settings/", "/settings/target-qbo/wait_days/"),
)
REFUSED = ("/nowhere/", "/tickets/?status=lost", "/reconcile/?first=x&last=2026-03-04", "/tickets/?before=x")
ENGLISH, MEXICAN, SPANISH = "en-US,en;q=0.9", "es-MX,es;q=0.9,en;q=0.8", "es-ES,es;q=0.9"
PLACES = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
PROGRAM = ("franpos-qbo", "QuickBooks", "UTC", "wait_days", "production", "sandbox")
TILL = ("name", "location_id", "ticket_id", "number", "method", "card_type")


def reader(page: Page, languages: str) -> Visitor:
    visitor = page.visitor()
    visitor.http.headers["Accept-Language"] = languages
    return visitor


@pytest.fixture(scope="module")
def english(page: Page) -> Visitor:
    return reader(page, ENGLISH)


@pytest.fixture(scope="module")
def mexican(page: Page) -> Visitor:
    return reader(page, MEXICAN)


@pytest.fixture(scope="module")
def spanish(page: Page) -> Visitor:
    return reader(page, SPANISH)


@pytest.fixture(scope="module")
def tickets(english: Visitor) -> list[str]:
    """The pages of a ticket that is posted, one that is skipped and one that is a refund, where there are such."""
    found = []
    for asked in ("status=posted", "status=skipped", "status=posted&most=-0.01"):
        found += english.look(f"/tickets/?{asked}").xpath("//tbody//th/a/@href")[:1]
    assert len(found) == 3
    return found


def catalogue() -> Catalog:
    with (ROOT / page_texts.PAGE / "locale/es/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale="es")


def forms(text: object) -> list[str]:
    """Return a text of a catalogue for one, and for several where it has that."""
    return [text] if isinstance(text, str) else list(cast("tuple[str, ...]", text))


def texts(tree: html.HtmlElement) -> Iterator[str]:
    """Yield what a person reads or hears, but for what is said to be English, or a program's name."""
    of_people = "not(ancestor::span[@lang='en'] or ancestor::code)"
    yield from tree.xpath("/html/head/title/text()")[0].split(" · ")
    yield from (" ".join(text.split()) for text in tree.xpath(f"//body//text()[{of_people}]"))
    yield from tree.xpath("//@aria-label")


def wording(text: str) -> str:
    """Return a text without its figures and without what a till or QuickBooks names."""
    return re.sub(r"[\W\d_]+", " ", text).strip()


# What a person reads


def test_every_text_has_its_spanish_and_keeps_its_places() -> None:
    assert page_texts.untranslated(ROOT) == []
    messages = [message for message in catalogue() if message.id]
    assert len(messages) > 200
    for message in messages:
        english, spanish = forms(message.id), forms(message.string)
        places = {place for text in english for place in PLACES.findall(text)}
        assert all(set(PLACES.findall(text)) == places for text in spanish), message.id
        assert all(text.count("<") == english[0].count("<") for text in spanish), message.id


def test_a_spanish_browser_sees_spanish(shop: Shop, english: Visitor, mexican: Visitor, tickets: list[str]) -> None:
    same = {str(message.id) for message in catalogue() if message.id == message.string}
    data = {str(one.get(name)) for row in shop.rows() for one in (row, *row["documents"]) for name in TILL}
    data |= {
        text
        for path in tickets
        for text in english.look(path).xpath("//section[@aria-labelledby='till']//tbody//th//text()")
    }
    data |= set(english.look("/set-up/accounts/").xpath("//tbody//th//text()[not(. = 'none')]"))
    data |= set(english.look("/set-up/franpos/").xpath("//option/text()"))
    known = {wording(one) for one in (*same, *data, *PROGRAM)}
    left = []
    for path in (*PAGES, *REFUSED, *tickets):
        tree = _read(mexican, path)
        assert tree.get("lang") == "es-mx"
        before = {wording(text) for text in texts(_read(english, path))} - known - {""}
        left += [(path, text) for text in texts(tree) if wording(text) in before]
        if path in REFUSED:
            assert tree.xpath("//main//*[@lang]") == [], path
    assert left == [], left


def test_what_can_t_be_translated_is_said_to_be_english(shop: Shop, english: Visitor, mexican: Visitor) -> None:
    reasons = {row["reason"] for row in shop.rows() if row["status"] == "skipped"}
    said = mexican.look("/tickets/?status=skipped").xpath("//td/span[@lang='en']/text()")
    assert set(said) == reasons
    assert english.look("/tickets/?status=skipped").xpath("//span[@lang]") == []


def test_the_language_is_the_browser_s_alone(page: Page) -> None:
    for asked, shown in (
        ("de", "en"),
        ("de,es;q=0.8,en;q=0.5", "es"),
        ("es-419", "es-mx"),
        ("es-US", "es-mx"),
        ("es-AR", "es"),
        ("en-AU", "en-gb"),
        ("../../etc", "en"),
        ("", "en"),
    ):
        visitor = page.visitor(signed_in=False)
        answer = visitor.get("/sign-in/", headers={"Accept-Language": asked})
        assert answer.headers["Content-Language"] == shown, asked
        assert "Accept-Language" in answer.headers["Vary"]
        assert f'<html lang="{shown}">' in answer.text


# Numbers and days


def test_numbers_and_days_are_written_as_the_browser_has_them(
    english: Visitor, mexican: Visitor, spanish: Visitor, page: Page
) -> None:
    def written(visitor: Visitor) -> tuple[list[str], list[str]]:
        tree = visitor.look("/")
        (table,) = tree.xpath("//section[@aria-labelledby='all']//table")
        return table.xpath("tbody/tr/td/text()"), tree.xpath("//details//time/text()")

    figures, days = written(english)
    assert any(re.fullmatch(r"\d,\d{3}\.\d\d", one) for one in figures), figures
    assert days == ["Mar 4, 2026", "Mar 5, 2026"]
    assert written(mexican) == (figures, ["4 mar 2026", "5 mar 2026"])
    assert written(reader(page, "en-GB")) == (figures, ["4 Mar 2026", "5 Mar 2026"])
    swapped = [one.translate(str.maketrans(",.", ".,")) for one in figures]
    assert written(spanish) == (swapped, ["4 mar 2026", "5 mar 2026"])


def test_what_programs_read_is_the_same_in_every_language(
    english: Visitor, spanish: Visitor, page: Page, tickets: list[str]
) -> None:
    german = reader(page, "de")
    asked = "/tickets/?least=1.50&first=2026-03-04&status=posted"
    for path in (*PAGES, *tickets, asked):
        known = _machine(english, path)
        assert _machine(spanish, path) == known, path
        assert _machine(german, path) == known, path
    assert {"1.50", "2026-03-04"} <= {value for _, value in _machine(spanish, asked)}
    for path in ("/tickets.csv", f"/reconcile/?{PERIOD}&csv=1"):
        assert spanish.get(path).content == english.get(path).content


def _read(visitor: Visitor, path: str) -> html.HtmlElement:

    return html.fromstring(visitor.get(path).text)


def _machine(visitor: Visitor, path: str) -> list[tuple[str, str]]:
    """Return what a page's addresses, forms, moments and drawings say to programs."""
    names = ("href", "action", "name", "value", "datetime", "max", "class", "id", "for")
    wanted = " or ".join(f"name()='{name}'" for name in names)
    found = _read(visitor, path).xpath(
        f"//*[not(@name='csrfmiddlewaretoken')]/@*[{wanted}] | //*[local-name()='svg']//@*[name()!='aria-label']"
    )
    return [(one.attrname, str(one)) for one in found]


def test_a_text_with_values_is_a_plain_one_too() -> None:
    day = dt.date(2026, 3, 4)
    text = Said("{number} {kind} of {amount}, {day}", number=1234, kind=Said("invoices"), amount=Decimal(5), day=day)
    assert text == "1,234 invoices of 5.00, 2026-03-04"
    assert Said("what {is} so") == "what {is} so"
