"""An MT model in PyTorch that scores tokens of translations, for the search."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from labelproj.devices import has_fast_bfloat16
from labelproj.errors import ModelError
from labelproj.project.constrained.base import Floats, Grown, Ints, Shortlist, Survey
from labelproj.project.constrained.encode import encode
from labelproj.project.constrained.forest import Forest, Rooms
from labelproj.project.constrained.kernels import Linears
from labelproj.project.constrained.wiring import wire
from labelproj.translate.forced import load_model

__all__ = ["TorchScorer"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

#: Logits computed at a time: on a CPU as many as its cache holds (they are read again at once, to
#: be summed), on a GPU as many as keep it busy.
LOGITS = {"cpu": 1 << 19, "cuda": 1 << 27}
#: From how probable a token is on the shortlist.
PROBABLE = math.exp(-7)
#: Between these, sums of powers are as exact as if the highest power were 1.
LEAST, MOST = 2.0**-80, 2.0**120
#: A shortlist has a multiple of so many tokens, as every other size wants kernels of its own.
STEP = 512


class TorchScorer:
    """A model that is open on a device.

    ``dtype`` is that of the numbers: ``float32``, ``bfloat16`` or ``float16``; ``rough`` that of
    matrix products inside :meth:`roughly`: ``float32``, ``bfloat16``, or ``auto`` for bfloat16
    where it is faster. A model in another type than float32 has one type for all. Raises ModelError
    for an architecture or type that is not known, DependencyError without PyTorch,
    ModelConversionError for files that cannot be loaded.
    """

    def __init__(self, folder: Path, *, device: str, dtype: str = "float32", rough: str = "auto"):
        if dtype not in ("float32", "bfloat16", "float16"):
            raise ModelError(f"no number type {dtype!r}", remedy="float32, bfloat16 or float16")
        self._model: Any = load_model(folder, device=device, dtype=dtype)
        import torch

        self._torch = torch
        self._device = device
        if rough not in ("auto", "float32", "bfloat16"):
            raise ModelError(f"no number type {rough!r}", remedy="auto, float32 or bfloat16")
        if rough == "auto":
            rough = "bfloat16" if has_fast_bfloat16(device) else "float32"
        #: The number type inside :meth:`roughly`.
        self.rough = rough if dtype == "float32" else dtype
        self._linears = Linears(self._model, rough=self.rough != dtype)
        self._wiring = wire(self._model, self._linears, where=str(folder))
        self._rooms = Rooms(len(self._wiring.blocks))
        self.start = int(self._model.config.decoder_start_token_id)
        self.end = int(self._model.config.eos_token_id)

    @property
    def positions(self) -> int | None:
        """How many tokens a translation may have; None when any number."""
        return self._wiring.positions

    @property
    def workers(self) -> int:
        """As many as PyTorch has threads on a CPU, else one."""
        return self._torch.get_num_threads() if self._device == "cpu" else 1

    def map(self, work: Callable[[_In], _Out], batches: Sequence[_In]) -> list[_Out]:
        """Do ``work`` for every batch; on a CPU each core takes batches of its own.

        The products are too small to be shared out well between cores.
        """
        torch, threads = self._torch, self.workers
        if threads == 1 or len(batches) == 1:
            return [work(batch) for batch in batches]
        try:
            with ThreadPoolExecutor(
                threads, initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                return list(pool.map(work, batches))
        finally:
            torch.set_num_threads(threads)

    def work_alone(self) -> None:
        """Compute on one thread from now on, in all of this process."""
        self._torch.set_num_threads(1)

    def roughly(self) -> AbstractContextManager[None]:
        """Compute products in the number type ``rough`` inside a block, on this thread."""
        return self._linears.roughly()

    def encode(self, sources: Sequence[Ints]) -> Forest:
        """Return an empty forest over the encoded ``sources`` (token ids each)."""
        with self._torch.inference_mode():
            encoded = encode(self._wiring, sources, device=self._device)
            return Forest(self._wiring, encoded, self._rooms)

    def log_probs(
        self,
        grown: Grown,
        rows: Ints,
        columns: Sequence[Ints],
        *,
        shortlist: Shortlist | None = None,
    ) -> list[Floats]:
        """Return log-probabilities of tokens after decoded ones; see :class:`.base.Scorer`."""
        wanted = np.maximum(np.stack(columns, axis=1), 0)
        project = self._wiring.project
        if shortlist is not None:
            wanted, project = np.searchsorted(shortlist.ids, wanted), shortlist.project
        size = self._wiring.vocabulary if shortlist is None else len(shortlist.ids)
        return self._log_probs(grown, rows, wanted, project, size)

    def survey(self, grown: Grown, rows: Ints, columns: Sequence[Ints], *, also: Ints) -> Survey:
        """Return log-probabilities, and the shortlist; see :class:`.base.Scorer`."""
        torch, vocabulary = self._torch, self._wiring.vocabulary
        wanted = np.maximum(np.stack(columns, axis=1), 0)
        highest = torch.zeros(vocabulary, device=self._device)

        def note(probabilities: Any) -> None:
            torch.maximum(highest, probabilities, out=highest)

        project = self._wiring.project
        found = self._log_probs(grown, rows, wanted, project, vocabulary, note=note)
        highest[torch.from_numpy(np.append(wanted, also)).to(self._device)] = math.inf
        count = int((highest > PROBABLE).sum())
        size = -(-count // STEP) * STEP
        if 2 * size > vocabulary:
            return Survey(found, None, np.zeros(len(rows)))
        ids = np.sort(highest.topk(size).indices.cpu().numpy())
        shortlist = Shortlist(ids, self._columns(ids))
        with self.roughly():
            (among,) = self.log_probs(grown, rows, columns[:1], shortlist=shortlist)
        return Survey(found, shortlist, among - found[0])

    def _columns(self, ids: Ints) -> Any:
        """Return the output layer of some tokens alone."""
        weights, bias = self._wiring.output, self._wiring.output_bias
        with self._torch.inference_mode():
            here = self._torch.from_numpy(ids).to(self._device)
            own = None if bias is None else bias[here]
            return self._linears.linear(weights.detach()[here], own)

    def _log_probs(
        self,
        grown: Grown,
        rows: Ints,
        wanted: Ints,
        project: Any,
        size: int,
        *,
        note: Callable[[Any], None] | None = None,
    ) -> list[Floats]:
        """Return the (n,) log-probabilities of each column of ``wanted`` (n, columns)."""
        torch = self._torch
        places = torch.from_numpy(wanted).to(self._device)
        where = torch.from_numpy(rows).to(self._device)
        step = max(16, LOGITS[self._device] // size // 16 * 16)
        parts = []
        with torch.inference_mode():
            for begin in range(0, len(rows), step):
                here = slice(begin, begin + step)
                states = grown.states.index_select(0, where[here])
                own, powers, whole = self._powers(project, states, places[here])
                if not _is_safe(whole):
                    own, powers, whole = self._powers(project, states, places[here], shifted=True)
                parts.append(own.sub_(whole.log2()).mul_(math.log(2)))
                if note is not None:
                    note(powers.div_(whole).amax(0))
            values: Floats = torch.cat(parts).double().cpu().numpy()
        return list(values.T)

    def _powers(
        self, project: Any, states: Any, places: Any, *, shifted: bool = False
    ) -> tuple[Any, Any, Any]:
        """Return the logits at ``places`` (n, columns), two to the power of all, and their sums.

        Logits are in bits, as powers of two take a quarter of the time of those of e, and powers
        are computed in their place, as new memory takes longer. With ``shifted`` the highest
        logit is 0, so that no power is out of range.
        """
        logits = project(states).float().mul_(1 / math.log(2))
        if shifted:
            logits.sub_(logits.amax(1, keepdim=True))
        own = logits.gather(1, places)
        powers = logits.exp2_()
        return own, powers, powers.sum(1, keepdim=True)


def _is_safe(sums: Any) -> bool:
    """Say whether no power that counts in a sum can have been out of the range of float32."""
    return bool(((sums > LEAST) & (sums < MOST)).all())
