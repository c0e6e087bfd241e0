"""Alternating least squares by Spark MLlib: for matrices whose factors one machine takes too long to learn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, SparkSession
from scipy.sparse import csr_matrix


def solve(
    weights: csr_matrix, *, factors: int, regParam: float, alpha: float, iterations: int, numBlocks: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """User factors (users, factors) and item factors (items, factors), float32; 0 for users and items without weights.

    In one process (`local[n]`) the result is the same in every bit each time; on a cluster sums are made in the order
    in which blocks arrive. numBlocks: users and items are cut into so many. The matrix comes from the driver, and the
    factors go back to it.

    Raises RuntimeError without an active session.
    """
    session = SparkSession.getActiveSession()
    if session is None:
        raise RuntimeError('als: backend "spark" needs an active Spark session: start one, or use "implicit".')
    users = np.repeat(np.arange(weights.shape[0], dtype=np.int32), np.diff(weights.indptr))
    entries = pa.table({"user": users, "item": weights.indices.astype(np.int32), "rating": weights.data})
    als = ALS(rank=factors, maxIter=iterations, regParam=regParam, alpha=alpha, seed=seed, implicitPrefs=True)
    model = als.setNumBlocks(numBlocks).fit(session.createDataFrame(entries))
    return _dense(model.userFactors, weights.shape[0], factors), _dense(model.itemFactors, weights.shape[1], factors)


def _dense(learnt: DataFrame, n: int, factors: int) -> np.ndarray:
    """(n, factors) float32 from rows of id and features."""
    rows = learnt.toArrow().combine_chunks()
    matrix = np.zeros((n, factors), np.float32)
    matrix[rows["id"].to_numpy()] = rows["features"].combine_chunks().flatten().to_numpy().reshape(-1, factors)
    return matrix
