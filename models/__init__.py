"""Fit and score: recall, rankers, rules, products, their evaluation. No table IO."""

import os

# Threads of implicit and LightGBM otherwise spin while they wait for each other: where cores are shared, a fit of
# seconds takes a minute. OpenMP reads this when a library that uses it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
