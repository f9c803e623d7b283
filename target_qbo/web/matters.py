"""What needs a person, in words; and where its one link leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from target_qbo.desk.pressing import What
from target_qbo.desk.rights import Right
from target_qbo.web.persons import PERSON
from target_qbo.web.templatetags.figures import money
from target_qbo.web.wording import day

if TYPE_CHECKING:
    from target_qbo.desk.pressing import Matter


_WORDS = {
    What.NOT_CONNECTED: _("QuickBooks is not connected."),
    What.STOPPED: _("The last sync was stopped."),
    What.NEVER_SYNCED: _("Nothing was ever synced."),
    What.NOT_SYNCED: ngettext_lazy("Not synced for %(count)s night.", "Not synced for %(count)s nights.", "number"),
    What.HALF_DONE: ngettext_lazy(
        "%(count)s ticket of %(amount)s is half done in QuickBooks: the next sync finishes it.",
        "%(count)s tickets of %(amount)s are half done in QuickBooks: the next sync finishes them.",
        "number",
    ),
    What.CHANGED_BY_HAND: ngettext_lazy(
        "Documents of %(count)s ticket were changed by hand in QuickBooks: a resync puts them right.",
        "Documents of %(count)s tickets were changed by hand in QuickBooks: a resync puts them right.",
        "number",
    ),
    What.DIFFERENCES: ngettext_lazy(
        "The latest proof, of %(day)s to %(last)s, found %(count)s difference.",
        "The latest proof, of %(day)s to %(last)s, found %(count)s differences.",
        "number",
    ),
    What.OPEN_CREDIT: ngettext_lazy(
        "%(count)s payment of %(amount)s pays no invoice: it is open credit until the next sync.",
        "%(count)s payments of %(amount)s pay no invoice: they are open credit until the next sync.",
        "number",
    ),
    What.SIGN_IN_ENDS: _("The sign-in to QuickBooks ends on %(day)s if nothing is synced before."),
    What.SKIPPED: ngettext_lazy(
        "%(count)s ticket of %(amount)s is skipped: %(name)s",
        "%(count)s tickets of %(amount)s are skipped: %(name)s",
        "number",
    ),
    What.GIFT_CARDS: _(
        "Gift cards and deposits: of late, %(amount)s sold were posted as income, %(redeemed)s redeemed as money "
        "received. They are a liability: set item_rules, and deposit_accounts of Gift Card."
    ),
    What.TENDERS: _(
        "No rule knows the tender %(name)s: of late, %(amount)s were posted as Other. Say in tender_map what it is."
    ),
    What.FEW_CALLS: ngettext_lazy(
        "Location %(name)s has %(count)s call of Franpos left this month: too few for its nights.",
        "Location %(name)s has %(count)s calls of Franpos left this month: too few for its nights.",
        "number",
    ),
    What.WAITING: ngettext_lazy(
        "%(count)s ticket of %(amount)s waits for its payments.",
        "%(count)s tickets of %(amount)s wait for their payments.",
        "number",
    ),
}


_SYNC = ("sync", Right.POST, _("Sync now"))
_SEE = ("tickets", Right.LOOK, _("See which"))
_PAGES = {
    What.NOT_CONNECTED: ("setup-quickbooks", Right.SET_UP, _("Connect it")),
    What.STOPPED: _SYNC,
    What.NEVER_SYNCED: _SYNC,
    What.NOT_SYNCED: _SYNC,
    What.OPEN_CREDIT: _SYNC,
    What.SIGN_IN_ENDS: _SYNC,
    What.HALF_DONE: _SEE,
    What.SKIPPED: _SEE,
    What.WAITING: _SEE,
    What.CHANGED_BY_HAND: ("reconcile", Right.LOOK, _("Prove a period")),
    What.DIFFERENCES: ("reconcile", Right.LOOK, _("Prove it again")),
    What.GIFT_CARDS: ("setup-accounts", Right.SET_UP, _("Make an account")),
    What.TENDERS: ("setup-tenders", Right.SET_UP, _("Say what it is")),
}
"""Where to do something about a matter, which right that needs, and what the link there says."""


@dataclass(frozen=True, slots=True)
class Told:
    """A matter as a page shows it.

    Attributes:
        what: What it is.
        text: In words.
        why: The reason, as the ledger has it; empty: there is none.
        link: Where to do something about it; empty: nowhere on the page.
        label: What the link says.
    """

    what: What
    text: str
    why: str = ""
    link: str = ""
    label: str = ""


def told(matter: Matter) -> Told:
    """Put a matter into words, for whoever asks: a link leads only to what they may do."""
    days = [day(one) for one in (matter.first, matter.last) if one is not None]
    values = {
        "number": matter.number,
        "count": number_format(matter.number, force_grouping=True),
        "amount": money(matter.amount),
        "redeemed": money(matter.second),
        "day": days[0] if days else "",
        "last": days[-1] if days else "",
        "name": matter.name,
    }
    link, label = _link(matter)
    why = matter.name if matter.what is What.STOPPED else ""
    return Told(matter.what, str(_WORDS[matter.what] % values), why, link, label)


def _link(matter: Matter) -> tuple[str, str]:
    person = PERSON.get()
    name, right, label = _PAGES.get(matter.what, ("", None, ""))
    if person is None or right not in person.rights:
        return "", ""
    chosen = {}
    match matter.what:
        case What.HALF_DONE:
            chosen = {"status": "posting"}
        case What.WAITING:
            chosen = {"status": "waiting"}
        case What.SKIPPED:
            chosen = {"status": "skipped", "code": matter.name}
        case What.DIFFERENCES:
            chosen = {"first": str(matter.first), "last": str(matter.last)}
    return f"{reverse(name)}?{urlencode(chosen)}" if chosen else reverse(name), str(label)
