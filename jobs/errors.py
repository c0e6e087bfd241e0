"""What a run can say when it can't go on; the messages are sentences for the person on call."""


class RunError(Exception):
    """A run can't go on; the message names the thing and the remedy. Exit status 1."""


class UsageError(RunError):
    """The request itself is wrong: an unknown name, a malformed date, a bad configuration. Exit status 2."""


class UnexpectedError(RunError):
    """A library or our own code failed in a way nobody foresaw; its cause's traceback is worth printing."""


class MissingPartition(RunError):
    """A declared input isn't there. A filter would have returned no rows and no error; this does not."""

    def __init__(self, table: str, days: list[str]) -> None:
        shown = ", ".join(days[:5]) + (f" and {len(days) - 5} more" if len(days) > 5 else "")
        super().__init__(f"table {table} has no partition for {shown}: build it first, `make backfill DATE={days[0]}`.")


class ContractBroken(RunError):
    """A table about to be written differs from its contract in `jobs/tables/`; every difference is listed."""

    def __init__(self, table: str, day: str, differences: list[str]) -> None:
        listed = "; ".join(differences)
        super().__init__(f"table {table}, day {day}, breaks its contract, nothing was replaced: {listed}.")
