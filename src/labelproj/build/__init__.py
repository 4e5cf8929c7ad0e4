"""From accepted units to documents, and from documents to a dataset folder with a card."""

from labelproj.build.documents import (
    LostSpan,
    Reassembled,
    SegmentUnits,
    reassemble,
    target_documents,
)

__all__ = ["LostSpan", "Reassembled", "SegmentUnits", "reassemble", "target_documents"]
