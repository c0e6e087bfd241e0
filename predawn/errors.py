"""What publishing and reading can fail with; every message is one sentence that names the thing and the remedy.

PredawnError
  Unavailable          Redis doesn't answer, or answers with an error
  InvalidId            an id, version or scene name that can't be stored (also a ValueError)
  ReadError
    NoPublication      the scene has no lists now: never published, or expired
    UnknownScene       the scene isn't among the published ones, or none was named and there are several
    CorruptList        a stored value that no publisher of this format has written
  PublishError         nothing was made live; the lists that were live still are
    PublishRefused     the publication itself is wrong: empty, older than the live one, contradicting a kept one
    VerificationFailed what was read back from Redis isn't what was written
"""


class PredawnError(Exception):
    """Base of everything that this package raises on purpose."""


class Unavailable(PredawnError):
    """Redis doesn't answer, or answers with an error. The message holds the address without user and password."""


class InvalidId(PredawnError, ValueError):
    """An id, version or scene name that can't be stored."""


class ReadError(PredawnError):
    """Redis answers, but there is no list to return."""


class NoPublication(ReadError):
    """The scene has no lists now: never published, or expired since."""


class UnknownScene(ReadError):
    """The scene isn't among the published ones, or none was named and there are several."""


class CorruptList(ReadError):
    """A stored value that no publisher of this format has written."""


class PublishError(PredawnError):
    """Nothing was made live; the lists that were live still are."""


class PublishRefused(PublishError):
    """The publication itself is wrong: empty, or contradicting a kept one."""


class OlderThanLive(PublishRefused):
    """The live lists are of a newer data day; they stay live unless the publisher is told otherwise."""


class VerificationFailed(PublishError):
    """What was read back from Redis isn't what was written."""
