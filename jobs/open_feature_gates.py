"""open_feature_gates: the same for the gates of the features."""

from jobs.gates import open_gates
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    open_gates(ctx, "feature_health", "feature_gates")
