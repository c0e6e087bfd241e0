"""Predawn's client: reads, and publishes, nightly top-N lists in Redis. Needs `redis` only.

from predawn import Reader
Reader("redis://127.0.0.1:6399/0").top("1364", n=5).items
"""

from predawn.aio import AsyncReader
from predawn.answers import Answer
from predawn.assignment import Experiment
from predawn.codec import Reason
from predawn.errors import (
    CorruptList,
    InvalidId,
    NoPublication,
    OlderThanLive,
    PredawnError,
    PublishError,
    PublishRefused,
    ReadError,
    Unavailable,
    UnknownScene,
    VerificationFailed,
)
from predawn.experiments import publish_experiment, read_experiment
from predawn.products import CodedLists, Products
from predawn.publication import KeptVersion, Publication, Status
from predawn.publisher import Publisher
from predawn.reader import Reader

__all__ = [
    "Answer",
    "AsyncReader",
    "CodedLists",
    "CorruptList",
    "Experiment",
    "InvalidId",
    "KeptVersion",
    "NoPublication",
    "OlderThanLive",
    "PredawnError",
    "Products",
    "Publication",
    "PublishError",
    "PublishRefused",
    "Publisher",
    "ReadError",
    "Reader",
    "Reason",
    "Status",
    "Unavailable",
    "UnknownScene",
    "VerificationFailed",
    "publish_experiment",
    "read_experiment",
]
