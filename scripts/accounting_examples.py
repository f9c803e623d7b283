"""Work out the examples in ``tests/accounting/examples`` and write ``docs/accounting.md`` from them.

Each is a ticket of the record contract. It is decided by the target's own code and posted by it into the sandbox, whose
general ledger gives the journal; so the page shows what the code does, and a test holds it against figures that were
worked out by hand (``expected`` in each file).
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simplejson

from sandbox.qbo.ledger import ZERO, Ledger, Posting
from sandbox.qbo.routes import TOKEN_PATH
from target_qbo.accounting import Decision, Document, Skipped, Ticket, Voided, decide
from target_qbo.accounting.kinds import KINDS, facts
from target_qbo.accounting.naming import ownership_mark, plain
from target_qbo.accounting.ticket import discount_from_record, payment_from_record
from target_qbo.company import Company
from target_qbo.ledger import inbox
from target_qbo.posting.summary import RunSummary
from target_qbo.settings import SETTINGS, Settings
from tests.sandbox.qbo_server import Qbo, qbo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.qbo.company import Company as SandboxCompany
    from sandbox.qbo.ledger import Key

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "accounting" / "examples"
_HEAD = """# How tickets stand in the books

Written by `scripts/generate.py` from the examples in `tests/accounting/examples`. The target decided each of them and
posted it into the sandbox; the journal is what the sandbox's general ledger then held. The names of accounts and items
are the defaults of [the settings](settings.md). The customer on every document is *Guest Customer*, and no invoice is
left open. The item *Product* has no cost here; where it has one, QuickBooks books the cost of goods sold by itself.
"""
_NAMES = {row.entity: row.word.capitalize() for row in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Example:
    """A ticket with its rows.

    Attributes:
        name: The file's name.
        title: What it is an example of.
        text: What a bookkeeper is to know of it, in Markdown.
        settings: Settings of the target that differ from the defaults.
        accounts: Accounts that the company has besides.
        now: The moment of the decision; UTC.
        ticket: The record, and so on for its rows.
        expected: By hand: ``outcome``, and ``books``: what it comes to by account, debits positive.
    """

    name: str
    title: str
    text: str
    settings: dict[str, Any]
    accounts: list[dict[str, Any]]
    now: dt.datetime
    ticket: dict[str, Any]
    payments: list[dict[str, Any]]
    discounts: list[dict[str, Any]]
    expected: dict[str, Any]

    @property
    def mark(self) -> str:
        """What the note of every document of the ticket begins with."""
        return ownership_mark(self.ticket["location_id"], self.ticket["ticket_id"])


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal: one side is zero."""

    document: str
    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Worked:
    """An example with what the code made of it."""

    example: Example
    decision: Decision
    journal: tuple[Entry, ...]


def read_examples() -> list[Example]:
    """Read all examples, in the order of the page."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def work_out(examples: Sequence[Example]) -> list[Worked]:
    """Decide the examples, post them into a fresh company of the sandbox, and take the journal from its ledger."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[simplejson.dumps(example.settings, sort_keys=True)].append(example)
    decisions: dict[str, Decision] = {}
    with qbo() as client, tempfile.TemporaryDirectory() as folder:
        journal = _Journal()
        company = client.server.company
        company.ledger = journal
        base = _config(client, folder)
        for group in groups.values():
            settings = Settings.from_config(base | group[0].settings)
            for account in (account for example in group for account in example.accounts):
                client.write("Account", account)
            decisions |= {example.name: _decide(example, settings) for example in group}
            _post(group, settings)
        return [
            Worked(example, decisions[example.name], tuple(journal.of(company, example.mark))) for example in examples
        ]


def page(worked: Sequence[Worked]) -> str:
    """Return the page."""
    chapters = [_HEAD, "\n".join(_contents(worked)) + "\n"]
    for place, one in enumerate(worked, 1):
        chapters.append("\n".join(_chapter(place, one)) + "\n")
    return "\n".join(chapters)


# Working out


class _Journal(Ledger):
    """A general ledger that keeps what each document booked."""

    def __init__(self) -> None:
        super().__init__()
        self._booked: dict[Key, Posting] = {}

    def post(self, key: Key, posting: Posting) -> None:
        super().post(key, posting)
        self._booked[key] = posting

    def of(self, company: SandboxCompany, mark: str) -> Iterator[Entry]:
        """Yield the entries of the documents whose note begins so: the document first, then its payments."""
        rows = {key: company.store[key[0]].get(key[1]) for key in self._booked}
        ours = {key: row for key, row in rows.items() if row is not None and row["PrivateNote"].startswith(mark)}
        for key in sorted(ours, key=lambda key: ours[key].get("PaymentRefNum", "")):
            name = _NAMES[key[0]] + (f" by {ours[key]['PaymentMethodRef']['name']}" if key[0] == "Payment" else "")
            amounts = sorted(self._booked[key].amounts.items(), key=lambda entry: entry[1] < 0)
            for account, amount in amounts:
                if amount:
                    booked = company.row("Account", account)["Name"]
                    yield Entry(name, booked, max(amount, ZERO), max(-amount, ZERO))


def _read(path: Path) -> Example:
    found: dict[str, Any] = simplejson.loads(path.read_text("utf-8"), use_decimal=True)
    sold = dt.datetime.fromisoformat(found["ticket"]["created_at"])
    now = dt.datetime.fromisoformat(found["now"]) if "now" in found else sold + dt.timedelta(days=1)
    return Example(
        name=path.stem,
        title=found["title"],
        text=found["text"],
        settings=found.get("settings", {}),
        accounts=found.get("accounts", []),
        now=now.astimezone(dt.UTC),
        ticket=found["ticket"],
        payments=found["payments"],
        discounts=found["discounts"],
        expected=found["expected"],
    )


def _config(client: Qbo, folder: str) -> dict[str, Any]:
    sign_in = client.server.sign_in
    defaults = {name: spec["default"] for name, spec in SETTINGS["properties"].items() if "default" in spec}
    return {
        **defaults,
        "api_url": client.url,
        "token_url": client.url + TOKEN_PATH,
        "realm_id": client.server.company.realm_id,
        "client_id": sign_in.client_id,
        "client_secret": sign_in.client_secret,
        "refresh_token": sign_in.refresh_token,
        "environment": "sandbox",
        "ledger_url": f"sqlite:///{folder}/ledger.db",
    }


def _decide(example: Example, settings: Settings) -> Decision:
    return decide(
        Ticket.from_record(example.ticket),
        [payment_from_record(record) for record in example.payments],
        [discount_from_record(record) for record in example.discounts],
        settings.rules,
        example.now,
    )


def _post(examples: Sequence[Example], settings: Settings) -> None:
    company = Company.open(settings)
    now = dt.datetime.now(dt.UTC)
    inbox.receive_payments(company.ledger, [row for example in examples for row in example.payments], now)
    inbox.receive_discounts(company.ledger, [row for example in examples for row in example.discounts], now)
    inbox.receive_tickets(company.ledger, [example.ticket for example in examples], now)
    company.post_pending(RunSummary())
    company.ledger.engine.dispose()


# The page


def _contents(worked: Sequence[Worked]) -> Iterator[str]:
    yield "| ticket | in QuickBooks |"
    yield "|---|---|"
    for place, one in enumerate(worked, 1):
        yield _row(f"{place}. {one.example.title}", _in_short(one.decision))


def _in_short(decision: Decision) -> str:
    if isinstance(decision, Document):
        paid = len(decision.payments)
        payments = f", {paid} payment{'s' * (paid > 1)}" if paid else ""
        return f"{facts(decision.kind).word.capitalize()} of {_money(decision.total)}{payments}"
    return f"nothing: {outcome(decision)}"


def outcome(decision: Decision) -> str:
    """Return what a decision is, in the words of the examples."""
    if isinstance(decision, Document):
        return decision.kind.value
    if isinstance(decision, Skipped):
        return f"skipped: {decision.code}"
    return "voided" if isinstance(decision, Voided) else "waiting"


def _chapter(place: int, one: Worked) -> Iterator[str]:
    example = one.example
    yield f"## {place}. {example.title}"
    yield ""
    yield example.text
    if example.settings:
        yield ""
        yield f"Settings: `{simplejson.dumps(example.settings, use_decimal=True)}`"
    yield ""
    yield from _ticket(example)
    yield ""
    yield from _outcome(one.decision)
    if one.journal:
        yield ""
        yield from _journal(one.journal)


def _ticket(example: Example) -> Iterator[str]:
    ticket = example.ticket
    sold = dt.datetime.fromisoformat(ticket["created_at"])
    yield f"**Ticket**: receipt {ticket['number']}, order {ticket['ticket_id']}, {sold:%Y-%m-%d %H:%M}"
    yield ""
    yield from _header("at the till", "quantity", "price", "amount")
    names = {line["line_id"]: line["name"] for line in ticket["lines"]}
    for line in ticket["lines"]:
        name = f"{line['name']} ({line['kind']})"
        yield _row(name, plain(Decimal(line["quantity"])), plain(Decimal(line["unit_price"])), _exact(line["amount"]))
    for row in example.discounts:
        where = f"on {names[row['line_id']]}" if row["line_id"] else "on the ticket"
        yield _row(f"Discount *{row['name']}* {where}", "", "", _exact(-row["amount"]))
    for name, amount in (("Tips", ticket["tip_total"]), ("Tax", ticket["tax_total"])):
        if amount:
            yield _row(name, "", "", _exact(amount))
    yield _row("**Total**", "", "", f"**{_exact(ticket['total'])}**")
    for row in example.payments:
        name = " ".join(part for part in (row["method"], row["card_type"]) if part)
        yield _row(f"Paid: {name}", "", "", _exact(row["amount"]))


def _outcome(decision: Decision) -> Iterator[str]:
    if isinstance(decision, Document):
        yield from _document(decision)
    elif isinstance(decision, Skipped):
        yield f"**Skipped** with code `{decision.code}`: {decision.reason}."
    elif isinstance(decision, Voided):
        yield "**Voided**: nothing stands in QuickBooks."
    else:
        yield f"**Waits** until {decision.until:%Y-%m-%d %H:%M} UTC: {decision.reason}."


def _document(document: Document) -> Iterator[str]:
    by = f", by {document.method}" if document.method else ""
    yield f"**{facts(document.kind).word.capitalize()}** `{document.number}` of {document.date}{by}"
    if not facts(document.kind).has_payments:
        yield ""
        yield f"Memo: {document.note}"
    yield ""
    yield from _header("item", "quantity", "price", "amount", "description", left=5)
    for line in document.lines:
        figures = (plain(line.quantity), plain(line.unit_price), _money(line.amount))
        yield _row(line.item.name, *figures, line.description.replace("|", "\\|"))
    yield _row("**Total**", "", "", f"**{_money(document.total)}**", "")
    if document.payments:
        yield ""
        yield from _header("payment", "amount", "reference", left=3)
        for payment in document.payments:
            yield _row(payment.method, _money(payment.amount), f"`{payment.key}`")


def _journal(journal: Sequence[Entry]) -> Iterator[str]:
    yield "**Journal**"
    yield ""
    yield "| document | account | debit | credit |"
    yield "|---|---|---:|---:|"
    before = None
    for entry in journal:
        sides = ("" if amount == 0 else _money(amount) for amount in (entry.debit, entry.credit))
        yield _row("" if entry.document == before else entry.document, entry.account, *sides)
        before = entry.document


def _header(*names: str, left: int = 0) -> Iterator[str]:
    """Yield a table's head: the first column and the one of that number to the left, figures to the right."""
    yield _row(*names)
    yield "|" + "|".join("---" if place in {1, left} else "---:" for place in range(1, len(names) + 1)) + "|"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _exact(value: Decimal | int) -> str:
    """Write an amount as the till has it: to the cent, or with its parts of a cent."""
    number = Decimal(value)
    return _money(number) if number == round(number, 2) else plain(number)


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
