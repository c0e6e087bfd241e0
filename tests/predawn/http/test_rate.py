import pytest

from predawn.http.rate import MAX_CLIENTS, TokenBuckets, client_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate=2, capacity=3, clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    clock.now = 100
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate=1, capacity=1, clock=clock)
    buckets.take("a")
    for tenth in range(1, 10):
        clock.now = tenth / 10
        assert buckets.take("a") > 0
    clock.now = 1.001
    assert buckets.take("a") == 0


def test_clients_have_a_bucket_each_and_are_forgotten_at_last() -> None:
    buckets = TokenBuckets(rate=1, capacity=1, clock=Clock())
    assert buckets.take("first") == 0
    assert buckets.take("other") == 0
    assert buckets.take("first") > 0
    for number in range(MAX_CLIENTS):
        buckets.take(str(number))
    assert len(buckets._buckets) == MAX_CLIENTS
    assert buckets.take("first") == 0


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("not:an:address", "not:an:address"),
    ],
)
def test_one_client_may_have_a_network_of_ipv6_addresses(address: str, client: str) -> None:
    assert client_of(address) == client
