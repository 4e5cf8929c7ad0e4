"""A sequence-to-sequence model for the four subtasks of a dialogue agent.

Any mT5, ByT5 or mBART in Hugging Face format; where none is named, a small T5 (Raffel et al. 2020,
https://arxiv.org/abs/1910.10683) is made from nothing, with a byte-level BPE tokenizer trained on
the examples: it shows that everything works on a laptop, and is no more.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from labelproj.devices import torch_device
from labelproj.dialogue.changes import lesson_target
from labelproj.dialogue.examples import grammar_words
from labelproj.errors import MissingInputError, ModelNotFoundError, UsageError
from labelproj.progress import Progress, log, track
from labelproj.train.encoder import require_torch
from labelproj.train.vocabulary import with_words
from labelproj.translate.adapters import RATE, with_adapters, without_adapters
from labelproj.translate.greedy import Greedy
from labelproj.translate.hub import loading_options
from labelproj.translate.model import quiet, write_hf
from labelproj.translate.optimizers import open_optimizers, pick_optimizer
from labelproj.translate.updates import sequence_loss, training_mode

__all__ = ["Seq2Seq", "Seq2SeqParams", "taught", "train_seq2seq"]

Pair = tuple[str, str]
#: Tokens of an output at most, where a model does not say.
_MOST = 256


@dataclass(frozen=True, slots=True)
class Seq2SeqParams:
    """How a model is trained.

    ``learning_rate`` None is 1e-3 from nothing and with ``lora`` (as ``train.lora``: adapters in
    the place of all weights, merged in the end), 3e-4 for a pretrained model. ``label_smoothing``
    is the share of the probability that goes to all tokens alike; ``optimizer`` is one of
    :data:`~labelproj.sections.OptimizerName`.
    """

    model: str | None = None
    steps: int = 1500
    batch_tokens: int = 4000
    learning_rate: float | None = None
    lora: dict[str, Any] | None = None
    label_smoothing: float = 0.0
    optimizer: str = "adamw"
    max_length: int = 512
    vocab_size: int = 2000
    seed: int = 13


def taught(pairs: Iterable[Pair], params: Seq2SeqParams) -> list[Pair]:
    """Return what a model is taught to write for each input.

    One that starts from another is taught what has changed in a state
    (:func:`~labelproj.dialogue.changes.lesson_target`). One from nothing is taught the whole
    state: by copying it, it learns to copy words (docs/benchmarks.md). Raises ValueError for a
    state that cannot be read.
    """
    if params.model is None:
        return list(pairs)
    return [(text, lesson_target(text, target)) for text, target in pairs]


def train_seq2seq(
    pairs: Sequence[Pair], params: Seq2SeqParams, *, progress: Progress | None = None
) -> tuple["Seq2Seq", dict[str, object]]:
    """Train on (input, target) pairs: a model, and figures about it.

    ``progress`` is told every step; without one a bar is shown. A pair of which a side has more
    than ``max_length`` tokens is left out and counted. The figures are ``pairs``, ``too_long``,
    ``steps``, ``loss`` (mean of the last 50 steps, nats a token) and ``parameters`` (those
    trained). Raises MissingInputError, UsageError (adapters for a model from nothing),
    ModelNotFoundError and DependencyError.
    """
    if params.lora is not None and params.model is None:
        raise UsageError("adapters need a pretrained model", remedy="--model, or leave --lora out")
    if not pairs:
        raise MissingInputError("no examples to train on", remedy="is the subtask in the file?")
    torch = require_torch()
    torch.manual_seed(params.seed)
    if params.model is None:
        model, tokenizer = _tiny(pairs, params)
    else:
        words = {word for text, target in pairs for word in grammar_words(text, target)}
        model, tokenizer = with_words(*_open(params.model), sorted(words))
    model.to(torch_device())
    coded = [
        (tokenizer(text)["input_ids"], tokenizer(text_target=target)["input_ids"])
        for text, target in pairs
    ]
    fit = [pair for pair in coded if max(map(len, pair)) <= params.max_length]
    if len(fit) < len(coded):
        log.warning(
            "%d of %d examples have over %d tokens and are left out",
            len(coded) - len(fit),
            len(coded),
            params.max_length,
        )
    if not fit:
        raise MissingInputError("every example is too long", remedy="raise --max-length")
    if params.lora is not None:
        model = with_adapters(model, task="SEQ_2_SEQ_LM", **params.lora)
    rate = params.learning_rate or (
        3e-4 if params.model is not None and params.lora is None else RATE
    )
    trained = [one for one in model.parameters() if one.requires_grad]
    kind = "adamw" if params.lora else pick_optimizer(model, params.optimizer)
    optimizers = open_optimizers(model, kind, rate=rate)
    warmup = max(1, params.steps // 20)

    def share(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        return max(0.02, (params.steps - step) / max(1, params.steps - warmup))

    rates = [torch.optim.lr_scheduler.LambdaLR(one, share) for one in optimizers]
    losses: list[float] = []
    batches = _batches(fit, params)
    bar = nullcontext(progress) if progress else track("train", params.steps)
    with training_mode(model) as half, bar as watched:
        for step in range(params.steps):
            inputs, labels = next(batches)
            with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=half):
                loss = sequence_loss(model, inputs, labels, smoothing=params.label_smoothing)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            for one in (*optimizers, *rates):
                one.step()
            model.zero_grad(set_to_none=True)
            losses = [*losses[-49:], float(loss.detach())]
            watched.advance(1)
            if (step + 1) % 100 == 0:
                mean = sum(losses) / len(losses)
                log.info("step %d of %d: loss %.3f", step + 1, params.steps, mean)
    model = without_adapters(model)
    figures: dict[str, object] = {
        "pairs": len(fit),
        "too_long": len(coded) - len(fit),
        "steps": params.steps,
        "loss": round(sum(losses) / len(losses), 4),
        "parameters": sum(one.numel() for one in trained),
    }
    # Nothing that is right is longer; what runs on for ever is cut there.
    model.generation_config.max_new_tokens = 2 * max(len(target) for _, target in fit)
    return Seq2Seq(model, tokenizer), figures


class Seq2Seq:
    """A trained model: texts in, texts out (greedy).

    ``name`` is the folder or Hub id it was read from; see :class:`Greedy`.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str | None = None,
        max_new_tokens: int | None = None,
    ):
        self._model, self._tokenizer = model.eval(), tokenizer
        most = max_new_tokens or model.generation_config.max_new_tokens or _MOST
        self._write = Greedy(model, tokenizer, most=most, name=name)

    @classmethod
    def load(cls, folder: str, *, max_new_tokens: int | None = None) -> Self:
        """Open a Hugging Face folder or Hub id. Raises ModelNotFoundError and DependencyError."""
        require_torch()
        return cls(*_open(folder), name=folder, max_new_tokens=max_new_tokens)

    def save(self, folder: Path) -> None:
        """Write the model as a Hugging Face folder. Raises StorageError."""
        write_hf(self._model, self._tokenizer, folder)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Return one output a text, in order."""
        if not texts:
            return []
        found: list[str] = self._tokenizer.batch_decode(
            self._write(self._tokenizer(list(texts))["input_ids"]),
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return found


def _open(name: str) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    options: dict[str, Any] = loading_options(name)
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(name, **options)
            return AutoModelForSeq2SeqLM.from_pretrained(name, **options), tokenizer
    except (OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"no sequence-to-sequence model: {str(error).splitlines()[0]}",
            where=name,
            remedy="a Hub id or a folder of an mT5, ByT5 or mBART, or of: labelproj dialogue train",
        ) from error


def _tiny(pairs: Sequence[Pair], params: Seq2SeqParams) -> tuple[Any, Any]:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=params.vocab_size,
        special_tokens=["<pad>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=2,
    )
    made.train_from_iterator((text for pair in pairs for text in pair), trainer)
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", model_max_length=1 << 30
    )
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=128,
        d_kv=32,
        d_ff=256,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        dropout_rate=0.1,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    return T5ForConditionalGeneration(config), tokenizer


def _batches(
    coded: Sequence[tuple[list[int], list[int]]], params: Seq2SeqParams
) -> Iterator[tuple[list[list[int]], list[list[int]]]]:
    """Yield batches of like length for ever, of at most ``batch_tokens`` padded tokens."""
    chance = random.Random(params.seed)
    order = list(range(len(coded)))
    while True:
        chance.shuffle(order)
        near = sorted(order, key=lambda i: len(coded[i][0]) // 8)
        batches: list[list[int]] = []
        width = 0
        for i in near:
            wider = max(width, sum(map(len, coded[i])))
            if batches and wider * (len(batches[-1]) + 1) <= params.batch_tokens:
                batches[-1].append(i)
                width = wider
            else:
                batches.append([i])
                width = sum(map(len, coded[i]))
        chance.shuffle(batches)
        for batch in batches:
            yield [coded[i][0] for i in batch], [coded[i][1] for i in batch]
