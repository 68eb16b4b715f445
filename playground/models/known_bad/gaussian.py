"""Gaussian mixture: more clouds than there is rain."""

from playground.core.known_bad import KnownBad

KNOWN_BAD = (
    KnownBad("components", lambda s: s.config.components > s.examples,
             "There are {s.config.components} Gaussians for {s.examples:,} examples: some can only stand on one."),
)  # fmt: skip
