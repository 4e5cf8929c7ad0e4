"""Which split a document belongs to."""

from labelproj.provenance import text_digest

__all__ = ["SPLITS", "split_of"]

SPLITS = ("train", "validation")


def split_of(document_id: str, *, validation_share: float, seed: int) -> str:
    """Return ``train`` or ``validation``, the same for the same id, share and seed.

    A hash decides, not the order: a document stays where it is when others come or go, and
    raising the share moves documents from train to validation only.
    """
    place = int(text_digest(str(seed), document_id), 16) / 2**64
    return "validation" if place < validation_share else "train"
