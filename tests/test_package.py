"""The wheel holds what both plugins need and nothing of the sandbox; derived texts are up to date."""

from __future__ import annotations

import json
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.shop import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv = ROOT / ".tools" / "bin" / "uv"
    result = run([str(uv), "build", "--quiet", "--wheel", "--out-dir", str(folder)])
    assert result.returncode == 0, result.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_schemas_and_the_migrations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for stream in ("tickets", "payments", "discounts"):
        assert f"franpos_qbo/schemas/{stream}.json" in names
    assert any(name.startswith("target_qbo/ledger/migrations/versions/0001") for name in names)
    assert {name.split("/")[0] for name in names} == {
        "franpos_qbo",
        "tap_franpos",
        "target_qbo",
        next(name for name in names if ".dist-info" in name).split("/")[0],
    }


def test_the_wheel_alone_runs(wheel: Path, tmp_path: Path) -> None:
    uv = str(ROOT / ".tools" / "bin" / "uv")
    assert run([uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")]).returncode == 0
    python = str(tmp_path / "venv" / "bin" / "python")
    installed = run([uv, "pip", "install", "--quiet", "--python", python, str(wheel)])
    assert installed.returncode == 0, installed.stderr
    for command in ("tap-franpos", "target-qbo", "franpos-qbo"):
        shown = run([str(tmp_path / "venv" / "bin" / command), "--version"], folder=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert "0.1.0" in shown.stdout
    discovered = run([str(tmp_path / "venv" / "bin" / "tap-franpos"), "--discover"], folder=tmp_path)
    assert discovered.returncode == 0, discovered.stderr
    assert {stream["tap_stream_id"] for stream in json.loads(discovered.stdout)["streams"]} == {
        "tickets",
        "payments",
        "discounts",
    }
