"""Links between words that an aligner left over, for links that come without probabilities.

A hard aligner leaves out what it is not sure of. A source word and a translated one that both
usually have a counterpart, have none here, and have neighbours that are linked, are each other's.
A translated word that is left over after that, and throughout the corpus comes with one source
word, joins it where a neighbour of it is linked to that word.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["joined", "leftovers"]

Matrix = npt.NDArray[np.float32]

#: How much less than usual a word must be claimed to be left over.
GONE = 0.7
#: Words so near are neighbours.
NEAR = 2
#: Words whose Dice coefficient is so high come together.
TOGETHER = 0.25
#: A neighbour must be linked more than this.
LINKED = 0.3


def leftovers(links: Matrix, src_usual: Matrix, tgt_usual: Matrix, *, weight: float) -> Matrix:
    """Return ``links``, of shape (source words, target words), with the left-over words linked.

    ``src_usual`` and ``tgt_usual`` are how far each word is usually claimed (0 to 1); ``weight``
    is the most that a new link has.
    """
    src = src_usual - links.sum(axis=1)
    tgt = tgt_usual - links.sum(axis=0)
    rows, columns = np.flatnonzero(src >= GONE), np.flatnonzero(tgt >= GONE)
    if not weight or not len(rows) or not len(columns):
        return links
    fit = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for x, i in enumerate(rows):
        for y, j in enumerate(columns):
            near = links[max(0, i - NEAR) : i + NEAR + 1, max(0, j - NEAR) : j + NEAR + 1].max()
            fit[x, y] = src[i] * tgt[j] * min(1.0, float(near))
    result = links.copy()
    for x, i in enumerate(rows):
        y = int(fit[x].argmax())
        if fit[x, y] > 0 and fit[:, y].argmax() == x:
            result[i, columns[y]] += weight * fit[x, y]
    return result


def joined(
    links: Matrix, dice: Matrix, src_usual: Matrix, tgt_usual: Matrix, *, weight: float
) -> Matrix:
    """Return ``links`` with left-over words of the translation linked to what they come with.

    ``dice`` has the shape of ``links``, the rest is as for :func:`leftovers`.
    """
    result = links.copy()
    for j in np.flatnonzero(tgt_usual - links.sum(axis=0) >= GONE):
        likely = np.where(src_usual >= GONE, dice[:, j], 0.0)
        i = int(likely.argmax())
        near = links[i, max(0, j - NEAR) : j + NEAR + 1].max()
        if likely[i] >= TOGETHER and near > LINKED:
            result[i, j] += weight
    return result
