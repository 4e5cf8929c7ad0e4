"""What a translation model from nothing learns in how long, with AdamW and with Muon.

    python bench/optimizers.py BITEXT [--run adamw:800 --run muon:450] [--dropout 0]

BITEXT is a TSV file (the demo's will do). Every run, an optimizer and its updates, trains a model
of the shape that the stage `mt` trains. Prints a Markdown table: seconds, and the loss on the 200
pairs held out (nats a token, no smoothing), in the direction of the bitext and back.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from labelproj.config import MtTrainParams
from labelproj.languages import flores_code
from labelproj.translate.batches import nllb_encoding
from labelproj.translate.forced import load_model
from labelproj.translate.model import load_tokenizer
from labelproj.translate.train import read_pairs, split_pairs, train_model
from labelproj.translate.updates import sequence_loss

LONGEST = 200


def losses(folder: Path, params: MtTrainParams, src: str, tgt: str) -> tuple[float, float]:
    """Return the loss of the model in ``folder`` on what was held out, there and back."""
    tokenizer, model = load_tokenizer(folder), load_model(folder, device="cpu")
    _, held = split_pairs(read_pairs(params.bitext), dev=params.dev_pairs, seed=params.seed)
    sides = (
        nllb_encoding(tokenizer, flores_code(language))([pair[side] for pair in held])
        for side, language in enumerate((src, tgt))
    )
    both = [(a, b) for a, b in zip(*sides, strict=True) if a and b]
    short = [pair for pair in both if max(map(len, pair)) <= LONGEST]
    there, back = [a for a, _ in short], [b for _, b in short]
    with torch.inference_mode():
        return (
            float(sequence_loss(model, there, back, smoothing=0.0)),
            float(sequence_loss(model, back, there, smoothing=0.0)),
        )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bitext")
    parser.add_argument("--src", default="en")
    parser.add_argument("--tgt", default="ha")
    parser.add_argument("--run", action="append", help="OPTIMIZER:STEPS", default=[])
    parser.add_argument("--vocab-size", type=int, default=3000)
    parser.add_argument("--dropout", type=float, default=0.0)
    options = parser.parse_args()
    print("| optimizer | updates | seconds | loss | loss, back |\n|---|---|---|---|---|")
    for run in options.run or ["adamw:800", "muon:450"]:
        optimizer, _, steps = run.partition(":")
        params = MtTrainParams.model_validate(
            {
                "bitext": (options.bitext,),
                "optimizer": optimizer,
                "steps": int(steps),
                "vocab_size": options.vocab_size,
                "dropout": options.dropout,
                "back_share": 0.3,
            }
        )
        with tempfile.TemporaryDirectory() as name:
            out, work = Path(name) / "hf", Path(name) / "work"
            started = time.monotonic()
            train_model(params, out=out, src=options.src, tgt=options.tgt, work=work)
            seconds = time.monotonic() - started
            there, back = losses(out, params, options.src, options.tgt)
        print(f"| {optimizer} | {steps} | {seconds:.0f} | {there:.3f} | {back:.3f} |", flush=True)


if __name__ == "__main__":
    main()
