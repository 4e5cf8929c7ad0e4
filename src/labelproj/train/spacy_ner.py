"""spaCy's transition-based NER, trained from scratch: small, on CPU, in any language.

The model is the one of spaCy's small pipelines: hashed word, prefix, suffix and shape
embeddings, a CNN over them, and a parser that builds spans token by token
(https://spacy.io/api/architectures#HashEmbedCNN, https://spacy.io/api/entityrecognizer).
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelproj.config import TrainParams
from labelproj.errors import MissingInputError, ModelNotFoundError
from labelproj.progress import Progress
from labelproj.records import Document, Span
from labelproj.train.averaging import Averager, checkpoints
from labelproj.train.base import FitReport, Selection, dev_f1, examples_of, snapped, weights_of
from labelproj.train.batches import compounding, word_batches
from labelproj.train.spacy_words import NAME, register

__all__ = ["SpacyTagger"]

#: Small enough for a thousand documents in half a minute on two cores.
_TOK2VEC = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 64,
    "depth": 3,
    "embed_size": 3000,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
}
_MODEL = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 64,
    "maxout_pieces": 2,
    "use_upper": True,
    "nO": None,
    "tok2vec": _TOK2VEC,
}
_LEARNING_RATE = 1e-3


class SpacyTagger:
    """See :class:`labelproj.train.base.Tagger`. ``params.model`` has no meaning here."""

    def __init__(self, params: TrainParams):
        self._params = params
        self._nlp: Any = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The span labels that the model can give, sorted."""
        if self._nlp is None or "ner" not in self._nlp.pipe_names:
            return ()
        return tuple(sorted(self._nlp.get_pipe("ner").labels))

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train with early stopping; see :meth:`labelproj.train.base.Tagger.fit`."""
        from spacy.util import fix_random_seed
        from thinc.api import Adam

        params = self._params
        fix_random_seed(params.seed)
        self._nlp = nlp = _blank()
        examples = [_example(nlp, *example) for example in examples_of(train)]
        if not any(example.reference.ents for example in examples):
            raise MissingInputError("no labelled span in the training documents")
        ner = nlp.add_pipe("ner", config={"model": _MODEL})
        nlp.initialize(lambda: examples)
        optimizer = Adam(
            params.learning_rate or _LEARNING_RATE,
            L2=0.01,
            grad_clip=1.0,
            L2_is_weight_decay=True,
        )
        held_out = examples_of(dev)
        weights = weights_of(train)
        selection = Selection(params.patience)
        averager = Averager[tuple[int, str]]()
        averaged = checkpoints(
            max_steps=params.max_steps, every=params.eval_every, last=params.average or 1
        )
        best, step, loss, since = b"", 0, 0.0, 0
        rng, coin = random.Random(params.seed), random.Random(params.seed)
        budget = compounding(params.batch_words / 4, params.batch_words, 1.01)
        for batch in word_batches([len(e.reference) for e in examples], budget, rng):
            # Its parser has no weights: an example of weight w is used in that share of passes.
            used = [i for i in batch if weights[i] >= 1.0 or coin.random() < weights[i]]
            losses: dict[str, float] = {"ner": 0.0}
            if used:
                nlp.update(
                    [examples[i] for i in used], sgd=optimizer, drop=params.dropout, losses=losses
                )
            step, loss, since = step + 1, loss + float(losses["ner"]), since + 1
            progress.advance(1)
            last = step == params.max_steps
            if len(averaged) > 1 and step in averaged:
                averager.add(_weights(ner.model))
            if held_out and (step % params.eval_every == 0 or last):
                better = selection.improved(step, loss / since, dev_f1(self, held_out))
                if better and len(averaged) == 1:
                    best = ner.model.to_bytes()
                loss, since = 0.0, 0
            if last or (selection.exhausted and len(averaged) == 1):
                break
        if len(averaged) > 1:
            _set_weights(ner.model, averager.mean())
            return selection.averaged(step, dev_f1(self, held_out) if held_out else 0.0)
        if best:
            ner.model.from_bytes(best)
        return selection.report(step)

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return the spans of each text; see :meth:`labelproj.train.base.Tagger.predict`."""
        return [
            tuple(
                Span(f"p{i}", ent.start_char, ent.end_char, ent.label_)
                for i, ent in enumerate(doc.ents)
            )
            for doc in self._nlp.pipe(texts, batch_size=64)
        ]

    def save(self, folder: Path) -> None:
        """Write a pipeline that ``spacy.load`` reads where labelproj is installed."""
        folder.mkdir(parents=True, exist_ok=True)
        self._nlp.to_disk(folder)

    @classmethod
    def load(cls, folder: Path) -> "SpacyTagger":
        """Read what :meth:`save` wrote, or any other pipeline. Raises ModelNotFoundError."""
        import spacy

        register()
        tagger = cls(TrainParams())
        try:
            tagger._nlp = spacy.load(folder)
        except (OSError, ValueError) as error:
            raise ModelNotFoundError(
                f"no spaCy pipeline: {str(error).splitlines()[0]}",
                where=str(folder),
                remedy="run the train stage again",
            ) from error
        tagger._nlp.max_length = 1 << 31
        return tagger


def _weights(model: Any) -> dict[tuple[int, str], Any]:
    """Return the arrays of a thinc model by the place of their layer and their name."""
    return {
        (place, name): node.get_param(name)
        for place, node in enumerate(model.walk())
        for name in node.param_names
        if node.has_param(name)
    }


def _set_weights(model: Any, weights: Mapping[tuple[int, str], Any]) -> None:
    for place, node in enumerate(model.walk()):
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, weights[place, name])


def _blank() -> Any:
    import spacy

    register()
    # One language class for all: a model trained on one language must read another.
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": NAME}}})
    nlp.max_length = 1 << 31
    return nlp


def _example(nlp: Any, text: str, spans: tuple[Span, ...]) -> Any:
    from spacy.training import Example as SpacyExample

    doc = nlp.make_doc(text)
    reference = doc.copy()
    ents = [reference.char_span(s.start, s.end, label=s.label) for s in snapped(text, spans)]
    reference.set_ents([ent for ent in ents if ent is not None], default="outside")
    return SpacyExample(doc, reference)
