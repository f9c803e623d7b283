"""The Singer SDK's own test suite for targets, and the plugin's command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class

from target_qbo.target import TargetQBO
from tests.shop import BIN, run

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: dict[str, Any] = {
    "realm_id": "1",
    "client_id": "id",
    "client_secret": "secret",
    "refresh_token": "token",
    "api_url": "http://127.0.0.1:9",
    "token_url": "http://127.0.0.1:9/token",
    # The suite's streams are not the contract's: they are left out the way a pipeline leaves streams out, but for the
    # one whose record lacks its key.
    "stream_maps": {"*": None, "test_record_missing_key_property": {"__alias__": "tickets"}},
}

TestTargetQBO = get_target_test_class(TargetQBO, config=CONFIG)


@pytest.fixture(autouse=True)
def _a_ledger_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_about_tells_every_setting_and_marks_the_secrets() -> None:
    about = json.loads(run([str(BIN / "target-qbo"), "--about", "--format", "json"]).stdout)
    settings = about["settings"]["properties"]
    assert {name for name, spec in settings.items() if spec.get("secret")} == {
        "client_id",
        "client_secret",
        "refresh_token",
        "ledger_key",
        "ledger_url",
        "notice_webhook_url",
        "smtp_url",
    }
    assert all(spec["description"] for spec in settings.values())
    assert about["name"] == "target-qbo"


def test_version() -> None:
    assert "0.1.0" in run([str(BIN / "target-qbo"), "--version"]).stdout
