"""Tables fit the terminal, and their words and numbers stay whole."""

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from labelproj.cli.fit import fit

SCORES = ("trained on", "F1", "95% interval", "precision", "recall", "JGA", "API", "acts", "BLEU")
SYSTEMS = [
    ["projected", "78.63", "76.6 to 80.8", "84.17", "73.78", "39.58", "68.23", "34.90", "43.28"],
    ["zero-shot", "16.24", "14.6 to 17.9", "17.80", "15.12", "0.00", "33.85", "24.48", "12.28"],
]


def drawn(columns: list[str] | tuple[str, ...], rows: list[list[str]], width: int) -> list[str]:
    """Return the lines of a table on a terminal of ``width`` columns."""
    out = StringIO()
    Console(file=out, width=width).print(fit(columns, rows, width=width))
    return out.getvalue().splitlines()


def test_a_wide_table_loses_its_boxes_then_turns_then_becomes_a_list() -> None:
    boxed, bare, turned, listed = (drawn(SCORES, SYSTEMS, w) for w in (100, 80, 60, 32))
    assert boxed[0].startswith("┏") and "zero-shot" in boxed[4]
    assert bare[0].split() == " ".join(SCORES).split()
    assert turned[1].split() == ["┃", "trained", "on", "┃", "projected", "┃", "zero-shot", "┃"]
    assert [line.split()[1:2] for line in listed[1:4]] == [["trained"], ["F1"], ["95%"]]
    for lines, width in ((boxed, 100), (bare, 80), (turned, 60), (listed, 32)):
        assert max(map(len, lines)) <= width
        text = "\n".join(lines)
        assert all(cell in text for row in SYSTEMS for cell in row)
        assert all(word in text for head in SCORES for word in head.split())


def test_only_long_cells_are_broken() -> None:
    path = "/a/" + "x" * 90
    lines = drawn(["file", "what", "count"], [[path, "-3.5", "1,234"], ["b", "", "7"]], 60)
    assert max(map(len, lines)) <= 60
    assert any("│ -3.5 │ 1,234 │" in line for line in lines)
    assert any("│      │     7 │" in line for line in lines)


@given(
    st.lists(
        st.lists(st.text(alphabet="ab 1-[]日", max_size=30), min_size=3, max_size=3), max_size=4
    ),
    st.integers(min_value=25, max_value=120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[list[str]], width: int) -> None:
    out = StringIO()
    console = Console(file=out, width=width)
    console.print(fit(["", "number", "what it is"], rows, width=width), soft_wrap=False)
    assert all(cell_len(line) <= width for line in out.getvalue().splitlines())
