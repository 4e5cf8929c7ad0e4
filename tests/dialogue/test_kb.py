"""The knowledge base in memory: constraints, duplicate keys, bad lines."""

from pathlib import Path

import pytest

from labelproj.dialogue.kb import KnowledgeBase, read_kb, satisfies
from labelproj.dialogue.schema import Call, Constraint, Row
from labelproj.errors import FormatError

INN = {"name": "Dala Inn", "stars": 4, "with": ["pool", "garden"], "price": "1,5"}


@pytest.mark.parametrize(
    ("slot", "relation", "values", "met"),
    [
        ("name", "equal_to", ("dala inn",), True),
        ("name", "equal_to", ("Masar Inn",), False),
        ("name", "not", ("Masar Inn",), True),
        ("stars", "at_least", ("4",), True),
        ("stars", "less_than", ("4",), False),
        ("price", "less_than", ("2",), True),
        ("name", "at_least", ("4",), False),
        ("with", "one_of", ("sea", "pool"), True),
        ("stars", "equal_to", ("dontcare",), True),
        ("city", "equal_to", ("Kano",), False),
    ],
)
def test_relations(slot: str, relation: str, values: tuple[str, ...], met: bool) -> None:
    assert satisfies(INN, Constraint("", slot, relation, values)) is met


def test_duplicate_keys_are_told_from_repeats() -> None:
    base = KnowledgeBase()
    assert base.add(Row("hotel", INN)) is None
    assert base.add(Row("hotel", dict(INN))) is None
    assert "duplicate key name" in str(base.add(Row("hotel", INN | {"stars": 2})))
    assert base.add(Row("hotel", {"stars": 1})) is None
    assert (base.repeats, len(base.conflicts)) == (1, 1)
    found = base.find(Call("hotel", (Constraint("", "stars", "at_least", ("2",)),)))
    assert [row.cells["name"] for row in found] == ["Dala Inn"]


def test_bad_rows_are_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    base = KnowledgeBase()
    base.add(Row("hotel", INN))
    path = tmp_path / "kb.jsonl"
    lines = [*base.lines(), '{"api": "hotel", "cells": {"name": "Dala Inn"}}', '{"api": "x"}', "x"]
    path.write_text("\n".join(lines), encoding="utf-8")
    again, rejects = read_kb(path)
    assert again.rows == base.rows
    assert [one.line for one in rejects] == [2, 3, 4]
    path.write_text('{"api": "x"}', encoding="utf-8")
    with pytest.raises(FormatError, match="no 'cells'"):
        read_kb(path)
