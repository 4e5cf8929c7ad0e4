"""Scores as tables that a paper could use."""

from typing import Any

from labelproj.evaluate.result_tables import as_latex, as_markdown, result_tables

ONE: dict[str, Any] = {
    "f1": 71.26,
    "f1_low": 68.0,
    "f1_high": 74.04,
    "precision": 70.0,
    "recall": 72.55,
    "overlap_f1": 80.0,
    "spans": 120,
}
CLASSES = {"correct": 80, "incorrect": 9, "partial": 0, "missing": 31, "spurious": 2.5}
SYSTEMS = {
    "projected": ONE
    | {
        "f1_sd": 0.5,
        "seeds": {"1": 71.0, "2": 71.52},
        "per_label": {"A_B": ONE | {"f1_sd": 1.0}},
        "per_length": {"1": ONE},
        "per_text_length": {"1-10": ONE, "41+": ONE},
        "error_types": dict.fromkeys(("strict", "exact", "partial", "type"), CLASSES),
    },
    "zero-shot": ONE | {"per_label": {}},
}
DIFFERENCES = {
    "projected - zero-shot": {
        "f1": 3.14,
        "f1_low": 1.0,
        "f1_high": 5.0,
        "p": 0.0004,
        "p_holm": 0.0123,
    }
}


def test_markdown() -> None:
    tables = result_tables(SYSTEMS, DIFFERENCES, title="ner en-ha")
    assert [len(table.rows) for table in tables] == [2, 1, 1, 1, 2, 4]
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    text = as_markdown(tables)
    assert "| projected | 71.3 ± 0.5 | 68.0 to 74.0 | 70.0 | 72.5 | 80.0 | 2 |" in text
    assert "| projected – zero-shot | 3.1 | 1.0 to 5.0 | <0.001 | 0.012 |" in text
    assert "| A_B | 120 | 71.3 ± 1.0 |  |" in text
    assert "by length of the text in words**" in text
    assert "| 41+ | 120 | 71.3 |  |" in text
    assert "| projected, strict | 80 | 9 | 0 | 31 | 2.5 |" in text


def test_latex_is_escaped() -> None:
    text = as_latex(result_tables(SYSTEMS, DIFFERENCES, title="ner en-ha, 100%"))
    assert r"A\_B & 120 & 71.3 $\pm$ 1.0 &  \\" in text
    assert r"\caption{ner en-ha, 100\%: F1 by label}" in text
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 6
    assert r"projected -- zero-shot & 3.1 & 1.0 to 5.0 & $<$0.001 & 0.012 \\" in text


def test_what_was_not_measured_is_left_out() -> None:
    old = {"gold": {key: ONE[key] for key in ("f1", "f1_low", "f1_high")}}
    (table,) = result_tables(old, {}, title="t")
    assert table.rows == (("gold", "71.3", "68.0 to 74.0", "", "", "", "1"),)
