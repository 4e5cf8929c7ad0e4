"""Word aligners behind one protocol, batched.

``eflomal`` (default) learns from the job's own bitext; ``systran`` does too and needs no
compiler; ``embedding`` uses an encoder's hidden states, ``attention`` a translation model's
cross-attention; ``simalign`` is the published package.
"""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from labelproj.align.base import AlignedPair, Aligner, Corpus, Link, TokenPair, pharaoh
from labelproj.align.by_sentence import BySentence, by_sentence
from labelproj.align.tokens import link_pair, link_words, token_pair
from labelproj.config import AlignParams
from labelproj.errors import MissingInputError, UsageError
from labelproj.formats.bitext import read_bitext
from labelproj.progress import log
from labelproj.sections import ALIGNERS, ALIGNERS_WITH_MODEL

__all__ = [
    "ALIGNERS",
    "PRIORS",
    "AlignedPair",
    "Aligner",
    "Corpus",
    "Link",
    "TokenPair",
    "bitext_corpus",
    "check_aligner",
    "link_pair",
    "link_words",
    "open_aligner",
    "pharaoh",
    "priors_of",
    "token_pair",
]

#: How names of files of eflomal's priors end.
PRIORS = ".npz"


def check_aligner(params: AlignParams) -> str:
    """Return the name of the aligner that will be used; see :func:`open_aligner`.

    Loads nothing. Raises UsageError for an unknown name, a missing model or missing bitext.
    """
    if params.name not in ALIGNERS:
        raise UsageError(f"no aligner {params.name!r}", remedy=f"one of {', '.join(ALIGNERS)}")
    for path in params.extra_bitext:
        if not Path(path).is_file():
            raise MissingInputError("no such file", where=path, remedy="check --extra-bitext")
    priors_of(params.extra_bitext)
    if params.name in ALIGNERS_WITH_MODEL and params.model is None:
        raise UsageError(
            f"the aligner {params.name!r} needs a model",
            remedy="--aligner-model with a Hub id or folder of an encoder or MT model",
        )
    if params.name == "eflomal" and importlib.util.find_spec("eflomal") is None:
        return "systran"
    return params.name


def priors_of(paths: Sequence[str]) -> Path | None:
    """Return the file of priors among files of extra bitext, where that is what was given.

    Raises UsageError for such a file and more: what two taught cannot be put together.
    """
    priors = [Path(path) for path in paths if Path(path).suffix == PRIORS]
    if priors and len(paths) > 1:
        raise UsageError(
            "priors go with no other bitext",
            where=str(priors[0]),
            remedy="learn from all of it together: labelproj learn-priors",
        )
    return priors[0] if priors else None


def open_aligner(
    params: AlignParams, *, work: Path, src_lang: str, tgt_lang: str, device: str = "auto"
) -> Aligner:
    """Open the aligner that ``params`` name; long texts are aligned sentence by sentence.

    Where eflomal is not installed, ``systran`` takes its place with a warning. Raises
    UsageError for an unknown name or a missing model, DependencyError for a missing package.
    """
    return BySentence(_open(params, work=work, src_lang=src_lang, tgt_lang=tgt_lang, device=device))


def _open(params: AlignParams, *, work: Path, src_lang: str, tgt_lang: str, device: str) -> Aligner:
    name = check_aligner(params)
    if name != params.name:
        log.warning(
            "eflomal is not installed (it needs a C compiler); the weaker aligner 'systran' is "
            "used. See `labelproj doctor`."
        )
    if name not in ALIGNERS_WITH_MODEL:
        priors = priors_of(params.extra_bitext)
        extra = bitext_corpus(() if priors else params.extra_bitext)
        if name == "systran":
            from labelproj.align.systran import SystranAligner

            if priors:
                log.warning("systran cannot use priors (%s): it learns from the job alone", priors)
            return SystranAligner(extra=extra)
        from labelproj.align.eflomal import EflomalAligner

        return EflomalAligner(work=work, seed=params.seed, extra=extra, priors=priors)
    assert params.model is not None
    if name == "simalign":
        from labelproj.align.simalign import SimAlignAligner

        return SimAlignAligner(model=params.model, layer=params.layer, matching=params.matching)
    if name == "attention":
        from labelproj.align.attention import AttentionAligner

        if not src_lang or not tgt_lang:
            raise UsageError(
                "the aligner 'attention' must know both languages", remedy="--src and --tgt"
            )
        return AttentionAligner(
            model=params.model,
            layer=params.layer,
            src_lang=src_lang,
            tgt_lang=tgt_lang,
            device=device,
        )
    from labelproj.align.embedding import EmbeddingAligner

    return EmbeddingAligner(
        model=params.model,
        layer=params.layer,
        matching=params.matching,
        src_lang=src_lang,
        tgt_lang=tgt_lang,
        device=device,
        backend=params.backend,
        compute_type=params.compute_type,
    )


def bitext_corpus(paths: Iterable[str | Path]) -> Corpus:
    """Return the pairs of TSV files of bitext, as an aligner reads them: long ones by sentences.

    Reading raises MissingInputError and FormatError.
    """

    def pairs() -> Iterator[TokenPair]:
        for path in paths:
            for pair in read_bitext(Path(path)):
                yield link_pair(*pair)

    return by_sentence(pairs)
