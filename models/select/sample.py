"""Users drawn by a hash of their code: the same ones from run to run, in whatever order their rows come."""

from __future__ import annotations

import numpy as np

from models.rank.blocks import draw

ALL = 2**64
GROUPS = 20


def drawn_users(users: np.ndarray, share: float, seed: int) -> np.ndarray:
    """(n,) bool: whether a row's user is among the share that is drawn. users: (n,) codes."""
    if share >= 1:
        return np.ones(len(users), bool)
    return _draw(users, seed) < np.uint64(int(share * ALL))


def user_groups(users: np.ndarray, seed: int) -> np.ndarray:
    """(n,) int64 in 0 .. GROUPS - 1: the group that a row's user is in, so that a user's rows stay together."""
    return (_draw(users, seed) % np.uint64(GROUPS)).astype(np.int64)


def _draw(users: np.ndarray, seed: int) -> np.ndarray:
    return draw(users.astype(np.uint64), np.zeros(len(users), np.int64), seed)
