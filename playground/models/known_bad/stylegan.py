"""Style: a critic that nothing holds."""

from playground.core.known_bad import KnownBad

KNOWN_BAD = (
    KnownBad("penalty", lambda s: s.config.penalty == 0.0,
             "Without a gradient penalty the two may circle each other for ever.", {"penalty": 0.5}),
)  # fmt: skip
