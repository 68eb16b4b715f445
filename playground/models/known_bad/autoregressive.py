"""Autoregressive: draws that are no longer the model's."""

from playground.core.known_bad import KnownBad

KNOWN_BAD = (
    KnownBad("dropout", lambda s: s.config.dropout > 0.6,
             "More than half of all units are silent at each step: little is learned."),
    KnownBad("sample.temperature", lambda s: s.sample.temperature > 1.5,
             "A temperature of {s.sample.temperature:g} flattens every choice towards chance."),
)  # fmt: skip
