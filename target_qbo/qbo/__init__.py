"""QuickBooks Online's API: sign-in, limits, requests and batches, faults, queries.

It knows nothing of tickets or of the ledger.
"""

from target_qbo.qbo.client import BatchItem, QboClient
from target_qbo.qbo.faults import Fault, NotDoneError, QboFaultError, TooLargeError, UnknownFateError
from target_qbo.qbo.limits import BatchSize, RateLimits
from target_qbo.qbo.oauth import AccessTokens, App, TokenStore

__all__ = [
    "AccessTokens",
    "App",
    "BatchItem",
    "BatchSize",
    "Fault",
    "NotDoneError",
    "QboClient",
    "QboFaultError",
    "RateLimits",
    "TokenStore",
    "TooLargeError",
    "UnknownFateError",
]
