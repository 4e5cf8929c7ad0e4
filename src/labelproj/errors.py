"""Every error that labelproj raises on purpose.

::

    LabelprojError                      exit 1
    ├── UsageError                      exit 2   the command or its parameters are wrong
    │   ├── ConfigError                          params.yaml: unknown key, wrong type or value
    │   └── UnknownLanguageError                 a language code that cannot be used
    ├── CheckFailedError                exit 3   a check ran and said no
    ├── InputError                      exit 4   the data are wrong
    │   ├── MissingInputError                    no such file, or nothing in it
    │   ├── FormatError                          not the format it was taken for
    │   └── RecordError                          one bad record, with --strict
    ├── ModelError                      exit 5   a model is wrong or not there
    │   ├── ModelNotFoundError
    │   └── ModelConversionError
    ├── DependencyError                 exit 6   an optional package or program is missing
    └── SystemFaultError                exit 7   the machine: disk, device, network
        ├── StorageError                         a full or read-only disk, a corrupt file of ours
        ├── DeviceError                          a device that is not there
        └── HubError                             the Hub cannot be reached or refuses

Each carries what was wrong (``message``), where (``where``: file, file:line or record id) and
what to do (``remedy``).
"""

from typing import ClassVar

__all__ = [
    "CheckFailedError",
    "ConfigError",
    "DependencyError",
    "DeviceError",
    "FormatError",
    "HubError",
    "InputError",
    "LabelprojError",
    "MissingInputError",
    "ModelConversionError",
    "ModelError",
    "ModelNotFoundError",
    "RecordError",
    "StorageError",
    "SystemFaultError",
    "UnknownLanguageError",
    "UsageError",
]


class LabelprojError(Exception):
    """The root of the tree; catch it to catch everything below."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None):
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class UsageError(LabelprojError):
    """The command line or a parameter is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """``params.yaml`` has an unknown key or a value that does not fit."""


class UnknownLanguageError(UsageError):
    """A language code that is unknown, or that the model does not have."""


class CheckFailedError(LabelprojError):
    """A check ran to its end and found something wrong."""

    exit_code = 3


class InputError(LabelprojError):
    """The data given are wrong."""

    exit_code = 4


class MissingInputError(InputError):
    """An input is not there, or there is nothing in it."""


class FormatError(InputError):
    """A file is not in the format it was taken for."""


class RecordError(InputError):
    """A bad record was met and ``--strict`` asked to stop at it."""


class ModelError(LabelprojError):
    """A model is not what it should be."""

    exit_code = 5


class ModelNotFoundError(ModelError):
    """There is no model at that place."""


class ModelConversionError(ModelError):
    """A model could not be converted, or came out of it broken."""


class DependencyError(LabelprojError):
    """A package or program that this needs is not installed."""

    exit_code = 6


class SystemFaultError(LabelprojError):
    """The machine does not give what is needed."""

    exit_code = 7


class StorageError(SystemFaultError):
    """A disk is full or read-only, or one of our own files is corrupt."""


class DeviceError(SystemFaultError):
    """A device was asked for that is not there."""


class HubError(SystemFaultError):
    """The Hub cannot be reached, or refused."""
