"""Errors that end a run: one line for the reader, and the exit code that programs see.

Exit codes: 1 bad input, 2 wrong use or configuration, 3 QuickBooks not to be reached, 4 sign-in needed.
"""

from __future__ import annotations


class TargetError(Exception):
    """An expected error: its text says what happened and what to do, in one line without secrets."""

    exit_code = 1


class InputError(TargetError):
    """The tap sent something that can't be taken; nothing of it is in the ledger."""


class ConfigurationError(TargetError):
    """A setting is missing or wrong, or the company can't be used as configured."""

    exit_code = 2


class NotThereError(ConfigurationError):
    """What a person named is not there: a location, a ticket, a run."""


class UnreachableError(TargetError):
    """QuickBooks (or the ledger's database) can't be reached; what is received waits for the next run."""

    exit_code = 3


class SignInNeededError(TargetError):
    """QuickBooks refuses the tokens: a person must connect the company again."""

    exit_code = 4
