"""Pairs of texts with their spans, from any of the files that labelproj reads or writes."""

from labelproj.show.pairs import Pair, Side, read_pairs

__all__ = ["Pair", "Side", "read_pairs"]
