"""A picture of what scores mean: the mean score of a bin against the share of it that is right."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import regex

from labelproj import tables
from labelproj.errors import StorageError

__all__ = ["calibration_svg", "write_calibration_plot"]

#: The plot's inner width and height, the height of the counts below, and the room around them.
SIDE, COUNTS, LEFT, TOP, GAP = 320, 70, 52, 52, 18
_TEMPLATES = Path(__file__).parent / "templates"
_NO_NAME = regex.compile(r"[^\p{L}\p{N}._+-]+")


def calibration_svg(bins: Sequence[Mapping[str, float]], *, title: str, subtitle: str) -> str:
    """Return an SVG of bins (``score``, ``right``, ``number``) that needs nothing else.

    A point on the diagonal means what it says; its area goes with the number of spans, which
    stand in the bars below. The grey lines are 95 % intervals (Wilson 1927).
    """
    most = max((int(part["number"]) for part in bins), default=1)
    points = []
    for part in bins:
        low, high = _interval(part["right"], int(part["number"]))
        points.append(
            {
                "x": _round(LEFT + part["score"] * SIDE),
                "y": _round(TOP + (1 - part["right"]) * SIDE),
                "low": _round(TOP + (1 - low) * SIDE),
                "high": _round(TOP + (1 - high) * SIDE),
                "radius": _round(3 + 6 * (part["number"] / most) ** 0.5),
                "height": _round(COUNTS * part["number"] / most),
                "score": part["score"],
                "right": part["right"],
                "number": int(part["number"]),
            }
        )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("calibration.svg.j2").render(
        title=title,
        subtitle=subtitle,
        points=points,
        side=SIDE,
        counts=COUNTS,
        left=LEFT,
        top=TOP,
        gap=GAP,
    )


def write_calibration_plot(result: Mapping[str, Any], folder: Path) -> Path:
    """Write the picture of one result of ``bench_projection`` into ``folder``; return its path.

    Raises StorageError when ``folder`` cannot be written to.
    """
    title = f"{result['set']} {result['name']}"
    if result["part"] != "all":
        title += f" ({result['part']} records)"
    path = folder / f"{_NO_NAME.sub('-', title + ' ' + result['method'])[:150].strip('-')}.svg"
    try:
        with tables.atomic_path(path) as temporary:
            temporary.write_text(
                calibration_svg(result["calibration"], title=title, subtitle=result["method"]),
                encoding="utf-8",
            )
    except OSError as error:
        raise StorageError(
            f"no picture can be written: {error}",
            where=str(folder),
            remedy="give --plot a folder that can be written to",
        ) from error
    return path


def _interval(share: float, number: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson interval of a share that was seen among ``number``."""
    spread = z * (share * (1 - share) / number + z * z / (4 * number * number)) ** 0.5
    middle, scale = share + z * z / (2 * number), 1 + z * z / number
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _round(value: float) -> float:
    return round(value, 1)
