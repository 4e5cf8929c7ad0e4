"""From accepted units to documents, and from documents to a dataset folder with a card."""

from labelproj.build.documents import Reassembled, reassemble, target_documents

__all__ = ["Reassembled", "reassemble", "target_documents"]
