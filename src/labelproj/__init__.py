"""labelproj: label projection from one language to another."""

from labelproj._version import __version__
from labelproj.config import Config, load_config
from labelproj.errors import LabelprojError
from labelproj.records import (
    Candidate,
    Document,
    Projection,
    Reject,
    Segment,
    Span,
    Translation,
    Unit,
)

__all__ = [
    "Candidate",
    "Config",
    "Document",
    "LabelprojError",
    "Projection",
    "Reject",
    "Segment",
    "Span",
    "Translation",
    "Unit",
    "__version__",
    "load_config",
]
