"""What is kept of the users of a variant: sums, whole numbers, from which a metric and its error follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NOTHING = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Moments:
    """Sums over the users of one variant for a metric numerator / denominator, both whole numbers of a user.

    For a mean per user the denominator is 1 for everyone.
    """

    users: int
    numerator: int
    denominator: int
    numerator_squares: int
    denominator_squares: int
    products: int

    @classmethod
    def of(cls, numerator: np.ndarray, denominator: np.ndarray) -> Moments:
        """From (n,) integer arrays, one element a user."""
        x, y = numerator.astype(np.int64), denominator.astype(np.int64)
        return cls(len(x), int(x.sum()), int(y.sum()), int((x * x).sum()), int((y * y).sum()), int((x * y).sum()))

    def __add__(self, other: Moments) -> Moments:
        return Moments(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    def ratio(self) -> tuple[float, float]:
        """The sum of numerators over that of denominators, and the variance of this estimate over draws of users.

        Users are what is drawn, not clicks or exposures, and those of one user depend on each other; so the variance
        is that of the delta method. NaN for both with fewer than two users or without a denominator.

        Source: Deng, Knoblich, Lu, "Applying the Delta Method in Metric Analytics", KDD 2018, DOI
        10.1145/3219819.3219919.
        """
        n, x, y = self.users, self.numerator, self.denominator
        if n < 2 or y == 0:
            return NOTHING
        # Whole numbers until here, so nothing is lost where large sums nearly cancel.
        spread = n * n * (self.numerator_squares * y * y - 2 * x * y * self.products + x * x * self.denominator_squares)
        variance = spread / (n * (n - 1) * y**4)
        return x / y, variance
