"""Token buckets: how many, how fast they come back, and what one address leaves to the others."""

import pytest

from hfcourse.limits.networks import get_client_network
from hfcourse.limits.rate_limits import FairTokenBucket, KeyedTokenBuckets, TokenBucket


def taken(bucket: FairTokenBucket, address: str, times: int, now: float) -> int:
    return sum(bucket.consume_token(address, now) for _ in range(times))


def test_a_bucket_is_full_at_first_and_refills_in_a_minute():
    bucket = TokenBucket(60, now=0)
    assert sum(bucket.consume_token(0) for _ in range(100)) == 60
    assert [bucket.consume_token(0.5), bucket.consume_token(1), bucket.consume_token(1.5)] == [False, True, False]
    assert sum(bucket.consume_token(1000) for _ in range(100)) == 60


def test_an_address_alone_has_all_but_the_reserve():
    bucket = FairTokenBucket(60, share=20, reserve=10, now=0)
    assert taken(bucket, "a", 100, now=0) == 50
    assert taken(bucket, "b", 100, now=0) == 10, "the reserve is for who comes late"


def test_a_class_of_thirty_behind_one_address_searches_twice_a_minute():
    bucket = FairTokenBucket(60, share=20, reserve=10, now=0)
    for minute in range(5):
        moments = [60 * minute + second / 2 for second in range(60)]  # all within half of the minute
        assert all(bucket.consume_token("class", moment) for moment in moments), minute


def test_under_pressure_an_address_over_its_share_waits_for_the_others():
    bucket = FairTokenBucket(60, share=20, reserve=10, now=0)
    bucket.consume_token("b", 0)
    assert taken(bucket, "a", 100, now=0) == 29, "half stays where others ask"
    assert taken(bucket, "b", 19, now=0) == 19
    assert taken(bucket, "c", 100, now=0) == 11


def test_an_address_within_its_share_is_never_refused_whatever_a_greedy_one_does():
    bucket = FairTokenBucket(60, share=20, reserve=10, now=0)
    taken(bucket, "greedy", 100, now=0)
    for second in range(0, 60, 3):
        taken(bucket, "greedy", 10, now=second)
        assert bucket.consume_token("b", second), second


def test_what_was_taken_is_forgotten_after_two_windows():
    bucket = FairTokenBucket(60, share=20, reserve=10, now=0)
    taken(bucket, "a", 100, now=0)
    bucket.consume_token("b", 0)
    assert bucket.network_count == 2
    assert taken(bucket, "a", 100, now=200) == 50
    assert bucket.network_count == 1


def test_each_key_has_a_bucket_and_the_least_used_is_forgotten():
    seconds = [0.0]
    buckets = KeyedTokenBuckets(2, refill_seconds=4, max_keys=2, clock=lambda: seconds[0])
    assert [buckets.consume_token("a") for _ in range(3)] == [True, True, False]
    seconds[0] += 2
    assert [buckets.consume_token("a") for _ in range(2)] == [True, False]
    assert buckets.consume_token("b")
    assert buckets.consume_token("c")
    assert [buckets.consume_token("a") for _ in range(3)] == [True, True, False], "forgotten, and full again"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_machine_of_ipv6_is_its_network(address: str, network: str):
    assert get_client_network(address) == network
