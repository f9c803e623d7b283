"""Writing the audit trail: one function that every view calls once it has changed something."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings

from target_qbo.desk.people import NOBODY
from target_qbo.ledger import audit
from target_qbo.web.opened import company_or_none
from target_qbo.web.persons import PERSON
from target_qbo.web.places import here_or_none

if TYPE_CHECKING:
    from django.http import HttpRequest


def name_of_person() -> str:
    """Return what whoever asks is called in the trail."""
    person = PERSON.get()
    return NOBODY if person is None else person.name


def noted(_request: HttpRequest, what: str, who: str | None = None) -> None:
    """Write down what whoever asks has done, and where, if there are several shops: some have one company together.

    Args:
        _request: What is answered.
        what: In plain words, in English, without any secret.
        who: Who did it; None: whoever the session is of.
    """
    company = company_or_none()
    realm_id = audit.OF_NO_COMPANY if company is None else company.settings.realm_id
    shop = here_or_none()
    where = f"{shop.name}: " if shop is not None and shop.name else ""
    audit.note(settings.KEPT, who or name_of_person(), where + what, realm_id, dt.datetime.now(dt.UTC))
