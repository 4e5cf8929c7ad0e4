"""How fast constrained decoding is, and how exact, against the ways it replaces. All in one run.

    python bench/constrained.py --gold GOLD.jsonl.gz --model HF_FOLDER [--units 500] [--sample 20]

Measured per unit or span: translating the units (CTranslate2, int8, beam 4); the search (alone,
and with the scores of spans and joint assignment, as `--method constrained` runs it); the search
scored by CTranslate2; brute force (every pair, batched per span) and a constrained beam search by
`prefix_allowed_tokens_fn`, one span at a time, both by transformers on a sample. Agreement with
brute force is counted on `--agreement` spans drawn at random; `largest_error` is that of the
scores that are said to be exact.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from labelproj.config import ConstrainedParams, TranslateParams
from labelproj.evaluate.projection import labelled_pairs, read_gold
from labelproj.formats.parallel import GoldPair
from labelproj.processes import Copies, can_copy
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.ct2_scorer import Ct2Scorer
from labelproj.project.constrained.open import open_constrained
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.search import search
from labelproj.project.constrained.state import Found, Query
from labelproj.project.constrained.texts import Tokens
from labelproj.project.joint import JointProjector
from labelproj.project.pieces import pieces
from labelproj.project.shares import dealt
from labelproj.records import Span
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, open_engine
from labelproj.translate.schemes import scheme

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from brute_force import BruteForce

WARM = 40


class Spans:
    """The spans of some gold pairs, as queries to the search."""

    def __init__(self, pairs: Sequence[GoldPair], tokens: Tokens, limits: ConstrainedParams):
        self.tokens, self.limits = tokens, limits
        self.pairs = [(pair, span) for pair in pairs for span in pair.src_spans]

    def queries(self) -> list[Query]:
        """Return the queries, long ones first, as the method asks them."""
        marking = self.tokens.marking
        marked = [marking.mark(p.src_text, [(s.start, s.end)]) for p, s in self.pairs]
        targets = self.tokens.targets([pair.tgt_text for pair, _ in self.pairs])
        longest = [3 * len(_surface(p, s).split()) + 3 for p, s in self.pairs]
        found = zip(self.tokens.sources(marked), targets, longest, strict=True)
        return sorted(
            (Query(*own) for own in found),
            key=_size,
            reverse=True,
        )

    def search(self, queries: Sequence[Query], scorer: Scorer) -> list[Found]:
        """Search for all queries, in batches."""
        prefix = self.tokens.prefix_ids

        def work(batch: Sequence[Query]) -> list[Found]:
            return search(
                batch,
                scorer=scorer,
                marks=self.tokens.marks,
                prefix=prefix,
                limits=self.limits,
            )

        batches = list(pieces(queries, _size, most=self.limits.batch_tokens))
        return [found for batch in scorer.map(work, batches) for found in batch]

    def searcher(self, scorer: TorchScorer) -> Callable[[Sequence[Query]], object]:
        """Return what searches for all queries as the method does: in a process for each core."""
        if scorer.workers == 1 or not can_copy():
            return lambda queries: self.search(queries, scorer)
        copies: Copies[Sequence[Query], list[Found]] = Copies(
            lambda share: self.search(share, scorer), scorer.workers, prepare=scorer.work_alone
        )

        def search(queries: Sequence[Query]) -> object:
            numbers = dealt([_size(query) for query in queries], copies.count)
            return copies.map([[queries[n] for n in own] for own in numbers])

        return search


def _size(query: Query) -> int:
    return len(query.target.ids) + len(query.source)


def _surface(pair: GoldPair, span: Span) -> str:
    return span.surface(pair.src_text)


def beam_search(model: Any, query: Query, tokens: Tokens, *, beams: int = 4) -> None:
    """Find a place for the marks by generating with only the allowed tokens, one span at a time."""
    target, marks = query.target.ids.tolist(), tokens.marks
    opening, closing = int(marks.opening[0]), int(marks.closing[0])
    head = 1 + len(tokens.prefix)
    end = int(model.config.eos_token_id)

    def allowed(batch: int, ids: torch.Tensor) -> list[int]:
        written = ids.tolist()[head:]
        done = sum(token not in (opening, closing) for token in written)
        following = target[done] if done < len(target) else end
        if opening not in written:
            return [opening] if done == len(target) else [following, opening]
        if closing not in written and written[-1] != opening:
            return [closing] if done == len(target) else [following, closing]
        return [following]

    start = [int(model.config.decoder_start_token_id), *tokens.prefix_ids.tolist()]
    model.generate(
        input_ids=torch.from_numpy(query.source)[None],
        decoder_input_ids=torch.tensor([start]),
        num_beams=beams,
        max_new_tokens=len(target) + 4,
        prefix_allowed_tokens_fn=allowed,
    )


def beam_searches(model: Any, queries: Sequence[Query], tokens: Tokens) -> None:
    """Search for each query, one after the other."""
    for query in queries:
        beam_search(model, query, tokens)


def milliseconds(work: Callable[[], object], count: int) -> float:
    """Return the time of ``work`` for each of ``count`` things."""
    started = time.perf_counter()
    work()
    found = 1000 * (time.perf_counter() - started) / count
    print(f"{found:.2f} ms for each of {count}", file=sys.stderr)
    return found


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--agreement", type=int, default=200)
    parser.add_argument("--compute-type", default="float32")
    parser.add_argument("--search-type", default="auto")
    parser.add_argument("--exact", choices=("ties", "best", "all"), default="ties")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    params = ConstrainedParams(
        compute_type=args.compute_type, search_type=args.search_type, exact=args.exact
    )
    pairs = read_gold(args.gold)[: args.units]
    src, tgt = pairs[0].src_lang, pairs[0].tgt_lang
    folder = str(args.model)
    tokens = Tokens(check_model(args.model, src=src, tgt=tgt), scheme("brackets"), where=folder)
    scorer = TorchScorer(args.model, device="cpu", dtype=args.compute_type, rough=args.search_type)
    oracle = BruteForce(args.model, tokens)
    engine = open_engine(cached_model(folder, src=src, tgt=tgt), src=src, tgt=tgt, device="cpu")
    spans = Spans(pairs, tokens, params)
    queries = spans.queries()
    texts = [pair.src_text for pair in pairs]
    labelled = list(labelled_pairs(pairs))
    method = open_constrained(
        params,
        mt=folder,
        src_lang=src,
        tgt_lang=tgt,
        device="cpu",
    )
    projector = JointProjector(method)
    # Once before the clock runs: kernels are chosen and buffers grow at the first call.
    engine.translate(texts[:WARM], TranslateParams())
    projector.project(labelled[:WARM])
    search_all = spans.searcher(scorer)
    search_all(queries)
    rng = random.Random(13)
    few = rng.sample(queries, min(args.sample, len(queries)))
    beam_search(oracle.model, few[0], tokens)
    n, s = len(pairs), len(queries)
    times = {
        "translate_ms_per_unit": milliseconds(
            lambda: engine.translate(texts, TranslateParams(beam_size=4)), n
        ),
        "method_ms_per_unit": milliseconds(lambda: projector.project(labelled), n),
        "search_ms_per_span": milliseconds(lambda: search_all(queries), s),
        "ct2_ms_per_span": milliseconds(lambda: spans.search(few, Ct2Scorer(engine)), len(few)),
        "brute_force_ms_per_span": milliseconds(
            lambda: [oracle.scores(query) for query in few], len(few)
        ),
        "beam_search_ms_per_span": milliseconds(
            lambda: beam_searches(oracle.model, few, tokens), len(few)
        ),
    }
    drawn = rng.sample(queries, min(args.agreement, len(queries)))
    agree, proven, proven_right, error = 0, 0, 0, 0.0
    for query, found in zip(drawn, spans.search(drawn, scorer), strict=True):
        expected = oracle.scores(query)
        if not expected:
            continue
        right = expected[next(iter(found.scores))] >= max(expected.values()) - 1e-4
        agree += right
        proven += found.proven
        proven_right += found.proven and right
        error = max(error, *(abs(expected[p] - found.scores[p]) for p in found.exact), 0.0)
    method_ms = times["method_ms_per_unit"] * n / s
    result = {
        "units": n,
        "spans": s,
        "threads": args.threads,
        "compute_type": args.compute_type,
        "search_type": scorer.rough,
        "exact": args.exact,
        **{name: round(value, 3) for name, value in times.items()},
        "method_over_translate": round(
            times["method_ms_per_unit"] / times["translate_ms_per_unit"], 3
        ),
        "beam_search_over_method": round(times["beam_search_ms_per_span"] / method_ms, 1),
        "brute_force_over_method": round(times["brute_force_ms_per_span"] / method_ms, 1),
        "beam_search_over_search": round(
            times["beam_search_ms_per_span"] / times["search_ms_per_span"], 1
        ),
        "agreement": round(agree / max(1, len(drawn)), 4),
        "proven": proven,
        "proven_right": proven_right,
        "largest_error": error,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
