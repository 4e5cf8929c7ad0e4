"""Other names in the places of names: from a list, or from the spans of the data themselves."""

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from labelproj.augment.changes import Change, replaceable
from labelproj.errors import FormatError, MissingInputError
from labelproj.records import Document, Segment

__all__ = ["Names", "harvested_names", "name_changes", "read_names"]

#: Names by label, without repetition and in a fixed order.
Names = Mapping[str, tuple[str, ...]]


def read_names(path: Path) -> Names:
    """Read a list of names: ``LABEL``, TAB, the name, a line each; UTF-8.

    Raises MissingInputError (no such file, no name in it) and FormatError with the line.
    """
    if not path.is_file():
        raise MissingInputError("no such list of names", where=str(path), remedy="check the path")
    found: dict[str, set[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", where=str(path)) from error
    for number, line in enumerate(lines, start=1):
        label, _, name = (part.strip() for part in line.partition("\t"))
        if not line.strip():
            continue
        if not (line.count("\t") == 1 and label and name):
            raise FormatError(
                f"{line[:60]!r} is not LABEL, TAB, name",
                where=f"{path}:{number}",
                remedy="write a line such as 'LOC<TAB>Kano'",
            )
        found.setdefault(label, set()).add(name)
    if not found:
        raise MissingInputError("no name in it", where=str(path))
    return _fixed(found)


def harvested_names(documents: Iterable[Document]) -> Names:
    """Return what the spans of ``documents`` cover, by label.

    A name that projection cut wrongly is in it too: a list made by people is better.
    """
    found: dict[str, set[str]] = {}
    for document in documents:
        for segment, span in document.spans():
            found.setdefault(span.label, set()).add(span.surface(segment.text))
    return _fixed(found)


def _fixed(found: Mapping[str, set[str]]) -> Names:
    return {label: tuple(sorted(names)) for label, names in sorted(found.items())}


def name_changes(segment: Segment, names: Names, rng: random.Random) -> list[Change]:
    """Return for each span of which there are other names one of them, drawn by ``rng``.

    Parts of discontinuous spans, and spans that other spans lie inside of, are left out.
    """
    found = []
    ids = [span.id for span in segment.spans]
    for span in segment.spans:
        surface = span.surface(segment.text)
        others = names.get(span.label, ())
        if ids.count(span.id) > 1 or not any(name != surface for name in others):
            continue
        name = rng.choice(others)
        if name == surface:  # the next one: there is another
            name = others[(others.index(name) + 1) % len(others)]
        if replaceable((span.start, span.end), segment.spans):
            found.append(Change(span.start, span.end, name, "name"))
    return found
