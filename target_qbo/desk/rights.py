"""What each role may do. Pure."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from target_qbo.ledger.users import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Right(enum.StrEnum):
    """What may be done."""

    LOOK = "look"
    """See tickets, errors, runs and proofs; sign out; change one's own password."""
    POST = "post"
    """Sync, resync and undo: what writes into the books."""
    AUDIT = "audit"
    """See who changed what."""
    SET_UP = "set_up"
    """Change settings, and the connection to QuickBooks."""
    USERS = "users"
    """Say who may sign in, and as what."""


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OWNER: frozenset(Right),
    Role.BOOKKEEPER: frozenset({Right.LOOK, Right.POST, Right.AUDIT}),
    Role.VIEWER: frozenset({Right.LOOK}),
}
