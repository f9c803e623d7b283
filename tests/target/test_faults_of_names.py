"""Names with characters above U+00FF: QuickBooks keeps them, and refuses every query that holds one (fault 4000)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.companies import by_hand, named
from tests.target.failures import lose_the_ledger, ring_up
from tests.target.nights import assert_right, night
from tests.target.rung_up import FEW_TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target.failures import Ticket

NAMES = ("Mother’s Day", "Summer – 10 %", "Łódź", "鶏肉 🐶")
WALK_IN = "Guest – walk-in"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "--locations", "2", *FEW_TICKETS) as shop:
        yield shop


def discounted(shop: Shop, name: str, location_id: int = 101) -> Ticket:
    line = {"price": "9.50", "discount": "1.00", "discount_name": name}
    return ring_up(shop, location_id=location_id, lines=[line])


def items(shop: Shop) -> list[str]:
    return [row["Name"].casefold() for row in shop.get("qbo-entities?entity=Item")["Item"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_discount_of_another_shop_of_the_company_is_found(shop: Shop, name: str) -> None:
    """Made under another ledger, or by a person, since this one knows the names; ignoring case."""
    discounted(shop, "Old customers")
    night(shop)
    account = named(shop, "Account", "Discounts given")
    by_hand(shop, "Item", Name=name, Type="Service", IncomeAccountRef=account)
    discounted(shop, name.upper(), location_id=102)
    night(shop)
    assert_right(shop)
    assert items(shop).count(name.casefold()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_discount_is_found_by_a_ledger_that_knows_nothing(shop: Shop, name: str) -> None:
    discounted(shop, name)
    night(shop)
    lose_the_ledger(shop)
    discounted(shop, name, location_id=102)
    night(shop)
    assert_right(shop)
    assert items(shop).count(name.casefold()) == 1


def test_a_discount_that_was_made_inactive_is_made_active(shop: Shop) -> None:
    account = by_hand(
        shop, "Account", Name="Discounts given", AccountType="Income", AccountSubType="DiscountsRefundsGiven"
    )
    row = by_hand(shop, "Item", Name=NAMES[0], Type="Service", IncomeAccountRef={"value": account["Id"]})
    shop.post("qbo/entity", {"op": "inactivate", "entity": "Item", "id": row["Id"]})
    discounted(shop, NAMES[0])
    night(shop)
    assert_right(shop)
    assert sum(name.startswith(NAMES[0].casefold()) for name in items(shop)) == 1


def test_a_guest_customer_with_a_dash_is_found_by_rebuild(shop: Shop) -> None:
    shop.configure_target(guest_customer=WALK_IN)
    discounted(shop, NAMES[1])
    night(shop)
    lose_the_ledger(shop)
    rebuilt = shop.console("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    shop.calls()
    night(shop)
    assert shop.calls()["writes"] == 0
    assert_right(shop)


@pytest.mark.parametrize("command", ["check", "reconcile", "preview"])
def test_a_guest_customer_with_a_dash_is_found_by_every_command(shop: Shop, command: str) -> None:
    """Also by a ledger that does not know its id yet."""
    shop.configure_target(guest_customer=WALK_IN, ledger_url=f"sqlite:///{shop.folder}/first.db")
    night(shop)
    token = shop.post("qbo", {"reconnect": True})["refresh_token"]
    shop.configure_target(ledger_url=f"sqlite:///{shop.folder}/second.db", refresh_token=token)
    day = shop.ready["franpos"]["start_date"][:10]
    arguments = ("--from", day, "--to", day) if command == "reconcile" else ()
    result = shop.console(command, *arguments)
    assert result.returncode in {0, 1}, result.stderr
    assert "4000" not in result.stdout + result.stderr


def test_own_items_may_have_such_names(shop: Shop) -> None:
    shop.configure_target(product_item="Goods – sold", tips_item="Tips “thanks”", guest_customer=WALK_IN)
    night(shop)
    lose_the_ledger(shop)
    ring_up(shop, lines=[{"price": "9.50"}], tips="1.00", total="10.50")
    night(shop)
    assert_right(shop)
    assert len(items(shop)) == len(set(items(shop)))
