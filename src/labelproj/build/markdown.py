"""Tables in Markdown, as cards have them."""

from collections.abc import Sequence

__all__ = ["table_text"]


def table_text(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; what would break a cell is escaped."""

    def line(cells: Sequence[object]) -> str:
        return (
            "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"
        )

    return "\n".join([line(head), line(["---"] * len(head)), *(line(row) for row in rows)])
