"""The page of commands and Meltano's commands come from the code; the shell completes what is there."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import generate
from scripts.commands_page import commands_page, meltano_commands
from tap_franpos.tap import TapFranpos
from target_qbo.console.main import COMMANDS
from target_qbo.target import TargetQBO
from tests.shop import BIN, ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = str(BIN / "franpos-qbo")


def test_the_page_has_every_command_as_its_help_says_it_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    page = commands_page()
    assert [line for line in page.splitlines() if line.startswith("## ") and " " not in line[3:]] == [
        f"## {name}" for name in COMMANDS
    ]
    monkeypatch.setenv("COLUMNS", "40")
    assert commands_page() == page
    shown = run([PROGRAM, "connect", "--help"], env={"COLUMNS": "100"}).stdout
    assert all(line.strip() in page for line in shown.splitlines())


def test_what_is_stale_is_told_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "franpos_qbo" / "stores").mkdir(parents=True)
    (tmp_path / "meltano.yml").write_text((ROOT / "meltano.yml").read_text().replace("      check:\n", "      old:\n"))
    scale = (ROOT / "docs" / "scale.md").read_text()
    (tmp_path / "docs" / "scale.md").write_text(scale.replace("| tickets a night |", "| fortunes a night |"))
    shutil.copy(ROOT / "docs" / "observability.md", tmp_path / "docs")
    shutil.copy(ROOT / "docs" / "how-it-works.md", tmp_path / "docs")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generate.main() == 0
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 0
    assert (tmp_path / "docs" / "commands.md").read_text() == commands_page()
    assert (tmp_path / "docs" / "scale.md").read_text() == scale
    project = yaml.safe_load((tmp_path / "meltano.yml").read_text())
    (loader,) = project["plugins"]["loaders"]
    assert loader["commands"] == meltano_commands()
    (tmp_path / "docs" / "commands.md").write_text("of yesterday")
    assert generate.main() == 1


def test_what_is_written_is_the_same_after_a_plugin_ran_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for plugin in (TapFranpos, TargetQBO):
        plugin.append_builtin_config(plugin.config_jsonschema)  # as the SDK does
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 0


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("franpos-qbo tickets --sta", "--status"),
        ("franpos-qbo tickets --status ski", "skipped"),
        ("franpos-qbo disc", "disconnect"),
    ],
)
def test_tab_completes_options_choices_and_commands(words: str, offers: str) -> None:
    asked = {
        "_FRANPOS_QBO_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert run([PROGRAM], env=asked).stdout.splitlines() == [f"plain,{offers}"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_the_shell_s_own(shell: str) -> None:
    named = run([PROGRAM, "completion", shell]).stdout
    assert f"_FRANPOS_QBO_COMPLETE={shell}_complete" in named
    assert run([PROGRAM, "completion"], env={"SHELL": f"/bin/{shell}"}).stdout == named
    unknown = run([PROGRAM, "completion"], env={"SHELL": "/bin/other"})
    assert (unknown.returncode, unknown.stdout) == (2, "")
