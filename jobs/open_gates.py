"""open_gates: stops the night when a gate of what came in has failed and the run wasn't told to accept it."""

from jobs.gates import open_gates
from jobs.runtime.context import Context


def run(ctx: Context) -> None:
    open_gates(ctx, "health", "gates")
