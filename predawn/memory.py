"""Whether a version fits into Redis, and stays there, asked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from predawn.connection import Client, address, is_cluster
from predawn.errors import PublishRefused
from predawn.keys import Place

MEGABYTE = 1_000_000
NO_EVICTION = "noeviction"


@dataclass(frozen=True)
class ServerMemory:
    """Of one server, or of all primaries of a cluster. left: bytes below maxmemory, null without a limit; evicts: the
    policy by which keys would be thrown away, null when none would."""

    address: str
    left: int | None
    evicts: str | None

    @staticmethod
    def of(client: Client) -> ServerMemory:
        if is_cluster(client):
            found = client.info("memory", target_nodes=redis.RedisCluster.PRIMARIES)
            nodes = [found] if "maxmemory" in found else list(found.values())
        else:
            nodes = [client.info("memory")]
        limited = [node for node in nodes if int(node.get("maxmemory", 0))]
        # Keys spread evenly over the nodes of a cluster, so the fullest one is the limit for all.
        left = min((int(node["maxmemory"]) - int(node["used_memory"]) for node in limited), default=None)
        policies = [str(node["maxmemory_policy"]) for node in limited if node["maxmemory_policy"] != NO_EVICTION]
        return ServerMemory(
            address(client), None if left is None else max(left, 0) * len(nodes), policies[0] if policies else None
        )

    def refuse_eviction(self, place: Place) -> None:
        """Raises PublishRefused when the server would throw lists away: their users would silently get popular ones."""
        if self.evicts:
            raise PublishRefused(
                f"{place}: Redis at {self.address} would evict lists when it is full (maxmemory-policy {self.evicts}): "
                f"set maxmemory-policy {NO_EVICTION}."
            )

    def refuse_overflow(self, place: Place, need: int, kept: int, budget: int) -> None:
        """need: bytes of the new version; kept: of those that stay; budget: for all of them, 0 for none.

        Raises PublishRefused.
        """
        remedy = "keep fewer versions (keep, `predawn prune`)"
        if budget and need + kept > budget:
            raise PublishRefused(
                f"{place}: the new version needs about {shown(need)} beside {shown(kept)} of kept ones, but memory_mb "
                f"allows {shown(budget)}: raise memory_mb or {remedy}."
            )
        if self.left is not None and need > self.left:
            raise PublishRefused(
                f"{place}: the new version needs about {shown(need)}, but Redis at {self.address} has "
                f"{shown(self.left)} left below maxmemory: raise maxmemory or {remedy}."
            )


def shown(size: int) -> str:
    """1234567 -> `1.2 MB`."""
    for unit, name in ((1000 * MEGABYTE, "GB"), (MEGABYTE, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1000:.1f} kB"
