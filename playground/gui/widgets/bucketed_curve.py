"""A growing curve kept in at most `LIMIT` points, whatever its length."""

import numpy as np

LIMIT = 1000  # points: about as many as a plot has columns, few enough for a thick antialiased line


class BucketedCurve:
    """Bucket means of a stream of (step, value) pairs.

    Each bucket holds the same number of consecutive pairs; when all buckets are full, neighbours merge and the stride
    doubles. An append therefore costs what it brings, and a halving of everything only comes after as many new pairs
    as there were before. NaN and infinities count as gaps: they never poison the mean of their neighbours.
    """

    def __init__(self) -> None:
        self._stride = 1
        self._seen = 0
        # Rows: sum of steps, number of pairs, sum of finite values, number of finite values.
        self._sums = np.zeros((4, LIMIT))

    def append(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Adds pairs in order; both arrays have shape (K,)."""
        values = np.asarray(values, dtype=float)
        finite = np.isfinite(values)
        rows = np.stack([steps, np.ones(len(values)), np.where(finite, values, 0.0), finite])  # (4, K)
        while rows.shape[1]:
            room = LIMIT * self._stride - self._seen
            if room == 0:
                self._merge_neighbours()
                continue
            now, rows = rows[:, :room], rows[:, room:]
            bucket = (self._seen + np.arange(now.shape[1])) // self._stride  # (K,)
            for row, total in zip(now, self._sums, strict=True):
                np.add.at(total, bucket, row)
            self._seen += now.shape[1]

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values, each (P,) with P <= LIMIT; a bucket without a finite value is NaN."""
        used = -(-self._seen // self._stride)
        steps, pairs, values, finite = self._sums[:, :used]
        with np.errstate(invalid="ignore"):
            return steps / pairs, values / finite

    def _merge_neighbours(self) -> None:
        half = LIMIT // 2
        self._sums[:, :half] = self._sums.reshape(4, half, 2).sum(axis=2)
        self._sums[:, half:] = 0.0
        self._stride *= 2


def smoothed(values: np.ndarray, span: float) -> np.ndarray:
    """Exponential moving average over about `span` points, unbiased at the start; gaps stay gaps.

    Args:
        values: (P,).
        span: time constant in points; at most 0 returns the values as they are.
    """
    if span <= 0:
        return values
    keep = float(np.exp(-1.0 / span))
    total = weight = 0.0
    result = []
    for value in values.tolist():
        if value == value:  # NaN is the one number that differs from itself
            total = keep * total + value
            weight = keep * weight + 1.0
            result.append(total / weight)
        else:
            result.append(value)
    return np.array(result)
