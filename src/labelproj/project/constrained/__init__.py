"""Projection by constrained decoding: the marker positions that the MT model finds most probable.

CODEC (Le et al., ICLR 2024) gives the objective; here all spans of a batch are searched together.
"""

from labelproj.project.constrained.open import open_constrained
from labelproj.project.constrained.proposer import ConstrainedProposer

__all__ = ["ConstrainedProposer", "open_constrained"]
