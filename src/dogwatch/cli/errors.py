"""From the error tree to the exit code: the one table of the command line, total over the tree.

| code | means |
|---|---|
| 0 | fine |
| 1 | an unexpected error |
| 2 | the command or a setting is wrong |
| 3 | findings at or above the severity of `--fail-on`; rows that an audit found to differ |
| 4 | not found, or not allowed |
| 5 | not finished: something else did not do its part; trying again may help |
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dogwatch.model import errors

FINE = 0
UNEXPECTED = 1
USAGE = 2
POLICY = 3
NOT_FOUND = 4
INCOMPLETE = 5

EXIT_CODES: Mapping[type[errors.DogwatchError], int] = MappingProxyType(
    {
        errors.DogwatchError: UNEXPECTED,
        errors.ConfigError: USAGE,
        errors.RemoteError: INCOMPLETE,
        errors.RegistryError: INCOMPLETE,
        errors.RegistryUnavailableError: INCOMPLETE,
        errors.RegistryThrottledError: INCOMPLETE,
        errors.RegistryDeniedError: NOT_FOUND,
        errors.RegistryRefusedError: INCOMPLETE,
        errors.ImageGoneError: NOT_FOUND,
        errors.EngineError: INCOMPLETE,
        errors.FeedError: INCOMPLETE,
        errors.FeedUnavailableError: INCOMPLETE,
        errors.FeedRejectedError: INCOMPLETE,
        errors.FeedShrunkError: INCOMPLETE,
        errors.ContentError: INCOMPLETE,
        errors.DigestMismatchError: INCOMPLETE,
        errors.MalformedManifestError: INCOMPLETE,
        errors.MalformedLayerError: INCOMPLETE,
        errors.MalformedSnapshotError: INCOMPLETE,
        errors.BundleRefusedError: INCOMPLETE,
        errors.MalformedAdvisoryError: INCOMPLETE,
        errors.MalformedPackageDatabaseError: INCOMPLETE,
        errors.LimitExceededError: INCOMPLETE,
        errors.StoreError: INCOMPLETE,
        errors.StoreUnavailableError: INCOMPLETE,
        errors.ConflictError: INCOMPLETE,
        errors.TakenOverError: INCOMPLETE,
        errors.RequestError: USAGE,
        errors.InvalidRequestError: USAGE,
        errors.NotFoundError: NOT_FOUND,
        errors.ForbiddenError: NOT_FOUND,
        errors.StepCrashedError: INCOMPLETE,
    }
)


def exit_code(error: errors.DogwatchError) -> int:
    """Return the exit code of an error; that of its nearest ancestor for a class the table does not name."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
