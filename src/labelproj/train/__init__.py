"""Downstream models behind one interface (:class:`labelproj.train.base.Model`)."""

import json
from pathlib import Path

from labelproj.errors import ModelError, ModelNotFoundError
from labelproj.train.base import Reader, Tagger
from labelproj.train.reader import TransformersReader
from labelproj.train.spacy_ner import SpacyTagger
from labelproj.train.token_classification import TransformersTagger

__all__ = ["BACKENDS", "CARD", "READERS", "load_model", "load_tagger"]

#: Every backend by its name in ``params.yaml``.
BACKENDS: dict[str, type[Tagger]] = {
    "spacy": SpacyTagger,
    "transformers": TransformersTagger,
}
#: Models of questions, which a task names for a backend (``Task.models``).
READERS: dict[str, type[TransformersReader]] = {"transformers-qa": TransformersReader}
#: The file of a model folder that says which backend reads it.
CARD = "labelproj.json"


def load_model(folder: Path) -> Tagger | Reader:
    """Load a trained system of any kind. Raises ModelNotFoundError."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        known: dict[str, type[Tagger] | type[Reader]] = {**BACKENDS, **READERS}
        backend = known[card["backend"]]
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
    if isinstance(model, Reader):
        raise ModelError(
            "it answers questions and labels nothing",
            where=str(folder),
            remedy="use a system of another task",
        )
    return model
