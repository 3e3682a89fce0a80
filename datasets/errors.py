"""The one kind of error that data may raise at a user."""

from __future__ import annotations


class DataError(ValueError):
    """Data that cannot be used, in one line: what was expected, what was found, what to do."""

    def __init__(self, message: str):
        super().__init__(" ".join(str(message).split()))


class MissingData(DataError):
    """There is no data in the place that was tried; other places may still be tried."""


class DownloadError(DataError):
    """No mirror gave the file that was asked for; `reason` says why in a few words."""

    def __init__(self, message: str, reason: str = "no mirror has them"):
        super().__init__(message)
        self.reason = reason
