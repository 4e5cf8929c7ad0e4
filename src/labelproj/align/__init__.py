"""Word aligners behind one protocol, batched.

``eflomal`` (default) learns from the job's own bitext; ``systran`` does too and needs no
compiler; ``embedding`` uses an encoder's hidden states; ``simalign`` is the published package.
"""

import importlib.util
from pathlib import Path

from labelproj.align.base import AlignedPair, Aligner, Corpus, Link, TokenPair, pharaoh
from labelproj.config import AlignParams
from labelproj.errors import UsageError
from labelproj.formats.bitext import read_bitext
from labelproj.progress import log
from labelproj.text import words

__all__ = [
    "ALIGNERS",
    "AlignedPair",
    "Aligner",
    "Corpus",
    "Link",
    "TokenPair",
    "open_aligner",
    "pharaoh",
    "token_pair",
]

ALIGNERS = ("eflomal", "systran", "embedding", "simalign")


def token_pair(src: str, tgt: str) -> TokenPair:
    """Return the words of two texts."""
    return TokenPair(
        tuple(src[start:end] for start, end in words(src)),
        tuple(tgt[start:end] for start, end in words(tgt)),
    )


def open_aligner(
    params: AlignParams, *, work: Path, src_lang: str, tgt_lang: str, device: str = "auto"
) -> Aligner:
    """Open the aligner that ``params`` name.

    Where eflomal is not installed, ``systran`` takes its place with a warning. Raises
    UsageError for an unknown name or a missing model, DependencyError for a missing package.
    """
    name = params.name
    if name == "eflomal" and importlib.util.find_spec("eflomal") is None:
        log.warning(
            "eflomal is not installed (it needs a C compiler); the weaker aligner 'systran' is "
            "used. See `labelproj doctor`."
        )
        name = "systran"
    if name in {"eflomal", "systran"}:
        extra = _extra(params.extra_bitext)
        if name == "systran":
            from labelproj.align.systran import SystranAligner

            return SystranAligner(extra=extra)
        from labelproj.align.eflomal import EflomalAligner

        return EflomalAligner(work=work, seed=params.seed, extra=extra)
    if name not in ALIGNERS:
        raise UsageError(f"no aligner {name!r}", remedy=f"one of {', '.join(ALIGNERS)}")
    if params.model is None:
        raise UsageError(
            f"the aligner {name!r} needs a model",
            remedy="--aligner-model with a Hub id or folder of an encoder or MT model",
        )
    if name == "simalign":
        from labelproj.align.simalign import SimAlignAligner

        return SimAlignAligner(model=params.model, layer=params.layer, matching=params.matching)
    from labelproj.align.embedding import EmbeddingAligner

    return EmbeddingAligner(
        model=params.model,
        layer=params.layer,
        matching=params.matching,
        src_lang=src_lang,
        tgt_lang=tgt_lang,
        device=device,
    )


def _extra(paths: tuple[str, ...]) -> Corpus:
    def pairs() -> list[TokenPair]:
        return [token_pair(*pair) for path in paths for pair in read_bitext(Path(path))]

    return pairs
