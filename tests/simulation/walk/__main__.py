"""The exhaustive walk of `make simulate`: two attempts, a refund, a split, every channel word."""

import argparse
import sys

from tests.simulation.walk.search import walk


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit-s", type=float, default=120.0, help="how long at most")
    walked = walk(limit_s=parser.parse_args().limit_s)
    end = "all there are" if walked.is_exhausted else f"all within {max(0, walked.depth - 1)} steps"
    print(f"{walked.seen} states ({end}), {walked.steps} steps, {len(walked.found)} wrong")
    for violation in walked.found:
        print(f"  · {violation}")
    return 1 if walked.found else 0


if __name__ == "__main__":
    sys.exit(main())
