"""What the tests of the stand-ins share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.qbo_server import qbo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.qbo_server import Qbo


@pytest.fixture
def us() -> Iterator[Qbo]:
    """Run a new US company, signed in to, its limits out of the way."""
    with qbo() as client:
        yield client
