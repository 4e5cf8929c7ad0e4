"""Word alignment by the similarity of an encoder's hidden states (SimAlign, awesome-align)."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from labelproj.align.base import AlignedPair, Corpus, TokenPair
from labelproj.align.encoder import Encoder, Text
from labelproj.align.layers import LayerChoice, choose_layer, default_layer
from labelproj.align.linking import Matcher
from labelproj.align.matching import SOFTMAX_THRESHOLD
from labelproj.align.states import check_layer, read_config
from labelproj.progress import log

__all__ = ["EmbeddingAligner"]

#: Words encoded before their pairs are matched: what bounds the memory.
CHUNK_WORDS = 20_000
#: Chunks under way at once on a GPU: one is cut into subwords or matched while another is computed.
_OVERLAP = 3
#: Pairs that a layer is chosen on, and characters of the longest of them.
SAMPLE = 64
_LONGEST_SAMPLED = 600


class EmbeddingAligner:
    """Aligns with one layer of an encoder and a matching (see :class:`Matcher`).

    ``layer`` None is 8 for a model with at least 8 layers; of a smaller model it is chosen by
    agreement on the corpus given to ``fit`` (or on the first pairs), see
    :func:`labelproj.align.layers.choose_layer`. ``backend`` and ``compute_type`` say what the
    encoder is computed by, see :class:`Encoder`.
    """

    name = "embedding"

    def __init__(
        self,
        *,
        model: str,
        layer: int | None = None,
        matching: str = "itermax",
        level: str = "bpe",
        distortion: float = 0.0,
        threshold: float | None = None,
        src_lang: str | None = None,
        tgt_lang: str | None = None,
        device: str = "auto",
        backend: str = "auto",
        compute_type: str = "float32",
    ):
        layers = read_config(model)[1]
        if layer is not None:
            check_layer(model, layer, layers)
        self._model = model
        self._layer = default_layer(model) if layer is None else layer
        self._threshold = threshold
        self._matcher = Matcher(
            matching, level, distortion, SOFTMAX_THRESHOLD if threshold is None else threshold
        )
        self._languages = src_lang, tgt_lang
        self._device = device
        self._backend = backend
        self._compute_type = compute_type
        self._choice: LayerChoice | None = None
        self._encoder: Encoder | None = None
        if self._layer is not None:
            self._open(self._layer)

    def _open(self, layer: int) -> Encoder:
        self._layer = layer
        self._encoder = Encoder(
            self._model,
            layer=layer,
            device=self._device,
            backend=self._backend,
            compute_type=self._compute_type,
        )
        return self._encoder

    def params(self) -> dict[str, object]:
        """Return what shapes the links; ``layer`` None has not been chosen yet."""
        return {
            "name": self.name,
            "model": self._model,
            "layer": self._layer,
            "chosen": None if self._choice is None else self._choice.as_dict(),
            "matching": self._matcher.matching,
            "level": self._matcher.level,
            "distortion": self._matcher.distortion,
            "threshold": self._matcher.threshold if self._matcher.matching == "softmax" else None,
            "backend": self._encoder.backend if self._encoder else self._backend,
            "compute_type": self._compute_type,
        }

    def fit(self, corpus: Corpus) -> None:
        """Choose a layer on the corpus where none is given or usual; else do nothing."""
        if self._encoder is None:
            self._choose(corpus())

    def _choose(self, corpus: Iterable[TokenPair]) -> Encoder | None:
        usable = (
            pair
            for pair in corpus
            if pair.src and pair.tgt and max(sum(map(len, s)) for s in pair) <= _LONGEST_SAMPLED
        )
        sample = list(islice(usable, SAMPLE))
        if not sample:
            return None
        src_lang, tgt_lang = self._languages
        choice = choose_layer(
            self._model,
            sample,
            matching=self._matcher.matching,
            src_lang=src_lang,
            tgt_lang=tgt_lang,
            device=self._device,
        )
        log.info("layer %d of %s, by agreement: %s", choice.layer, self._model, choice.scores)
        self._choice = choice
        if choice.threshold is not None and self._threshold is None:
            one = self._matcher
            self._matcher = Matcher(one.matching, one.level, one.distortion, choice.threshold)
        return self._open(choice.layer)

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair."""
        encoder = self._encoder or self._choose(pairs)
        if encoder is None:  # no pair to choose a layer on: the one at two thirds of the depth
            encoder = self._open(max(1, round(2 / 3 * read_config(self._model)[1])))
        # The like in length together: less padding. On a processor neighbours stay neighbours.
        order = list(range(len(pairs)))
        if encoder.on_gpu:
            order.sort(key=lambda n: len(pairs[n].src) + len(pairs[n].tgt))
        chunks = _chunks([pairs[n] for n in order])

        def work(chunk: Sequence[TokenPair]) -> list[AlignedPair]:
            return self._align_chunk(encoder, chunk)

        if encoder.on_gpu:
            with ThreadPoolExecutor(_OVERLAP) as pool:
                aligned = [pair for found in pool.map(work, chunks) for pair in found]
        else:
            aligned = [pair for found in map(work, chunks) for pair in found]
        results = aligned.copy()
        for place, number in enumerate(order):
            results[number] = aligned[place]
        return results

    def _align_chunk(self, encoder: Encoder, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        src_lang, tgt_lang = self._languages
        texts = [Text(pair.src, src_lang) for pair in pairs]
        texts += [Text(pair.tgt, tgt_lang) for pair in pairs]
        vectors, encoded = encoder.encode(texts)
        sides = zip(encoded[: len(pairs)], encoded[len(pairs) :], strict=True)
        return self._matcher.link(vectors, list(sides))


def _chunks(pairs: Sequence[TokenPair]) -> Iterator[Sequence[TokenPair]]:
    first = words = 0
    for number, pair in enumerate(pairs):
        words += len(pair.src) + len(pair.tgt)
        if words >= CHUNK_WORDS:
            yield pairs[first : number + 1]
            first, words = number + 1, 0
    if first < len(pairs):
        yield pairs[first:]
