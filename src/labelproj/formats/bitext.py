"""Bitext: a sentence, TAB, its translation; one pair a line."""

from collections.abc import Iterator
from pathlib import Path

from labelproj.errors import FormatError
from labelproj.formats.lines import numbered_lines
from labelproj.progress import log

__all__ = ["read_bitext"]


def read_bitext(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (source, target) of each line of a TSV file (gzip too), without white space around.

    Further columns are passed over. A line that is not UTF-8, or has an empty side, gives no
    pair; how many there were, and the first, is logged. Raises MissingInputError (not there;
    nothing in it) and FormatError when no line has two columns.
    """
    pairs = 0
    bad = 0
    first_bad = ""
    for line in numbered_lines(path):
        columns = [column.strip() for column in line.text.split("\t")[:2]]
        if line.problem is None and len(columns) == 2 and all(columns):
            pairs += 1
            yield columns[0], columns[1]
        elif line.problem or line.text.strip():
            reason = line.problem or ("an empty side" if len(columns) == 2 else "no TAB")
            first_bad = first_bad or f"line {line.number}: {reason}"
            bad += 1
    if not pairs:
        raise FormatError(
            f"no pair of sentences ({first_bad})",
            where=str(path),
            remedy="each line is a sentence, TAB, its translation",
        )
    if bad:
        log.warning("%s: %d lines are no pairs and were left out (%s)", path, bad, first_bad)
