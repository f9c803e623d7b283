"""How the same documents are posted without this project: by the plainest script, and with python-quickbooks.

Both know the documents and all ids beforehand, keep no ledger and can't be run twice; they stand here for their speed.
"""

from __future__ import annotations

import os
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests
import simplejson
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects import Invoice, Payment, RefundReceipt
from requests_oauthlib import OAuth2Session

from benchmarks.books import payment_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.books import Documents

Settings = dict[str, Any]

_BATCH = 30
_TIMEOUT_SECONDS = 60
_THROTTLED = "status code '429'"
_OBJECTS = {"Invoice": Invoice, "RefundReceipt": RefundReceipt, "Payment": Payment}


def post_one_by_one(settings: Settings, documents: Documents, _minute_seconds: float) -> None:
    """Post every document by a request of its own, one after the other, over one connection.

    Args:
        settings: The sandbox's settings of the target.
        documents: What to post.

    Raises:
        requests.HTTPError: Something was refused.
    """
    base = f"{settings['api_url']}/v3/company/{settings['realm_id']}"
    session = requests.Session()
    session.headers.update(
        {
            "Authorization": f"Bearer {_access_token(settings)}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
    )

    def create(entity: str, body: Mapping[str, Any]) -> dict[str, Any]:
        data = simplejson.dumps(body, use_decimal=True)
        answer = session.post(f"{base}/{entity.lower()}?minorversion=75", data=data, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()[entity]
        return made

    ids = {}
    for entity, body in documents.first:
        made = create(entity, body)
        ids[made["DocNumber"]] = made["Id"]
    for number, body in documents.payments:
        create("Payment", body | {"Line": [payment_line(body["TotalAmt"], ids[number])]})


def post_with_library(settings: Settings, documents: Documents, minute_seconds: float) -> None:
    """Post with python-quickbooks' ``batch_create``, 30 at a time: invoices and refund receipts, then payments.

    What the library doesn't do isn't done here either, save that after a 429 a minute is waited and the batch sent
    again.

    Args:
        settings: The sandbox's settings of the target.
        documents: What to post.
        minute_seconds: Length of a minute.

    Raises:
        RuntimeError: Something was refused.
    """
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the sandbox speaks plain http, on loopback only
    client = QuickBooks(company_id=settings["realm_id"], minorversion=75)
    client.api_url_v3 = f"{settings['api_url']}/v3"
    client.session = OAuth2Session(settings["client_id"], token={"access_token": _access_token(settings)})

    def create(rows: Sequence[Any]) -> list[Any]:
        made = []
        for start in range(0, len(rows), _BATCH):
            made += _create_batch(client, rows[start : start + _BATCH], minute_seconds)
        return made

    first = create([_as_object(entity, body) for entity, body in documents.first])
    ids = {row.DocNumber: row.Id for row in first}
    create(
        [
            _as_object("Payment", body | {"Line": [payment_line(body["TotalAmt"], ids[number])]})
            for number, body in documents.payments
        ]
    )


def _create_batch(client: QuickBooks, rows: Sequence[Any], minute_seconds: float) -> list[Any]:
    while True:
        try:
            answer = batch_create(rows, qb=client)
        except QuickbooksException as error:
            if _THROTTLED not in str(error):
                raise
            time.sleep(minute_seconds)
            continue
        if answer.faults:
            raise RuntimeError(str(answer.faults[0].Error[0]))
        made: list[Any] = answer.successes
        return made


def _as_object(entity: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 (the library has no types)
    plain = _plain(body)
    made = _OBJECTS[entity].from_json(plain)
    _drop_defaults(made, plain)
    return made


def _plain(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Give the library floats, as its users do: a Decimal it would write as a text, which is no number."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _drop_defaults(made: Any, body: Mapping[str, Any]) -> None:  # noqa: ANN401 (the library has no types)
    """Leave out what the library fills in by itself, ``""`` for dates for one: the sandbox refuses it."""
    for name, value in vars(made).items():
        if name not in body:
            setattr(made, name, None)
        elif isinstance(value, list):
            for inner, inner_body in zip(value, body[name], strict=True):
                _drop_defaults(inner, inner_body)
        elif hasattr(value, "__dict__"):
            _drop_defaults(value, body[name])


def _access_token(settings: Settings) -> str:
    answer = requests.post(
        settings["token_url"],
        data={"grant_type": "refresh_token", "refresh_token": settings["refresh_token"]},
        auth=(settings["client_id"], settings["client_secret"]),
        headers={"Accept": "application/json"},
        timeout=_TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
