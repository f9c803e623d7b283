"""Makes `before_units.sql` and `.json`: a ledger with every state in it, made by the release before posting units.

    .venv/bin/python -m tests.target.make_before_units CHECKOUT

CHECKOUT is a checkout of commit 0a2bd01, set up. Its own programs run here against this checkout's sandbox, are killed,
refused and left without answers, while people edit tickets at the till and documents in QuickBooks. At the end the
ledger is dumped, and beside it how the sandbox stands. A ticket's receipt number says what is the matter with it. The
tokens in both are the sandbox's, and open nothing else.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.shop import Shop
from tests.target.companies import by_hand, named
from tests.target.failures import Ticket, documents_of, edit, fail, mark, ring_up
from tests.target.old_ledgers import AS_BEFORE_UNITS, BEFORE_UNITS, STATE_BEFORE_UNITS, states_of

if TYPE_CHECKING:
    from collections.abc import Callable

EARLIER, LATER, END = "2026-03-04", "2026-03-05", "2026-03-06"
KILLED = 9
_WAIT_SECONDS = 60
_WHOLE_DAY = 86_400
# Runs a program that dies, without a word, before the nth call of one of its functions.
_DIES = """
import importlib, os, sys
module, path, left, program = sys.argv[1], sys.argv[2].split("."), [int(sys.argv[3])], sys.argv[4]
main = importlib.import_module(program).main
owner = importlib.import_module(module)
for name in path[:-1]:
    owner = getattr(owner, name)
function = getattr(owner, path[-1])
def dying(*arguments, **options):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
    return function(*arguments, **options)
setattr(owner, path[-1], dying)
sys.argv = sys.argv[4:]
main()
"""
_TARGET, _CONSOLE = "target_qbo.target", "target_qbo.console.main"
Death = tuple[str, str, int]


class Before:
    """The release before at work, and the people around it.

    Args:
        shop: The sandbox.
        checkout: The release before, set up.
    """

    def __init__(self, shop: Shop, checkout: Path) -> None:
        self.shop = shop
        self._bin = checkout / ".venv" / "bin"
        self._checkout = checkout
        self.tickets: dict[str, Ticket] = {}

    # At the till

    def ring(self, name: str, day: str, clock: str, *amounts: str, paid: bool = True, **more: Any) -> None:
        """Ring up a ticket that is paid in so many tenders, or not yet."""
        total = sum(float(amount) for amount in amounts)
        methods = ("Cash", "Check")
        payments = [{"amount": one, "method": how} for one, how in zip(amounts, methods, strict=False)] if paid else []
        order = {"lines": [{"price": f"{total:.2f}", "quantity": 1}], "payments": payments, **more}
        self.tickets[name] = ring_up(self.shop, created_at=f"{day}T{clock}:00-07:00", receipt_number=name, **order)

    def refund(self, name: str, clock: str, **more: Any) -> None:
        """Ring up a return for cash."""
        returned: dict[str, Any] = {"lines": [{"price": "10.00", "quantity": -1}]}
        returned["payments"] = [{"amount": "-10.00", "method": "Cash"}]
        self.ring(name, LATER, clock, **(returned | more))

    def edit(self, name: str, op: str, **what: Any) -> None:
        """Change a ticket at the till."""
        edit(self.shop, self.tickets[name], op, **what)

    # In QuickBooks

    def row(self, name: str, entity: str) -> dict[str, Any]:
        """Return the largest document of a ticket that stands, as the API shows it."""
        rows = self.shop.get(f"qbo-entities?entity={entity}")[entity]
        here = mark(self.tickets[name])
        return max((row for row in rows if here in row.get("PrivateNote", "")), key=lambda row: float(row["TotalAmt"]))

    def hand(self, op: str, name: str, entity: str, **changes: Any) -> None:
        """Void, delete, deposit or change a document by hand."""
        row = self.row(name, entity)
        order: dict[str, Any] = {"op": op, "entity": entity, "id": row["Id"]}
        if op == "update":
            whole = row if entity == "Payment" else {"Id": row["Id"], "sparse": True}
            order = {"op": op, "entity": entity, "body": whole | changes}
        self.shop.post("qbo/entity", order)

    def reprice(self, name: str) -> None:
        """Change the price of an invoice's only line by hand."""
        line = next(one for one in self.row(name, "Invoice")["Line"] if one["DetailType"] == "SalesItemLineDetail")
        detail = line["SalesItemLineDetail"] | {"Qty": 1, "UnitPrice": 17}
        self.hand("update", name, "Invoice", Line=[line | {"Amount": 17, "SalesItemLineDetail": detail}])

    def trouble(self, do: str, name: str, path: str, **more: Any) -> dict[str, Any]:
        """Return an order of a failure of the requests that a ticket has to a part of the API."""
        return {"do": do, "match": {"path": path, "body": mark(self.tickets[name]), "every": 1}, **more}

    def refuse(self, name: str, code: str, **match: Any) -> dict[str, Any]:
        """Return an order to refuse writes of a ticket."""
        return {"do": "refuse", "code": code, "match": {"body": mark(self.tickets[name]), "every": 1, **match}}

    def fired(self, number: int) -> bool:
        """Say whether so many failures of those ordered came."""
        return len(self.shop.get("faults")["fired"]) >= number

    # The programs of the release before

    def night(self, first: str = LATER, last: str = END, *, death: Death | None = None, **settings: Any) -> None:
        """Run tap and target over these days; unless it is to die, it must end well."""
        messages = self._messages(first, last)
        command = self._command("target-qbo", _TARGET, death)
        self._run([*command, "--config", self._target_config(settings)], messages, KILLED if death else 0)

    def night_until(self, when: Callable[[], bool], during: Callable[[], None] | None = None, **settings: Any) -> None:
        """Run tap and target, and kill the target when something has come to pass."""
        messages = self.shop.folder / "messages.jsonl"
        messages.write_text(self._messages(LATER, END))
        command = [*self._command("target-qbo", _TARGET, None), "--config", self._target_config(settings)]
        with messages.open() as stdin, (self.shop.folder / "stderr").open("w") as stderr:
            target = subprocess.Popen(command, stdin=stdin, stderr=stderr, cwd=self._checkout)
        try:
            if during is not None:
                during()
            self.wait_for(when)
            assert target.poll() is None, (self.shop.folder / "stderr").read_text()
        finally:
            target.kill()
            target.wait()
        self.shop.forget_faults()

    def wait_for(self, when: Callable[[], bool]) -> None:
        """Wait until something has come to pass."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not when():
            assert time.monotonic() < deadline, self.shop.get("faults")
            time.sleep(0.05)

    def console(self, *arguments: str, code: int = 0, death: Death | None = None, **settings: Any) -> str:
        """Run franpos-qbo."""
        command = self._command("franpos-qbo", _CONSOLE, death)
        config = ["--target-config", self._target_config(settings)]
        return self._run([*command, *config, *arguments], None, KILLED if death else code)

    def undo_run(self, number: int, death: Death | None = None) -> None:
        """Undo what a run posted."""
        self.console("undo", "--run", str(number), "--yes", death=death)

    def latest_run(self) -> int:
        """Return the number of the latest run."""
        return int(json.loads(self.console("runs", "--limit", "1", "--format", "json"))[0]["run"])

    def lose_the_ledger(self) -> None:
        """Delete the ledger; a person connects the company again."""
        for path in self.shop.folder.glob("ledger.db*"):
            path.unlink()
        self.shop.configure_target(refresh_token=self.shop.post("qbo", {"reconnect": True})["refresh_token"])

    def _command(self, script: str, module: str, death: Death | None) -> list[str]:
        if death is None:
            return [str(self._bin / script)]
        where, what, number = death
        return [str(self._bin / "python"), "-c", _DIES, where, what, str(number), module]

    def _messages(self, first: str, last: str) -> str:
        config = self.shop.folder / "tap-then.json"
        config.write_text(json.dumps(self.shop.ready["franpos"] | {"start_date": first, "end_date": last}))
        return self._run([str(self._bin / "tap-franpos"), "--config", str(config)], None, 0)

    def _target_config(self, settings: dict[str, Any]) -> str:
        config = self.shop.folder / "target-then.json"
        config.write_text(json.dumps(self.shop.target_settings | settings))
        return str(config)

    def _run(self, command: list[str], text: str | None, code: int) -> str:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=self._checkout)
        assert done.returncode == code, f"{command[-3:]} ended with {done.returncode}: {done.stderr}"
        return done.stdout


def an_earlier_ledger(before: Before) -> None:
    """A day of another ledger, which is lost and rebuilt: its tickets' records are not received any more."""
    before.ring("found-short", EARLIER, "11:00", "6.00", "4.00")
    before.night(EARLIER, LATER)
    before.ring("found-voided", EARLIER, "11:30", "10.00")
    before.night(EARLIER, LATER)
    before.undo_run(before.latest_run())
    before.hand("delete", "found-short", "Payment")
    before.lose_the_ledger()
    before.console("rebuild")


def early_tickets(before: Before) -> None:
    """Tickets that the last night decides before all others, most of them not paid yet."""
    for name in ("sent-made", "sent-not-made", "paid-made"):
        before.ring(name, LATER, "07:00", "10.00", paid=False)
    before.ring("half-paid", LATER, "07:00", "10.00", paid=False)
    before.refund("refund-made", "07:10", total="-11.00")
    before.ring("paid-by-another", LATER, "07:20", "10.00", paid=False)
    before.ring("update-refused", LATER, "07:30", "6.00", "4.00")
    before.ring("sent-next", LATER, "07:32", "10.00", paid=False)
    before.ring("void-unanswered", LATER, "07:35", "6.00", "4.00")
    before.ring("slowly-changed", LATER, "07:40", "6.00", "4.00")
    before.ring("sent-last", LATER, "07:45", "10.00", paid=False)
    before.ring("waiting", LATER, "07:50", "10.00", paid=False)
    before.night(wait_days=366)


def good_nights(before: Before) -> None:
    """What is posted, changed, voided and skipped, and what a person did to documents that could not be put right."""
    for name in ("changed", "voided", "deposited", "inconsistent", "off-its-invoice", "invoice-lost"):
        before.ring(name, LATER, "12:00", "6.00", "4.00")
    for name in ("payment-gone", "repriced", "all-gone"):
        before.ring(name, LATER, "12:30", "6.00", "4.00")
    before.ring("void-at-once", LATER, "12:30", "10.00")
    before.edit("void-at-once", "void")
    before.ring("mismatch", LATER, "12:30", "10.00", total="12.00")
    before.ring("unpaid", LATER, "12:30", "10.00", paid=False)
    before.ring("refused", LATER, "12:30", "10.00")
    fail(before.shop, before.refuse("refused", "2030"))
    before.night()
    before.shop.forget_faults()
    before.hand("deposit_payment", "deposited", "Payment")
    for name in ("changed", "deposited"):
        before.edit(name, "set", tips="2.00", settle=True)
    before.edit("voided", "void")
    before.edit("inconsistent", "remove_payment")
    before.night()
    before.hand("update", "off-its-invoice", "Payment", Line=[])
    before.hand("delete", "invoice-lost", "Invoice")
    names = ("off-its-invoice", "invoice-lost")
    fail(before.shop, *(before.refuse(name, "6540", entity="Payment", operation="void") for name in names))
    before.console("resync", *names, code=1)
    before.shop.forget_faults()


def an_altered_one(before: Before) -> None:
    """An invoice that was never answered, and changed by hand before it was looked up."""
    before.ring("altered", LATER, "13:00", "10.00")
    fail(before.shop, before.trouble("hang_after", "altered", r"/(batch|invoice)\?"))
    before.night_until(lambda: bool(documents_of(before.shop, before.tickets["altered"])))
    before.reprice("altered")
    before.night()


def nights_to_undo(before: Before) -> list[int]:
    """Nights of a few tickets each; returns the numbers of their runs. The first one's are undone to the end."""
    numbers = []
    for number, name in enumerate(("undone", "undoing-unnoted", "undoing-noted", "undoing-all-gone")):
        before.ring(name, LATER, f"14:{number}0", "6.00", "4.00")
        before.refund(f"{name}-2", f"14:{number}1")
        before.night()
        numbers.append(before.latest_run())
    before.undo_run(numbers[0])
    return numbers[1:]


def a_night_that_dies(before: Before) -> None:
    """A night that is killed before the payments of its last ticket leave."""
    for number, name in enumerate(("never-paid", "never-made", "payments-unsent")):
        before.ring(name, LATER, f"15:0{number}", "10.00")
    before.edit("never-paid", "set", tips="1.00", settle=True)
    fail(before.shop, before.trouble("hang", "never-paid", r"/payment\?"))
    fail(before.shop, before.trouble("hang", "never-made", r"/invoice\?"))
    before.night(death=("target_qbo.posting.bookkeeping", "write_sending", 5), batch_size=1)
    before.shop.forget_faults()


def undos_cut_short(before: Before, numbers: list[int]) -> None:
    """Undos that die: when payments are voided and not noted, when they are, and when all is gone and not noted."""
    deaths: list[Death] = [
        ("target_qbo.ledger.undoing", "finish", 1),
        ("target_qbo.posting.takeback_many", "Batches.take_back", 2),
        ("target_qbo.ledger.undoing", "finish", 2),
    ]
    for number, death in zip(numbers, deaths, strict=True):
        before.undo_run(number, death)


def a_resync_cut_short(before: Before) -> None:
    """A resync that dies when it has noted what a person did."""
    before.hand("void", "payment-gone", "Payment")
    before.reprice("repriced")
    for entity in ("Payment", "Payment", "Invoice"):
        before.hand("delete", "all-gone", entity)
    names = ("payment-gone", "repriced", "all-gone")
    before.console("resync", *names, death=("target_qbo.console.resync", "post", 1))


def the_last_night(before: Before) -> None:
    """A night in which requests are never answered, and that is killed before it came to most of its tickets."""
    before.ring("received", LATER, "16:00", "10.00")
    for name in ("sent-made", "sent-not-made", "paid-made", "paid-by-another", "sent-next", "sent-last"):
        before.edit(name, "add_payment", amount="10.00")
    before.edit("half-paid", "add_payment", amount="6.00", method="Cash")
    before.edit("half-paid", "add_payment", amount="4.00", method="Check")
    before.edit("refund-made", "set", total="-10.00")
    for name in ("update-refused", "void-unanswered", "slowly-changed"):
        before.edit(name, "set", tips="2.00", settle=True)
    check = before.trouble("hang", "half-paid", r"/payment\?")
    check["match"]["body"] = f'(?s)(?=.*{mark(before.tickets["half-paid"])})(?=.*"TotalAmt": ?4)'
    fail(
        before.shop,
        before.trouble("hang_after", "sent-made", r"/invoice\?"),
        before.trouble("hang", "sent-not-made", r"/invoice\?"),
        before.trouble("hang", "sent-next", r"/invoice\?"),
        before.trouble("hang", "sent-last", r"/invoice\?"),
        before.trouble("hang_after", "paid-made", r"/payment\?"),
        check,
        before.trouble("hang_after", "refund-made", r"/refundreceipt\?"),
        before.refuse("update-refused", "6000", entity="Invoice", operation="update"),
        before.trouble("drop_after", "void-unanswered", "include=void"),
        before.trouble("slow", "slowly-changed", "include=void", seconds=4),
        before.trouble("hang", "paid-by-another", "include=void"),
        before.trouble("slow", "paid-by-another", r"/payment\?", seconds=1),
    )
    faults = {"hang_after": 3, "hang": 5}

    def all_hang() -> bool:
        done = [one["do"] for one in before.shop.get("faults")["fired"]]
        return all(done.count(do) == number for do, number in faults.items())

    # While a ticket's void takes its time the slow payment is answered, and is to be voided before any other ticket.
    before.night_until(all_hang, lambda: pay_by_hand(before), batch_size=1, wait_days=366)


def pay_by_hand(before: Before) -> None:
    """Pay an invoice by hand while its own payment is on its way: that one is then left as open credit."""
    before.wait_for(lambda: "slow" in [one["do"] for one in before.shop.get("faults")["fired"]])
    invoice = before.row("paid-by-another", "Invoice")
    line = {"Amount": 10, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    method = named(before.shop, "PaymentMethod", "Check")
    body = {"CustomerRef": invoice["CustomerRef"], "TxnDate": LATER, "TotalAmt": 10, "Line": [line]}
    by_hand(before.shop, "Payment", PrivateNote="by hand", PaymentMethodRef=method, **body)


def make(checkout: Path, folder: Path) -> None:
    """Play it all, and write both files."""
    with Shop(folder, *AS_BEFORE_UNITS) as shop:
        shop.post("qbo", {"options": {"auto_apply_credit": False}})
        before = Before(shop, checkout)
        an_earlier_ledger(before)
        early_tickets(before)
        good_nights(before)
        an_altered_one(before)
        runs = nights_to_undo(before)
        a_night_that_dies(before)
        undos_cut_short(before, runs)
        a_resync_cut_short(before)
        the_last_night(before)
        shop.save(STATE_BEFORE_UNITS)
    text = STATE_BEFORE_UNITS.read_text("utf-8")
    STATE_BEFORE_UNITS.write_text(text.replace('},{"', '},\n{"').replace('"],"', '"],\n"') + "\n", "utf-8")
    with sqlite3.connect(folder / "ledger.db") as ledger:
        for name, state in states_of(ledger).items():
            sys.stdout.write(f"{name:20} {state}\n")
        lines = [f"{line}\n" for line in ledger.iterdump()]
    BEFORE_UNITS.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    os.environ["PYTHONUNBUFFERED"] = "1"
    with TemporaryDirectory() as temporary:
        make(Path(sys.argv[1]).resolve(), Path(temporary))
