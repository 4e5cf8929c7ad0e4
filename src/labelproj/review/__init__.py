"""People in the loop: units go out to an annotation tool and come back as corrections.

A member of this room is a :class:`~labelproj.review.base.Tool` in a file of its own.
"""

from labelproj.errors import UsageError
from labelproj.review.argilla import Argilla
from labelproj.review.base import Tool
from labelproj.review.brat import BratReview
from labelproj.review.label_studio import LabelStudio
from labelproj.review.prodigy import Prodigy

__all__ = ["TOOLS", "Tool", "tool_named"]

TOOLS: dict[str, type[Tool]] = {
    kind.name: kind for kind in (LabelStudio, Prodigy, Argilla, BratReview)
}


def tool_named(name: str) -> Tool:
    """Return the tool called ``name``. Raises UsageError for one that there is not."""
    if name not in TOOLS:
        raise UsageError(f"no tool {name!r}", remedy=f"choose from {', '.join(TOOLS)}")
    return TOOLS[name]()
