"""Whole runs from outside, with the log at its loudest: no token anywhere, and errors end in one line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.shop import run
from tests.tap.tiny_franpos import DENIED, SHAPES, TOKEN, Reply, Script, TinyFranpos, always, said, slow

if TYPE_CHECKING:
    from pathlib import Path

Config = dict[str, Any]


@pytest.mark.parametrize(
    ("script", "last_line", "kind"),
    [
        (None, None, None),
        (always(said(DENIED, 401)), f"refuses the token of location 7 ({DENIED})", "refused"),
        (always(Reply(500, "<html>oops</html>")), "Franpos answered 500", "unreachable"),
        (slow, "no answer within 0.2 s", "unreachable"),
        (
            always(Reply(301, headers={"Location": f"https://example.com/?Token={quote(TOKEN)}"})),
            "redirect (301)",
            "refused",
        ),
        (always(Reply(200, "<html>", cut=True)), "the answer broke off", "unreachable"),
    ],
    ids=["good", "401", "500", "timeout", "redirect", "cut"],
)
@pytest.mark.parametrize("how", ["text", "structured"])
def test_ends_in_one_line_without_a_traceback(
    tiny: TinyFranpos,
    config: Config,
    tmp_path: Path,
    script: Script | None,
    last_line: str | None,
    kind: str | None,
    how: str,
) -> None:
    tiny.script = script or tiny.script
    tiny.ticket(1, "2025-01-05T12:00:00", "2025-01-05T19:00:00")
    (tmp_path / "config.json").write_text(json.dumps(config | {"end_date": "2025-01-10"}))
    code = (
        "import tap_franpos.client as client, tap_franpos.tap as tap;"
        "client.FIRST_WAIT = 0.01; client.TIMEOUT = 0.2; client.MAX_TRIES = 2; tap.main()"
    )
    environment = {"LOGLEVEL": "DEBUG"}
    if how == "structured":
        (tmp_path / "log.yaml").write_text(
            "version: 1\ndisable_existing_loggers: false\n"
            "formatters: {structured: {'()': singer_sdk.logging.StructuredFormatter}}\n"
            "handlers: {out: {class: logging.StreamHandler, formatter: structured}}\n"
            "root: {level: DEBUG, handlers: [out]}\n"
        )
        environment["SINGER_SDK_LOG_CONFIG"] = str(tmp_path / "log.yaml")
    done = run([sys.executable, "-c", code, "--config", str(tmp_path / "config.json")], env=environment)
    assert [shape for shape in SHAPES if shape in done.stdout + done.stderr] == []
    assert "urllib3.connectionpool" in done.stderr
    assert "Traceback" not in done.stderr
    if last_line is None:
        assert done.returncode == 0
        assert '"stream":"tickets","record"' in done.stdout
    else:
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        if how == "structured":
            record = json.loads(last)
            assert last_line in record["message"]
            assert (record["extra"]["event_name"], record["extra"]["exit_code"]) == ("run_stopped", 1)
            assert record["extra"]["kind"] == kind
        else:
            assert last_line in last
            assert last.startswith("tap-franpos: ")
            assert done.stderr.count("tap-franpos: ") == 1
