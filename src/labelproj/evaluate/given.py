"""Links that are given with gold pairs, as proposers: ``record:awesome``, ``pharaoh:FILE``."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from labelproj.align import TokenPair
from labelproj.align.record import GivenAligner, read_pharaoh
from labelproj.errors import InputError
from labelproj.formats.parallel import GoldPair
from labelproj.project.alignment import AlignmentProposer, own_words
from labelproj.project.pair_evidence import Offsets
from labelproj.project.propose import Tuning

__all__ = ["given_proposers"]

RECORD, PHARAOH = "record:", "pharaoh:"


def given_proposers(
    gold: Sequence[GoldPair], names: Sequence[str], *, path: Path
) -> dict[str, AlignmentProposer]:
    """Return a proposer for each of ``names`` that says where its links come from.

    Their tokens are those of the records. ``path`` is the gold file, for messages. Raises
    InputError when the records have no such alignments, and what reading a file raises.
    """
    wanted = [name for name in names if name.startswith((RECORD, PHARAOH))]
    if not wanted:
        return {}
    known = {(pair.src_text, pair.tgt_text): _offsets(pair) for pair in gold}

    def tokenise(src_text: str, tgt_text: str) -> tuple[Offsets, Offsets]:
        return known.get((src_text, tgt_text)) or own_words(src_text, tgt_text)

    # Links without probabilities: a word with none does not say that its mass is elsewhere, and
    # those without on both sides may be each other's; it has been left out, so habits do not count.
    return {
        name: AlignmentProposer(
            _aligner(gold, name, path),
            tuning=replace(Tuning.for_aligner(name), missing=0.0, leftover=0.5, habit=0.0),
            tokenise=tokenise,
        )
        for name in wanted
    }


def _offsets(pair: GoldPair) -> tuple[Offsets, Offsets]:
    own = own_words(pair.src_text, pair.tgt_text)
    return pair.src_tokens or own[0], pair.tgt_tokens or own[1]


def _aligner(gold: Sequence[GoldPair], name: str, path: Path) -> GivenAligner:
    pairs = []
    for pair in gold:
        src, tgt = _offsets(pair)
        pairs.append(
            TokenPair(
                tuple(pair.src_text[start:end] for start, end in src),
                tuple(pair.tgt_text[start:end] for start, end in tgt),
            )
        )
    if name.startswith(PHARAOH):
        file = Path(name.removeprefix(PHARAOH))
        places = {tokens: f"{file}:{line}" for line, tokens in enumerate(pairs, start=1)}
        return GivenAligner(name, read_pharaoh(file, pairs), places=places)
    key = name.removeprefix(RECORD)
    known = {aligner for pair in gold for aligner in pair.alignments}
    if key not in known:
        raise InputError(
            f"the records have no alignments named {key!r}",
            where=str(path),
            remedy=f"there are {', '.join(sorted(known)) or 'none'}",
        )
    links = {
        tokens: pair.alignments[key]
        for tokens, pair in zip(pairs, gold, strict=True)
        if key in pair.alignments
    }
    places = {tokens: f"{path}: record {pair.id}" for tokens, pair in zip(pairs, gold, strict=True)}
    return GivenAligner(name, links, places=places)
