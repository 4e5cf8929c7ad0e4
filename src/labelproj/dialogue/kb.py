"""A knowledge base in memory: rows by API, found by constraints."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelproj.dialogue.keep import is_dontcare
from labelproj.dialogue.ontology import fold
from labelproj.dialogue.schema import Call, Constraint, Row
from labelproj.dialogue.visit import values_of
from labelproj.errors import FormatError
from labelproj.formats.json_values import json_records, text_value
from labelproj.records import Reject

__all__ = ["KnowledgeBase", "read_kb", "satisfies"]


def satisfies(cells: Mapping[str, object], constraint: Constraint) -> bool:
    """Say whether a row meets a constraint.

    Relations as in BiToD: ``equal_to``, ``not``, ``at_least``, ``less_than``, ``one_of``. A slot
    that the row has not is not met; don't-care always is. Text is compared without case.
    """
    wanted = [value for value in constraint.values if not is_dontcare(value)]
    if not wanted:
        return True
    try:
        cell = next(v for slot, v in cells.items() if fold(slot) == fold(constraint.slot))
        found = values_of(cell)
    except (StopIteration, ValueError):
        return False
    there = {fold(value) for value in found}
    if constraint.relation in {"at_least", "less_than"}:
        try:
            number, limit = float(found[0].replace(",", ".")), float(wanted[0].replace(",", "."))
        except (ValueError, IndexError):
            return False
        return number >= limit if constraint.relation == "at_least" else number < limit
    met = any(fold(value) in there for value in wanted)
    return not met if constraint.relation == "not" else met


@dataclass(slots=True)
class KnowledgeBase:
    """Rows by API; ``key`` is the slot that names a row.

    Of two rows with the same key the first is kept; ``repeats`` counts the second where it says
    the same, ``conflicts`` has it where it does not.
    """

    key: str = "name"
    rows: dict[str, list[Row]] = field(default_factory=dict)
    conflicts: list[Row] = field(default_factory=list)
    repeats: int = 0
    _known: dict[tuple[str, str], Row] = field(default_factory=dict)

    def add(self, row: Row) -> str | None:
        """Add a row; return why it was not, where it conflicts with another one."""
        name = row.cells.get(self.key)
        # A row without its key cannot be told from another: only the very same is a repeat.
        said = fold(str(name)) if name not in (None, "") else json.dumps(dict(row.cells))
        before = self._known.setdefault((row.api, said), row)
        if before is row:
            self.rows.setdefault(row.api, []).append(row)
            return None
        if dict(before.cells) == dict(row.cells):
            self.repeats += 1
            return None
        self.conflicts.append(row)
        return f"duplicate key {self.key} = {name!r} in {row.api!r}, with other values"

    def find(self, call: Call) -> list[Row]:
        """Return the rows that meet all constraints of ``call``, in their order."""
        return [
            row
            for row in self.rows.get(call.name, ())
            if all(satisfies(row.cells, constraint) for constraint in call.constraints)
        ]

    def lines(self) -> Iterable[str]:
        """Yield the rows as :func:`read_kb` reads them."""
        for api in sorted(self.rows):
            for row in self.rows[api]:
                yield json.dumps({"api": api, "cells": dict(row.cells)}, ensure_ascii=False)


def read_kb(path: Path, *, key: str = "name") -> tuple[KnowledgeBase, list[Reject]]:
    """Read rows, one JSON object ``{"api", "cells": {slot: value}}`` a line.

    Returns the rows and the lines that are none or conflict with an earlier one. Raises
    MissingInputError, and FormatError where no line is a row.
    """
    base = KnowledgeBase(key=key)
    rejects = []
    for number, raw, record in json_records(path):
        try:
            if isinstance(record, Reject):
                raise ValueError(record.reason)
            cells = record.get("cells")
            if not isinstance(cells, dict):
                raise ValueError("no 'cells'")
            reason = base.add(Row(text_value(record, "api"), cells))
            if reason is not None:
                raise ValueError(reason)
        except ValueError as error:
            rejects.append(Reject(str(path), number, None, str(error), raw))
    if not base.rows:
        raise FormatError(
            f"no row of a knowledge base: {rejects[0].reason if rejects else 'nothing in it'}",
            where=str(path),
            remedy='each line is {"api": "restaurant", "cells": {"name": "…", "food": "…"}}',
        )
    return base, rejects
