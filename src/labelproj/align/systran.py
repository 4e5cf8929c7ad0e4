"""fast_align's model (Dyer et al. 2013) as shipped in the wheels of systran-align.

It needs no compiler and no model, and is weaker than eflomal: the fallback.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.provenance import file_digest

__all__ = ["SystranAligner"]


class SystranAligner:
    """Aligns with a reparametrised IBM model 2 in both directions, intersected and grown."""

    name = "systran"

    def __init__(self, *, extra: Corpus | None = None):
        self._extra: Corpus = extra or (lambda: ())
        self._aligner: object = None
        self._learnt = ""

    def params(self) -> dict[str, object]:
        """Return what shapes the links: settings and, once fitted, the corpus learnt from."""
        return {"name": self.name, "iterations": 5, "corpus": self._learnt}

    def fit(self, corpus: Corpus) -> None:
        """Learn the translation probabilities of the corpus."""
        import systran_align

        with tempfile.TemporaryDirectory(prefix="labelproj-systran-") as name:
            bitext, forward, backward = (str(Path(name) / part) for part in ("text", "f", "b"))
            with Path(bitext).open("w", encoding="utf-8") as stream:
                for pairs in (corpus(), self._extra()):
                    for pair in pairs:
                        if pair.src and pair.tgt:
                            stream.write(f"{_line(pair.src)} ||| {_line(pair.tgt)}\n")
            self._learnt = file_digest(Path(bitext))
            systran_align.generate_alignment_probabilities(
                bitext,
                forward,
                backward,
                favor_diagonal=True,
                variational_bayes=True,
                optimize_tension=True,
            )
            self._aligner = systran_align.Aligner(forward, backward)

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair; fits on the pairs themselves when nothing was fitted."""
        if self._aligner is None:
            self.fit(lambda: pairs)
        results = []
        for pair in pairs:
            if not pair.src or not pair.tgt:
                results.append(AlignedPair((), "empty"))
                continue
            found = self._aligner.align(  # type: ignore[attr-defined]
                [_clean(word) for word in pair.src], [_clean(word) for word in pair.tgt]
            )
            links = tuple(Link(int(i), int(j), 1.0) for i, j in sorted(found["alignments"]))
            results.append(AlignedPair(links))
        return results


def _line(tokens: Sequence[str]) -> str:
    return " ".join(map(_clean, tokens))


def _clean(word: str) -> str:
    """Return a word that the library can read: it crashes on NUL, and ``|||`` is its own."""
    plain = word.lower().replace("\0", "\ufffd").replace("|||", "\ufffd")
    return plain.encode("utf-8", "replace").decode("utf-8")
