"""Downstream models behind one interface (:class:`labelproj.train.base.Model`)."""

import json
from pathlib import Path

from labelproj.errors import ModelError, ModelNotFoundError, UsageError
from labelproj.train.base import Reader, Tagger, Writer
from labelproj.train.reader import TransformersReader
from labelproj.train.spacy_ner import SpacyTagger
from labelproj.train.token_classification import TransformersTagger
from labelproj.train.writer import Seq2SeqWriter

__all__ = [
    "BACKENDS",
    "CARD",
    "ENSEMBLE",
    "MODELS",
    "READERS",
    "WRITERS",
    "load_model",
    "load_tagger",
]

#: Every backend by its name in ``params.yaml``.
BACKENDS: dict[str, type[Tagger]] = {
    "spacy": SpacyTagger,
    "transformers": TransformersTagger,
}
#: Models of questions, which a task names for a backend (``Task.models``).
READERS: dict[str, type[TransformersReader]] = {"transformers-qa": TransformersReader}
#: Models that write, named in the same way.
WRITERS: dict[str, type[Seq2SeqWriter]] = {"seq2seq": Seq2SeqWriter}
#: All of them.
MODELS: dict[str, type[Tagger] | type[Reader] | type[Writer]] = {**BACKENDS, **READERS, **WRITERS}
#: The file of a model folder that says which backend reads it.
CARD = "labelproj.json"
#: What the file says in the place of a backend where two other systems answer together.
ENSEMBLE = "ensemble"


def load_model(folder: Path) -> Tagger | Reader | Writer:
    """Load a trained system of any kind. Raises ModelNotFoundError, UsageError (an ensemble)."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["backend"] == ENSEMBLE:
            raise UsageError(
                "two models that answer together are no model of their own",
                where=str(folder),
                remedy=f"use one of them: {', '.join(card['members'])}",
            )
        backend = MODELS[card["backend"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelNotFoundError(
            f"no trained system ({CARD} is missing or broken)",
            where=str(folder),
            remedy="run the train stage first",
        ) from error
    return backend.load(folder)


def load_tagger(folder: Path) -> Tagger:
    """Load a trained system that labels texts. Raises ModelNotFoundError and ModelError."""
    model = load_model(folder)
    if isinstance(model, Reader | Writer):
        raise ModelError(
            "it answers and labels nothing",
            where=str(folder),
            remedy="use a system of another task",
        )
    return model
