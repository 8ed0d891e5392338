"""Fuzz for some minutes: `python -m tests.fuzz --seconds 600`. It fails if anything was found."""

import argparse
import sys
import time

from tests.fuzz.campaign import Campaign
from tests.fuzz.strategies import REPRODUCERS


def main() -> None:
    """Run a campaign and print what it tried and found."""
    parser = argparse.ArgumentParser(description="Look for inputs that cost too much or break a page.")
    parser.add_argument("--seconds", type=float, default=600)
    seconds = parser.parse_args().seconds
    campaign = Campaign(time.monotonic() + seconds, REPRODUCERS, say=lambda line: print(line, flush=True))
    campaign.run()
    for name, count in campaign.tried.items():
        cost = f"at most {campaign.costs[name]:.1f} s of processor a step"
        print(f"{name:12} {count:6} examples, {count / seconds:.1f}/s, {cost}")
    if campaign.found:
        sys.exit(f"{len(campaign.found)} failures, written to {REPRODUCERS.name}/: mend them and commit the files.")


if __name__ == "__main__":
    main()
