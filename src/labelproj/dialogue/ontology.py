"""The target language's own names for values, given as a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelproj.errors import FormatError, MissingInputError

__all__ = ["ANY_SLOT", "Ontology", "fold", "read_ontology"]

#: The slot that stands for every slot.
ANY_SLOT = "*"


def fold(text: str) -> str:
    """Return ``text`` for comparing: small letters, single blanks."""
    return " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class Ontology:
    """What values a slot may have in the target language.

    ``names`` maps a slot (folded, or ``*``) and a source value (folded) to its target names, the
    canonical one first. ``lists`` has the target values of a slot where it is not known which is
    which: a projected surface is then matched with the nearest.
    """

    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lookup(self, slot: str, value: str) -> tuple[str, ...]:
        """Return the target names of a source value; none where it is not there."""
        for key in (fold(slot), ANY_SLOT):
            if found := self.names.get(key, {}).get(fold(value)):
                return found
        return ()

    def values(self, slot: str) -> tuple[str, ...]:
        """Return the target values of a slot that is given as a list, else none."""
        return self.lists.get(fold(slot), ())


def read_ontology(path: Path) -> Ontology:
    """Read ``{slot: {source value: target name or names}}`` or ``{slot: [target value, …]}``.

    The slot ``*`` stands for every slot. Raises MissingInputError and FormatError.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingInputError(
            f"cannot be read: {error.strerror or error}", where=str(path), remedy="check the path"
        ) from error
    except ValueError as error:
        raise _wrong(path, f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _wrong(path, "not an object of slots")
    names: dict[str, dict[str, tuple[str, ...]]] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for slot, values in content.items():
        if isinstance(values, list):
            lists[fold(slot)] = _texts(values, slot, path)
            continue
        if not isinstance(values, dict):
            raise _wrong(path, f"slot {slot!r} is neither an object nor a list")
        names[fold(slot)] = {
            fold(value): _texts(target if isinstance(target, list) else [target], slot, path)
            for value, target in values.items()
        }
    return Ontology(names, lists)


def _texts(values: list[object], slot: str, path: Path) -> tuple[str, ...]:
    found = tuple(value for value in values if isinstance(value, str) and value.strip())
    if not found or len(found) != len(values):
        raise _wrong(path, f"slot {slot!r} has a value that is no text")
    return found


def _wrong(path: Path, message: str) -> FormatError:
    return FormatError(
        message,
        where=str(path),
        remedy='{"slot": {"source value": "target value"}} or {"slot": ["target value", …]}',
    )
