"""Wheel, sdist and editable install hold what both plugins need, and the wheel nothing of the sandbox."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.shop import ROOT, run

UV = str(ROOT / ".tools" / "bin" / "uv")
SCHEMAS = {f"franpos_qbo/schemas/{path.name}": path.read_bytes() for path in (ROOT / "schemas").glob("*.json")}
PLUGIN = ROOT / ".meltano" / "loaders" / "target-qbo" / "venv"

STORES = {f"franpos_qbo/stores/{path.name}": path.read_bytes() for path in (ROOT / "franpos_qbo/stores").glob("*.json")}


def build(what: str, source: Path, folder: Path) -> Path:
    result = run([UV, "build", "--quiet", f"--{what}", "--out-dir", str(folder), str(source)])
    assert result.returncode == 0, result.stderr
    (built,) = (path for path in folder.iterdir() if path.suffix in {".whl", ".gz"})
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def test_the_wheel_has_the_schemas_the_migrations_and_the_translations(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert {name: archive.read(name) for name in names if name.endswith(".json")} == SCHEMAS | STORES
    assert (len(SCHEMAS), len(STORES)) == (3, 2)
    assert any(name.startswith("target_qbo/ledger/migrations/versions/0001") for name in names)
    assert "target_qbo/web/locale/es/LC_MESSAGES/django.mo" in names
    assert {name.split("/")[0] for name in names} == {
        "franpos_night",
        "franpos_qbo",
        "tap_franpos",
        "target_qbo",
        next(name for name in names if ".dist-info" in name).split("/")[0],
    }


def test_the_image_is_built_of_all_that_the_wheel_has(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packages = {name.split("/")[0] for name in archive.namelist() if ".dist-info" not in name}
    copied = (ROOT / "Dockerfile").read_text().splitlines()
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert {one for one in packages if f"COPY {one} {one}" not in copied or f"!{one}" not in let_in} == set()


def test_the_wheel_of_the_sdist_holds_the_same(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    again = build("wheel", sdist, tmp_path)
    with zipfile.ZipFile(wheel) as direct, zipfile.ZipFile(again) as indirect:
        assert {name: indirect.read(name) for name in indirect.namelist()} == {
            name: direct.read(name) for name in direct.namelist()
        }


def test_an_editable_install_reads_the_schemas_of_the_checkout(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (checkout,) = tmp_path.iterdir()
    assert run([UV, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")]).returncode == 0
    python = str(tmp_path / "venv" / "bin" / "python")
    installed = run([UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--editable", str(checkout)])
    assert installed.returncode == 0, installed.stderr
    (checkout / "schemas" / "tickets.json").write_text("edited after the installation")
    # What a pull leaves of the folder where the files once were.
    (checkout / "franpos_qbo" / "schemas" / "__pycache__").mkdir(parents=True)
    code = "from franpos_qbo.contract import SCHEMAS; print((SCHEMAS / 'tickets.json').read_text())"
    shown = run([python, "-c", code], folder=tmp_path)
    assert shown.stdout == "edited after the installation\n", shown.stderr


def test_the_wheel_alone_runs(wheel: Path, tmp_path: Path) -> None:
    """Beside what it requires and nothing else: what Meltano installed because this checkout requires the same."""
    assert run([UV, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")]).returncode == 0
    python = str(tmp_path / "venv" / "bin" / "python")
    installed = run([UV, "pip", "install", "--quiet", "--python", python, "--no-deps", str(wheel)])
    assert installed.returncode == 0, installed.stderr
    assert PLUGIN.exists(), "run `make meltano` first; `make test` does"
    (own,), (others,) = ((tmp_path / "venv").glob("lib/*/site-packages"), PLUGIN.glob("lib/*/site-packages"))
    assert _requirements(own) == _requirements(others)
    (own / "others.pth").write_text(f"{others}\n")
    code = "import franpos_qbo as a, tap_franpos as b, target_qbo as c; print(a.__file__, b.__file__, c.__file__)"
    loaded = run([python, "-c", code], folder=tmp_path).stdout.split()
    assert [Path(one).is_relative_to(own) for one in loaded] == [True, True, True]
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


def _requirements(packages: Path) -> list[str]:
    """Return what the installed project requires, as it says."""
    (metadata,) = packages.glob("franpos_qbo-*.dist-info/METADATA")
    return [line for line in metadata.read_text("utf-8").splitlines() if line.startswith("Requires-Dist: ")]
