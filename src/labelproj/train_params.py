"""The section ``train`` of ``params.yaml``."""

from typing import Literal

from pydantic import field_validator, model_validator

from labelproj.sections import Count, Section, Share

__all__ = ["AugmentParams", "SystemName", "TrainParams"]

#: What a downstream model can be trained on; labelproj.train.recipes says what each of them is.
SystemName = Literal[
    "projected", "projected+source", "projected+augmented", "few-shot", "zero-shot", "gold"
]


class AugmentParams(Section):
    """More training examples made of the projected ones: the system ``projected+augmented``.

    ``code-switch`` puts source words in the places of labelled spans, and with ``fragments`` of
    other aligned words, of a target text; with ``matrix: source`` target words into a source
    text. ``names`` puts other names of the same label in: from the list ``names`` (``LABEL``,
    TAB, name), null: from the training data's own spans. Each method makes ``copies`` of every
    document, in which ``share`` of the places have changed.
    """

    methods: tuple[Literal["code-switch", "names"], ...] = ("code-switch",)
    matrix: Literal["target", "source"] = "target"
    fragments: bool = False
    names: str | None = None
    copies: Count = 1
    share: Share = 0.5

    @field_validator("methods")
    @classmethod
    def _some(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if not methods or len(set(methods)) < len(methods):
            raise ValueError("one method at least, each once")
        return methods


class TrainParams(Section):
    """The downstream model and the systems to train: ``projected`` and the baselines.

    A system whose data are not given is not trained. ``learning_rate`` null means 1e-3 for
    models made from scratch and 5e-5 for a pretrained encoder. ``seeds`` go before ``seed``:
    every system is trained with each of them. ``few_shot`` is the number of gold documents of
    the system ``few-shot``. With ``weights: score`` projected examples count by their projection
    score. ``average`` checkpoints are averaged; 1 keeps the best one on development data, null
    averages 5 for an encoder whose development data have no labels by people in the target
    language. ``average_runs`` adds the mean of each system's runs as a system of its own.
    """

    backend: Literal["spacy", "transformers"] = "spacy"
    model: str | None = None
    systems: tuple[SystemName, ...] = ("projected", "zero-shot", "gold")
    max_steps: Count = 600
    batch_words: Count = 1000
    learning_rate: float | None = None
    dropout: Share = 0.2
    patience: Count = 4
    eval_every: Count = 100
    max_length: Count = 256
    seed: int = 13
    seeds: tuple[int, ...] = ()
    few_shot: Count = 50
    weights: Literal["none", "score"] = "none"
    label_smoothing: Share = 0.0
    average: Count | None = None
    average_runs: bool = False
    augment: AugmentParams = AugmentParams()

    @model_validator(mode="after")
    def _fits_backend(self) -> "TrainParams":
        if self.label_smoothing and self.backend == "spacy":
            raise ValueError("label_smoothing needs the backend transformers")
        if self.average_runs and self.backend == "spacy":
            raise ValueError("average_runs needs the backend transformers")
        if self.average_runs and len(self.seeds) < 2:
            raise ValueError("average_runs needs two seeds or more")
        return self

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("the same seed twice is the same model twice")
        return seeds
