"""What people see on stderr."""

import pytest

from labelproj.progress import LOG_WIDTH, _console


def test_a_log_has_room_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert _console().width == LOG_WIDTH
    monkeypatch.setenv("COLUMNS", "60")
    assert _console().width == 60
