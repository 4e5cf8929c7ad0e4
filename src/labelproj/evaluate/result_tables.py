"""The scores of ``metrics.json`` as tables for a paper, in Markdown or LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelproj.build.markdown import table_text
from labelproj.evaluate.error_types import CLASSES, SCHEMES

__all__ = ["ResultTable", "as_latex", "as_markdown", "result_tables"]

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "±": r"$\pm$",
        "<": "$<$",
        "–": "--",
    }
)


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table of text: the first column names the row, the others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def result_tables(
    systems: Mapping[str, Mapping[str, Any]],
    differences: Mapping[str, Mapping[str, float]],
    *,
    title: str,
) -> list[ResultTable]:
    """Return the tables of the ``systems`` and ``differences`` of ``metrics.json``.

    All systems; the differences between them; F1 by label, by length of the span and of the
    text; error types. ``title`` says of what data they are. A part that ``metrics.json`` lacks
    is left out.
    """
    tables = [
        ResultTable(
            f"{title}: exact span F1",
            ("trained on", "F1", "interval", "precision", "recall", "overlap F1", "runs"),
            tuple(
                (
                    name,
                    _with_sd(one),
                    _interval(one),
                    _fixed(one.get("precision")),
                    _fixed(one.get("recall")),
                    _fixed(one.get("overlap_f1")),
                    str(len(one.get("seeds", ())) or 1),
                )
                for name, one in systems.items()
            ),
        ),
        ResultTable(
            f"{title}: differences in F1",
            ("systems", "difference", "interval", "p", "p (Holm)"),
            tuple(
                (
                    name.replace(" - ", " – "),
                    _fixed(one["f1"]),
                    _interval(one),
                    _p(one.get("p")),
                    _p(one.get("p_holm")),
                )
                for name, one in differences.items()
            ),
        ),
        _by_part(f"{title}: F1 by label", "label", "per_label", systems),
        _by_part(f"{title}: F1 by length of the span in words", "words", "per_length", systems),
        _by_part(
            f"{title}: F1 by length of the text in words", "words", "per_text_length", systems
        ),
        ResultTable(
            f"{title}: error types",
            ("trained on, scheme", *CLASSES),
            tuple(
                (f"{name}, {scheme}", *(f"{one['error_types'][scheme][c]:g}" for c in CLASSES))
                for name, one in systems.items()
                if "error_types" in one
                for scheme in SCHEMES
            ),
        ),
    ]
    return [table for table in tables if table.rows]


def _by_part(
    title: str, column: str, key: str, systems: Mapping[str, Mapping[str, Any]]
) -> ResultTable:
    """Return the F1 of every system (columns) on each part (rows), with its gold spans."""
    parts = sorted({name for one in systems.values() for name in one.get(key, ())})
    rows = []
    for part in parts:
        own = [one.get(key, {}).get(part) for one in systems.values()]
        spans = max(one["spans"] for one in own if one)
        rows.append((part, f"{spans}", *(_with_sd(one) if one else "" for one in own)))
    return ResultTable(title, (column, "gold spans", *systems), tuple(rows))


def _fixed(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value >= 0.001 else "<0.001"


def _with_sd(one: Mapping[str, Any]) -> str:
    return f"{one['f1']:.1f}" + (f" ± {one['f1_sd']:.1f}" if "f1_sd" in one else "")


def _interval(one: Mapping[str, Any]) -> str:
    return f"{one['f1_low']:.1f} to {one['f1_high']:.1f}" if "f1_low" in one else ""


def as_markdown(tables: Sequence[ResultTable]) -> str:
    """Return tables as Markdown, their titles in bold above them."""
    return "\n\n".join(
        f"**{table.title}**\n\n{table_text(table.columns, table.rows)}" for table in tables
    )


def as_latex(tables: Sequence[ResultTable]) -> str:
    """Return tables as LaTeX, each a ``table`` with the rules of the package ``booktabs``."""
    parts = []
    for table in tables:
        lines = [" & ".join(cell.translate(_LATEX) for cell in row) for row in table.rows]
        head = " & ".join(column.translate(_LATEX) for column in table.columns)
        parts.append(
            "\n".join(
                [
                    r"\begin{table}",
                    r"\centering",
                    rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
                    r"\toprule",
                    head + r" \\",
                    r"\midrule",
                    *(line + r" \\" for line in lines),
                    r"\bottomrule",
                    r"\end{tabular}",
                    rf"\caption{{{table.title.translate(_LATEX)}}}",
                    r"\end{table}",
                ]
            )
        )
    return "\n\n".join(parts)
