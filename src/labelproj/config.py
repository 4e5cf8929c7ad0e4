"""One pydantic model for each section of ``params.yaml``. Unknown keys are errors."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
)

from labelproj.config_errors import key_of, said
from labelproj.config_names import strange_languages, strange_names
from labelproj.errors import ConfigError, MissingInputError
from labelproj.filter_params import FilterParams, PairThresholds, Thresholds
from labelproj.project_params import AlignParams, ConstrainedParams, ProjectParams
from labelproj.sections import Count, OptimizerName, Section, Share, TaskName
from labelproj.train_params import AugmentParams, SystemName, TrainParams
from labelproj.yaml_lines import line_of, repeated_key

__all__ = [
    "AlignParams",
    "AugmentParams",
    "BuildParams",
    "Config",
    "ConstrainedParams",
    "EvaluateParams",
    "EventParams",
    "FilterParams",
    "GoldParams",
    "LanguagesParams",
    "MtParams",
    "MtTrainParams",
    "PairThresholds",
    "PrepareParams",
    "ProjectParams",
    "QaParams",
    "ReportParams",
    "ReviewParams",
    "SystemName",
    "TaskName",
    "Thresholds",
    "TodParams",
    "TrainParams",
    "TranslateParams",
    "for_task",
    "load_config",
]

T = TypeVar("T")


def _whose(value: object) -> str:
    return "each" if isinstance(value, Mapping) else "all"


#: One value for all tasks, or a mapping from each task to its own.
Inputs = Annotated[
    Annotated[tuple[str, ...], Tag("all")]
    | Annotated[dict[TaskName, tuple[str, ...]], Tag("each")],
    Discriminator(_whose),
]
GoldFile = Annotated[
    Annotated[str, Tag("all")] | Annotated[dict[TaskName, str], Tag("each")],
    Discriminator(_whose),
]


class LanguagesParams(Section):
    """Which language the labels come from, and which they go to (ISO 639 codes)."""

    source: str = "en"
    targets: tuple[str, ...] = ("ha",)


class MtTrainParams(Section):
    """Training a small M2M-100 model from bitext (``mt.train``).

    ``marker_share`` of the pairs get ``[ ]`` round matching spans and ``rename_share`` get
    invented names, anew in every epoch; ``back_share`` are taught from target to source, so that
    the encoder reads the target language too. ``dev_pairs`` are held out for chrF. ``optimizer``
    ``auto`` is ``muon`` where products in bfloat16 are fast, else ``adamw``.
    """

    bitext: tuple[str, ...]
    vocab_size: Count = 3000
    d_model: Count = 256
    encoder_layers: Count = 3
    decoder_layers: Count = 2
    heads: Count = 4
    ffn: Count = 768
    steps: Count = 700
    batch_tokens: Count = 2000
    optimizer: OptimizerName = "auto"
    learning_rate: float = 2e-3
    warmup_steps: Count = 100
    label_smoothing: Share = 0.1
    dropout: Share = 0.1
    marker_share: Share = 0.25
    rename_share: Share = 0.3
    back_share: Share = 0.0
    dev_pairs: Count = 200
    checkpoint_every: Count = 100
    seed: int = 13


class MtParams(Section):
    """The MT model: a Hub id or local folder, or ``train`` to make one from bitext.

    ``given`` says instead that every record brings its translation (``tgt_text``).

    ``model`` may hold ``{src}`` and ``{tgt}`` (for ``Helsinki-NLP/opus-mt-{src}-{tgt}``).
    ``tokenizer`` says where the tokenizer is, for a model that comes without one.
    ``revision`` pins a Hub model. ``quantization`` is a CTranslate2 type for the converted model.
    ``back`` is a model from target to source, for systems that read translations.
    """

    model: str | None = None
    back: str | None = None
    given: bool = False
    tokenizer: str | None = None
    revision: str | None = None
    quantization: str = "int8"
    licence: str | None = None
    train: MtTrainParams | None = None


class PrepareParams(Section):
    """Reading and cutting the source corpus.

    ``inputs`` may be a mapping from each task to its own.
    """

    inputs: Inputs = ()
    label_map: dict[str, str | None] = Field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    splitter: Literal["rules", "stanza", "none"] = "rules"
    limit: Count | None = None
    strict: bool = False


class TranslateParams(Section):
    """Translating units with CTranslate2.

    ``markers`` marks the spans in the source, for the projection method of that name;
    ``lost_marks`` says what becomes of a translation in which marks are missing.
    """

    beam_size: Count = 4
    batch_tokens: Count = 4096
    max_input_tokens: Count = 256
    max_output_tokens: Count = 320
    markers: Literal["brackets", "xml"] | None = None
    lost_marks: Literal["retranslate", "keep"] = "retranslate"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "default"
    rows_per_shard: Count = 2048


class ReviewParams(Section):
    """What people corrected: tables of ``labelproj review import``, and who has precedence."""

    corrections: tuple[str, ...] = ()
    precedence: tuple[str, ...] = ()


class EventParams(Section):
    """Which projected events are usable (``build.events``).

    A trigger or argument is lost when it has no place or scores below ``min_score``. An event
    without its trigger is dropped if ``require_trigger``; one that lost an argument loses only
    that (``argument``) or is dropped (``event``); so is one with fewer than ``min_arguments``.
    """

    require_trigger: bool = True
    lost_argument: Literal["argument", "event"] = "argument"
    min_arguments: Annotated[int, Field(ge=0)] = 0
    min_score: Share = 0.0


class QaParams(Section):
    """Which projected questions are usable, and how sure they are (``build.qa``).

    A question is of tier A, B or C by the score of its answer. ``min_context`` is the share of
    the context's sentences that must have been accepted. ``pairs`` says whose language question
    and context have: both the target's, or one of them the source's (G-XLT, Lewis et al. 2020).
    """

    tier_a: Share = 0.9
    tier_b: Share = 0.6
    min_context: Share = 0.5
    pairs: tuple[Literal["target", "source-question", "source-context"], ...] = ("target",)


class TodParams(Section):
    """What the values of dialogues are called in the target language (``build.tod``).

    ``ontology`` is a JSON file of names (:func:`labelproj.dialogue.ontology.read_ontology`),
    ``{tgt}`` in it the target language. ``kb`` are the rows of a knowledge base in the source
    language (:func:`labelproj.dialogue.kb.read_kb`), and ``kb_key`` the slot that names a row.
    """

    ontology: str | None = None
    kb: str | None = None
    kb_key: str = "name"


class BuildParams(Section):
    """The dataset: its name, licence and splits, and what is usable of each task."""

    name: str = "labelproj-dataset"
    licence: str | None = None
    source_name: str = "unnamed source corpus"
    source_licence: str | None = None
    source_url: str | None = None
    validation_share: Share = 0.1
    rows_per_file: Count = 100_000
    seed: int = 13
    events: EventParams = EventParams()
    qa: QaParams = QaParams()
    tod: TodParams = TodParams()

    def seen_from(self, path: Callable[[str], str], *, tgt: str) -> "BuildParams":
        """Return the same parameters with ``path`` of every file in them."""
        given = {name: getattr(self.tod, name) for name in ("ontology", "kb")}
        found = {name: path(spec.replace("{tgt}", tgt)) for name, spec in given.items() if spec}
        return self.model_copy(update={"tod": self.tod.model_copy(update=found)})

    def without_kb(self) -> "BuildParams":
        """Return the same parameters for a stage that reads no knowledge base."""
        return self.model_copy(update={"tod": self.tod.model_copy(update={"kb": None})})


class GoldParams(Section):
    """Gold data in one target language, in any readable format; each may be left out.

    ``parallel`` has gold spans on both sides (see the docs for its line format) and measures
    the projection itself. Each may be a mapping from each task to its own.
    """

    train: GoldFile | None = None
    dev: GoldFile | None = None
    test: GoldFile | None = None
    parallel: GoldFile | None = None


class EvaluateParams(Section):
    """Scoring on gold data, with bootstrap confidence intervals and permutation tests.

    ``methods`` are projection methods to be compared with the project's own on the parallel gold
    data: ``alignment``, ``constrained``, ``ensemble``, or names as in ``project.members``; they
    may be a mapping from each task to its own.
    """

    methods: Inputs = ()
    label_map: dict[str, str | None] = Field(default_factory=dict)
    bootstrap: Count = 1000
    permutations: Count = 2000
    confidence: Share = 0.95
    seed: int = 13


class ReportParams(Section):
    """The page for people."""

    title: str = "labelproj report"
    examples: Count = 20_000


class Config(Section):
    """All of ``params.yaml``."""

    languages: LanguagesParams = LanguagesParams()
    tasks: tuple[TaskName, ...] = ("ner",)
    outputs: str = "outputs"
    mt: MtParams = MtParams()
    prepare: PrepareParams = PrepareParams()
    translate: TranslateParams = TranslateParams()
    project: ProjectParams = ProjectParams()
    filter: FilterParams = FilterParams()
    review: ReviewParams = ReviewParams()
    build: BuildParams = BuildParams()
    train: TrainParams = TrainParams()
    gold: dict[str, GoldParams] = Field(default_factory=dict)
    evaluate: EvaluateParams = EvaluateParams()
    report: ReportParams = ReportParams()

    @field_validator("tasks")
    @classmethod
    def _some_task(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        if not tasks:
            raise ValueError("at least one task is needed")
        if len(set(tasks)) < len(tasks):
            raise ValueError("a task is there twice")
        return tasks


def for_task(value: T | Mapping[TaskName, T], task: str) -> T | None:
    """Return the value of ``task`` where a parameter has one for each task, else the value.

    None where the tasks have their own and this one has none.
    """
    if not isinstance(value, Mapping):
        return value
    return {str(name): own for name, own in value.items()}.get(task)


def load_config(path: Path) -> Config:
    """Read ``params.yaml``.

    Raises MissingInputError when it is not there and ConfigError, with file and key, when it is
    not YAML or does not fit.
    """
    if not path.is_file():
        raise MissingInputError(
            "no such file", where=str(path), remedy="run `labelproj init` to make a project folder"
        )
    try:
        text = path.read_text(encoding="utf-8")
        raw = yaml.safe_load(text) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"not YAML: {problem}", where=where) from error
    if not isinstance(raw, dict):
        raise ConfigError(
            "not a mapping of sections", where=str(path), remedy="start from `labelproj init`"
        )
    if twice := repeated_key(text):
        raise ConfigError(
            f"the key {twice[0]} is there twice",
            where=f"{path}:{twice[1]}",
            remedy="put both under one key",
        )
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        # A misspelt key is told before the one that it was meant to be is missed.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise ConfigError(
            said(first, Config),
            where=f"{path}:{line_of(text, key_of(first))}",
            remedy="see docs/concepts for every key",
        ) from error
    for place, wrong, remedy in strange_languages(
        config.languages.source,
        config.languages.targets,
        gold=tuple(config.gold),
        pairs=tuple(config.filter.pairs),
    ):
        raise ConfigError(
            f"{'.'.join(map(str, place))}: {wrong}",
            where=f"{path}:{line_of(text, place)}",
            remedy=remedy,
        )
    project = config.project
    for at, name, known in strange_names(
        project.align.name, project.members, config.evaluate.methods
    ):
        raise ConfigError(
            f"{'.'.join(at)}: {name!r} cannot stand here",
            where=f"{path}:{line_of(text, at)}",
            remedy=f"one of {', '.join(known)}",
        )
    return config
