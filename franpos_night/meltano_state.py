"""Reads and writes Meltano's state for :mod:`franpos_night.bookmarks`; runs as a script in Meltano's own environment.

A line of standard input is ``{"store": NAME}``, or with ``state`` to be kept; one of standard output ``{"state": …}``
or ``{"error": …, "kind": …}``. The state's id is that of ``meltano run tap-franpos target-qbo --state-id-suffix=NAME``.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

from meltano.cli.cli import detect_selected_environment
from meltano.core.block.extract_load import STATE_ID_COMPONENT_DELIMITER
from meltano.core.db import project_engine
from meltano.core.job_state import SINGER_STATE_KEY
from meltano.core.migration_service import MigrationError, MigrationService
from meltano.core.project import Project
from meltano.core.state_service import StateService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Engine

_PLUGINS = "tap-franpos-to-target-qbo"
_WAITS = (1.0, 2.0, 4.0)  # seconds


def main() -> None:
    """Answer until there is no further question."""
    out, sys.stdout = sys.stdout, sys.stderr  # whatever Meltano prints is no answer
    logging.disable(logging.CRITICAL)
    states: _States | None = None
    for line in sys.stdin:
        try:
            states = states or _States(sys.argv[1])
            answer = states.answer(json.loads(line))
        except EnvironmentNotActiveError:
            answer = {"error": "no environment of Meltano is active: set MELTANO_ENVIRONMENT", "kind": "settings"}
        except Exception as error:  # noqa: BLE001 (the text may show the address of the database, with a password)
            answer = {"error": f"its state backend fails ({type(error).__name__})", "kind": "unreachable"}
        print(json.dumps(answer), file=out, flush=True)


class EnvironmentNotActiveError(Exception):
    """Meltano has no state without an environment."""


class _States:
    def __init__(self, folder: str) -> None:
        project = Project.find(folder)
        environment, _ = detect_selected_environment(cli_environment=None, cli_no_environment=False, project=project)
        if environment is None:
            raise EnvironmentNotActiveError
        project.activate_environment(environment)
        engine, sessions = project_engine(project, default=True)
        _migrate(engine)
        self._session = sessions(future=True)
        self._service = StateService(project, self._session)
        self._environment = environment

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Read a state, or keep one."""
        state_id = STATE_ID_COMPONENT_DELIMITER.join((self._environment, _PLUGINS, question["store"]))
        try:
            if "state" in question:
                self._service.set_state(state_id, json.dumps({SINGER_STATE_KEY: question["state"]}))
                return {"state": None}
            return {"state": self._service.get_state(state_id).get(SINGER_STATE_KEY)}
        except Exception:
            self._session.rollback()
            raise


def _migrate(engine: Engine) -> None:
    """Bring Meltano's tables up to date, as each of its own commands begins.

    Of several that do so at once, as the parts of a first night, all but one fail: then it is done.
    """
    for wait in _WAITS:
        try:
            MigrationService(engine).upgrade(silent=True)
        except MigrationError:
            time.sleep(wait)
        else:
            return
    MigrationService(engine).upgrade(silent=True)


if __name__ == "__main__":
    main()
