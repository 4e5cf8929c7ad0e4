"""A training step on a processor: fused against plain attention, in bfloat16 and in float32.

    python bench/train_step.py BITEXT [--steps 20]

BITEXT is a TSV file (the demo's will do). A model of the shape that the stage `mt` trains
takes `--steps` steps on the same batches in every way, in turn. Prints a Markdown table of seconds
a step.
"""

import argparse
import time
from typing import Any

import torch

from labelproj.config import MtTrainParams
from labelproj.translate.batches import Batch, Stream, nllb_encoding
from labelproj.translate.train import new_model, read_pairs
from labelproj.translate.updates import sequence_loss
from labelproj.translate.vocabulary import train_tokenizer

LANGUAGES = ("eng_Latn", "hau_Latn")


def seconds(model: Any, batches: list[Batch], *, attention: str, half: bool) -> float:
    """Return the mean seconds of a step, forward and back."""
    model.set_attn_implementation(attention)
    started = time.monotonic()
    for batch in batches:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            loss = sequence_loss(model, batch.sources, batch.targets, smoothing=0.1)
        loss.backward()
        model.zero_grad(set_to_none=True)
    return (time.monotonic() - started) / len(batches)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bitext")
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    params = MtTrainParams(bitext=(options.bitext,))
    pairs = read_pairs(params.bitext)
    tokenizer = train_tokenizer(
        (text for pair in pairs for text in pair),
        vocab_size=params.vocab_size,
        languages=LANGUAGES,
    )
    src, tgt = (nllb_encoding(tokenizer, language) for language in LANGUAGES)
    stream = Stream(
        pairs,
        encode=(src, tgt),
        vary=lambda pair, _: pair,
        batch_tokens=params.batch_tokens,
        seed=params.seed,
    )
    batches = list(stream.batches(start=0, stop=options.steps))
    print("| numbers | dropout | fused | plain | times |\n|---|---|---|---|---|")
    for dropout in (params.dropout, 0.0):
        model = new_model(params.model_copy(update={"dropout": dropout}), tokenizer).train()
        for half in (True, False):
            found = {}
            for attention in ("sdpa", "eager") * 2:  # the first round warms up
                found[attention] = seconds(model, batches, attention=attention, half=half)
            kind = "bfloat16" if half else "float32"
            fused, plain = found["sdpa"], found["eager"]
            print(f"| {kind} | {dropout:g} | {fused:.3f} | {plain:.3f} | {fused / plain:.2f} |")


if __name__ == "__main__":
    main()
