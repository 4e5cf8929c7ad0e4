"""Big JSON read item by item gives what reading it whole gives, wherever its pieces end."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelproj.formats import json_stream as module
from labelproj.formats.json_stream import json_items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.lists(VALUES, max_size=5) | st.dictionaries(st.text(max_size=4), VALUES),
    piece=st.integers(1, 7),
    indent=st.sampled_from([None, 1]),
)
def test_items_are_those_of_the_whole(
    value: object, piece: int, indent: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PIECE", piece)
    path = tmp_path / "in.json"
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=False), encoding="utf-8")
    found = list(json_items(path))
    if isinstance(value, dict):
        assert dict(found) == value
    else:
        assert [item for _, item in found] == value
