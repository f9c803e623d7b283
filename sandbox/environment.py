"""The sandbox's addresses and tokens as environment variables, for Meltano and for the plugins' own `--config ENV`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARK = "# Written by the sandbox: nothing here opens anything real."


def variables(ready: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that point both plugins at a sandbox, given its ready line."""
    return {
        f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for prefix, settings in (("TAP_FRANPOS", ready["franpos"]), ("TARGET_QBO", ready["qbo"]))
        for name, value in settings.items()
    }


def write_env_file(path: Path, ready: Mapping[str, Any]) -> None:
    """Write the variables as a dotenv file.

    Raises:
        OSError: The file exists and is not the sandbox's own, so that real settings are never lost.
    """
    if path.exists() and not path.read_text("utf-8").startswith(MARK):
        raise FileExistsError(f"{path} is not the sandbox's own: name another file")
    lines = [MARK, *(f"{name}='{value}'" for name, value in variables(ready).items())]
    path.write_text("\n".join(lines) + "\n", "utf-8")
