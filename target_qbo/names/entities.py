"""Entities of a company's lists: found, or created where they are absent, and remembered in the ledger.

Source: accounting rules, Names and accounts. At a cold start one query for each kind of entity tells what is there;
after that the ledger knows, and a new name is created first and looked up only when it is taken.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from target_qbo.ledger import references as stored
from target_qbo.ledger.references import Reference
from target_qbo.names.lists import EVERY, Row, name_field, named, pick
from target_qbo.qbo.client import NoAnswerError, quoted
from target_qbo.qbo.faults import QboFaultError
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_qbo.ledger import CompanyLedger
    from target_qbo.names.lists import Lists

logger = logging.getLogger("target-qbo.references")


class UnavailableError(Exception):
    """Something that a document needs can't be had; the document's ticket is skipped, the others go on."""


class UnansweredError(Exception):
    """The creation of something that a document needs gets no answer; its ticket is left, the others go on."""


class Entities:
    """Finds, creates and remembers what has a name.

    Args:
        ledger: The company's ledger, which remembers.
        client: The company.
    """

    def __init__(self, ledger: CompanyLedger, client: Lists) -> None:
        self._ledger = ledger
        self._client = client
        self._known = stored.load(ledger)
        self._cold = not self._known
        self._listings: dict[str, list[Row]] = {}
        self._made: set[tuple[str, str]] = set()
        self._unavailable: dict[tuple[str, str], UnavailableError | UnansweredError] = {}

    def forget(self) -> None:
        """Forget all that is remembered: one of the ids was stale."""
        stored.forget_all(self._ledger)
        self._known = {}
        self._listings = {}
        self._unavailable = {}
        self._cold = True

    def forget_one(self, entity: str, key: str) -> None:
        """Forget one thing that may have changed since, until it is found again."""
        self._known.pop((entity, key), None)

    def knows(self, entity: str, key: str) -> bool:
        """Tell whether something is remembered."""
        return (entity, key) in self._known

    def remembered(self, entity: str, key: str, find: Callable[[], Reference]) -> Reference:
        """Return what is remembered under a key, found first where nothing is; what can't be had stays so in a run."""
        if (entity, key) in self._unavailable:
            raise self._unavailable[entity, key]
        known = self._known.get((entity, key))
        if known is None:
            try:
                found = find()
            except (UnavailableError, UnansweredError) as error:
                self._unavailable[entity, key] = error
                raise
            known = Reference(entity, key, found.qbo_id, found.name, found.details)
            stored.remember(self._ledger, known)
            self._known[entity, key] = known
        return known

    def rows(self, entity: str) -> list[Row]:
        """Return all there are of a kind, inactive ones included; read once."""
        if entity not in self._listings:
            self._listings[entity] = list(self._client.query(entity, EVERY))
        return self._listings[entity]

    def seen(self, entity: str, qbo_id: str) -> Row | None:
        """Return the row of an id as it was listed; None where there is none, or nothing was listed."""
        return next((row for row in self._listings.get(entity, ()) if row["Id"] == qbo_id), None)

    def is_new(self, entity: str, qbo_id: str) -> bool:
        """Tell whether something was made in this run: nothing can refer to it yet."""
        return (entity, qbo_id) in self._made

    def _named(self, entity: str, name: str) -> Row | None:
        """Find an entity by name as far as is known without asking: None also where it was never asked."""
        if not self._cold:
            return None
        return pick(self.rows(entity), name_field(entity), name)

    def _look_up(self, entity: str, name: str) -> Row | None:
        """Find an entity whose name was refused as taken, or that may have been made: one query."""
        return pick(named(self._client, entity, (name,)), name_field(entity), name)

    def find_or_create(
        self,
        entity: str,
        name: str,
        body: Mapping[str, Any],
        fits: Callable[[Row], bool] = lambda _row: True,
    ) -> Row | None:
        """Return the entity of a name, made if absent, reactivated if inactive; None where another's has the name."""
        row = self._named(entity, name)
        if row is None:
            row = self.create_or_look_up(entity, name, body)
        if row is None or not fits(row):
            return None
        return row if row.get("Active", True) else self.reactivate(entity, row, name)

    def create_or_look_up(self, entity: str, name: str, body: Mapping[str, Any]) -> Row | None:
        """Create an entity; where the name is taken, return the one that has it, if it can be found.

        Raises:
            UnansweredError: It gets no answer, and was not made.
        """
        try:
            return self._create(entity, body)
        except QboFaultError as error:
            if reaction(error.fault) is not Reaction.NAME_TAKEN:
                raise
        except NoAnswerError as error:
            # It may have been made; and where even that can't be asked, QuickBooks is away.
            row = self._look_up(entity, name)
            if row is None:
                raise UnansweredError(f"the {entity} {name!r} can't be made in QuickBooks: {error}") from None
            return row
        return self._look_up(entity, name)

    def _create(self, entity: str, body: Mapping[str, Any]) -> Row:
        row = self._client.write_repeatable(entity, body, _request_id())
        logger.info("created in QuickBooks: %s %s", entity, row.get(name_field(entity)))
        self._made.add((entity, row["Id"]))
        if self._cold:
            self.rows(entity).append(row)
        return row

    def reactivate(self, entity: str, row: Row, name: str) -> Row:
        """Make an inactive entity active again, under its name."""
        body = {"Id": row["Id"], "sparse": True, "Active": True, name_field(entity): name}
        try:
            active = self._client.write_repeatable(entity, body | {"SyncToken": row["SyncToken"]}, _request_id())
        except QboFaultError as error:
            now = next(self._client.query(entity, f"Id = {quoted(row['Id'])} and Active in (true,false)"), None)
            if reaction(error.fault) is not Reaction.READ_AGAIN or now is None:
                raise
            active = self._client.write_repeatable(entity, body | {"SyncToken": now["SyncToken"]}, _request_id())
        logger.info("reactivated in QuickBooks: %s %s", entity, name)
        return active


def _request_id() -> str:
    return uuid.uuid4().hex
