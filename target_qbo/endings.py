"""How a run ends that an expected error stops: its last line, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from target_qbo.accounting.naming import clean_text
from target_qbo.errors import ConfigurationError, TargetError, UnreachableError
from target_qbo.qbo import QboFaultError

_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Ending:
    """One line for people, without secrets, and the exit code for programs."""

    line: str
    exit_code: int

    def as_error(self) -> TargetError:
        """Return it as an error to raise in the place of the one that it is the end of."""
        error = TargetError(self.line)
        error.exit_code = self.exit_code
        return error


def line_of(error: BaseException) -> str:
    """Return an error in one line for a notice, whether or not it is an expected one."""
    ending = ending_of(error)
    return ending.line if ending else f"an error of the program ({type(error).__name__}): see its output"


def ending_of(error: BaseException) -> Ending | None:
    """Return how an error ends the run; None: it is none that is expected."""
    if isinstance(error, TargetError):
        return Ending(str(error), error.exit_code)
    if isinstance(error, QboFaultError):
        line = f"QuickBooks refused what a run can't do without: {error}"
        return Ending(line, ConfigurationError.exit_code)
    if isinstance(error, DBAPIError):
        line = f"the ledger can't be read or written ({error.orig}): what stands in it stays"
        return Ending(clean_text(line, _SHOWN_CHARACTERS), UnreachableError.exit_code)
    return None
