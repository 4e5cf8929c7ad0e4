"""fast_align's model (Dyer et al. 2013) as shipped in the wheels of systran-align.

It needs no compiler and no model, and is weaker than eflomal: the fallback. Like eflomal it is
run several times: over words cut to their first three and four letters, and with and without the
preference for the diagonal, which is wrong where the orders of the languages differ and texts are
short. A link's probability is the weighed share of the runs that have it, and the whole corpus
has its say (see :mod:`labelproj.align.lexicon`).

Each run learns in a process of its own, on one thread: threads add up counts in an order that
differs from time to time, and so do the links.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.casing import UNLIKE
from labelproj.align.lexicon import Lexicon, extra_step
from labelproj.align.pair_files import read_pairs, write_pairs
from labelproj.align.stems import stem
from labelproj.errors import LabelprojError
from labelproj.provenance import file_digest

__all__ = ["SystranAligner"]


class Model(NamedTuple):
    """A model over words of so many letters, that prefers the diagonal or knows no order."""

    letters: int
    diagonal: bool


RUNS = (Model(3, True), Model(4, True), Model(3, False), Model(4, False))
#: Times that the corpus is gone through, and for few pairs, which converge more slowly.
ITERATIONS, ITERATIONS_FOR_FEW, FEW = 5, 10, 10_000
#: What a run's process does.
LEARN = (
    "import json, sys, systran_align; "
    "systran_align.generate_alignment_probabilities(**json.loads(sys.argv[1]))"
)
#: In a translation of so many words or fewer the diagonal has the share 1 - ORDER; the models
#: without order fade in longer ones. Chosen on half of ABSA en-es and on xSID valid.
SHORT, ORDER = 15, 0.8


class SystranAligner:
    """Aligns with a reparametrised IBM model 2 in both directions, intersected and grown."""

    name = "systran"

    def __init__(self, *, extra: Corpus | None = None):
        self._extra: Corpus = extra or (lambda: ())
        self._models: list[Any] = []
        self._lexicon = Lexicon()
        self._learnt = ""

    def params(self) -> dict[str, object]:
        """Return what shapes the links: settings and, once fitted, the corpus learnt from."""
        return {
            "name": self.name,
            "models": [list(model) for model in RUNS],
            "iterations": [ITERATIONS, ITERATIONS_FOR_FEW, FEW],
            "short": [SHORT, ORDER],
            "unlike": UNLIKE,
            "corpus": self._learnt,
        }

    def fit(self, corpus: Corpus) -> None:
        """Learn the translation probabilities of the corpus, and which words go together.

        Of other bitext as many pairs are learnt from as the corpus has
        (:func:`labelproj.align.lexicon.extra_step`): more outweigh it, and take their time.
        """
        with tempfile.TemporaryDirectory(prefix="labelproj-systran-") as name:
            folder = Path(name)
            own, extra = folder / "own", folder / "extra"
            step = extra_step(
                write_pairs(corpus(), own).pairs, write_pairs(self._extra(), extra).pairs
            )

            def pairs() -> Iterator[TokenPair]:
                yield from read_pairs(own)
                yield from islice(read_pairs(extra), 0, None, step)

            for letters in {model.letters for model in RUNS}:
                number = _write_text(pairs(), folder / f"text{letters}", letters)
            self._learnt = file_digest(folder / f"text{RUNS[-1].letters}")
            self._models = _models(folder, number)
            self._lexicon = Lexicon()
            for pair in pairs():
                if pair.src and pair.tgt:
                    self._lexicon.add(pair, self._votes(pair))

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair; fits on the pairs themselves when nothing was fitted."""
        if not self._models:
            self.fit(lambda: pairs)
        return [
            AlignedPair(self._links(pair)) if pair.src and pair.tgt else AlignedPair((), "empty")
            for pair in pairs
        ]

    def _votes(self, pair: TokenPair) -> dict[tuple[int, int], float]:
        """Return the weighed share of the models that have each link."""
        fading = min(1.0, SHORT / len(pair.tgt))
        weights = [1 - ORDER * fading if model.diagonal else fading for model in RUNS]
        votes: dict[tuple[int, int], float] = {}
        for aligner, model, weight in zip(self._models, RUNS, weights, strict=True):
            src, tgt = (_words(side, model.letters) for side in pair)
            for i, j in aligner.align(src, tgt)["alignments"]:
                link = int(i), int(j)
                votes[link] = votes.get(link, 0.0) + weight / sum(weights)
        return votes

    def _links(self, pair: TokenPair) -> tuple[Link, ...]:
        return self._lexicon.weigh(pair, self._votes(pair))


def _models(folder: Path, number: int) -> list[Any]:
    """Return the models of all runs, learnt from the texts in ``folder`` with ``number`` pairs."""
    import systran_align

    iterations = ITERATIONS_FOR_FEW if number <= FEW else ITERATIONS
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        files = list(pool.map(lambda model: _learn(folder, model, iterations), RUNS))
    return [systran_align.Aligner(*(str(path) for path in both)) for both in files]


def _learn(folder: Path, model: Model, iterations: int) -> tuple[Path, Path]:
    """Learn one run's probabilities; return the files of both directions."""
    name = f"{model.letters}{'d' if model.diagonal else ''}"
    forward, backward = folder / f"forward{name}", folder / f"backward{name}"
    settings = {
        "input_path": str(folder / f"text{model.letters}"),
        "forward_probs_path": str(forward),
        "backward_probs_path": str(backward),
        "iterations": iterations,
        "favor_diagonal": model.diagonal,
        "variational_bayes": True,
        "optimize_tension": model.diagonal,
    }
    done = subprocess.run(
        [sys.executable, "-c", LEARN, json.dumps(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
    )
    if done.returncode:
        raise LabelprojError(
            f"systran stopped with status {done.returncode}: "
            f"{done.stderr.decode(errors='replace').strip()[-300:]}",
            remedy="use the aligner 'eflomal'",
        )
    return forward, backward


def _write_text(pairs: Iterable[TokenPair], path: Path, letters: int) -> int:
    """Write the pairs that have words on both sides, as stems; return how many there are."""
    number = 0
    with path.open("w", encoding="utf-8") as stream:
        for pair in pairs:
            if pair.src and pair.tgt:
                stream.write(" ||| ".join(" ".join(_words(side, letters)) for side in pair) + "\n")
                number += 1
    return number


def _words(tokens: Sequence[str], letters: int) -> list[str]:
    """Return words that the library can read: it crashes on NUL, and ``|||`` is its own."""
    plain = (stem(word.lower(), letters).replace("\0", "\ufffd") for word in tokens)
    clean = (word.replace("|||", "\ufffd") for word in plain)
    return [word.encode("utf-8", "replace").decode("utf-8") for word in clean]
