"""No token and no secret in any output, whatever happens, nor in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.shop import Shop

DEBUG = {"LOGLEVEL": "DEBUG", "TAP_FRANPOS_LOGLEVEL": "DEBUG", "TARGET_QBO_LOGLEVEL": "DEBUG"}


def _secrets(shop: Shop) -> list[str]:
    """Everything secret that was ever in use, the rotated tokens too: the sandbox knows them."""
    qbo = shop.ready["qbo"]
    known = [shop.ready["franpos"]["auth_token"], qbo["client_secret"], qbo["refresh_token"]]
    given_out: list[str] = shop.get("tokens")
    return known + given_out


def _assert_clean(shop: Shop, *texts: str) -> None:
    secrets = _secrets(shop)
    for secret in secrets:
        for text in texts:
            assert secret not in text
        for path in shop.folder.glob("ledger.db*"):
            assert secret.encode() not in path.read_bytes()


def test_a_run_that_succeeds(small_shop: Shop) -> None:
    tap = small_shop.tap(env=DEBUG)
    target = small_shop.target(tap.stdout, env=DEBUG)
    again = small_shop.target(tap.stdout, env=DEBUG)
    assert (tap.returncode, target.returncode, again.returncode) == (0, 0, 0)
    assert " DEBUG " in target.stderr
    assert small_shop.get("tokens")
    _assert_clean(small_shop, tap.stdout, tap.stderr, target.stdout, target.stderr, again.stdout, again.stderr)


@pytest.mark.parametrize(
    "fault",
    [
        {"where": "qbo", "do": "expire_token", "match": {"path": "/batch", "nth": 1}},
        {"where": "qbo", "do": "drop_after", "match": {"path": "/batch", "nth": 1}},
        {"where": "token", "do": "drop_after"},
        {"where": "token", "do": "html", "match": {"every": 1}},
        {"where": "franpos", "do": "500", "match": {"every": 1}},
    ],
)
def test_runs_that_fail(small_shop: Shop, fault: dict[str, Any]) -> None:
    messages = small_shop.tap().stdout
    small_shop.post("faults", [fault])
    if fault["where"] == "franpos":
        result = small_shop.tap(env=DEBUG)
        assert result.returncode == 1
        small_shop.target(messages)
    else:
        result = small_shop.target(messages, env=DEBUG)
    _assert_clean(small_shop, result.stdout, result.stderr)


def test_a_refused_sign_in_says_what_to_do(small_shop: Shop) -> None:
    messages = small_shop.tap().stdout
    small_shop.post("qbo", {"revoke": True})
    refused = small_shop.target(messages, env=DEBUG)
    assert refused.returncode == 4
    assert "connect the company again" in refused.stderr.splitlines()[-1]
    small_shop.configure_target(client_secret="wrong-secret")
    wrong = small_shop.target(messages, env=DEBUG)
    assert wrong.returncode == 2
    assert "client_id and client_secret" in wrong.stderr
    assert "wrong-secret" not in wrong.stderr


def test_the_key_of_the_tokens_can_be_kept_by_the_keyring(small_shop: Shop) -> None:
    keyring = {
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(small_shop.folder / "home"),
    }
    small_shop.post("qbo", {"sign_in": {"grace": "none"}})
    small_shop.configure_target(ledger_key="keyring")
    assert small_shop.sync(env=keyring).returncode == 0
    _assert_clean(small_shop)
    kept = list((small_shop.folder / "home").rglob("*.cfg"))
    assert kept, "the keyring keeps nothing"
    assert small_shop.sync(env=keyring).returncode == 0, "the second run can't read the first one's tokens"
    for path in kept:
        path.unlink()
    ticket = next(ticket for ticket in small_shop.get("tickets") if ticket["expected"]["kind"] == "invoice")
    edited = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
    small_shop.post("tickets/edit", {"op": "set", "tips": "3.21", "settle": True} | edited)
    lost = small_shop.sync(env=keyring)
    assert lost.returncode == 4, "a key made anew opens nothing: only connecting again helps"


def test_a_keyring_that_is_not_there_says_what_to_do(small_shop: Shop) -> None:
    small_shop.configure_target(ledger_key="keyring")
    result = small_shop.sync(env={"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    assert result.returncode == 2
    assert "set ledger_key to a passphrase" in result.stderr.splitlines()[-1]
