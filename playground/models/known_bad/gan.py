"""GAN: games that nobody can win, and games that never end."""

from playground.core.known_bad import KnownBad

KNOWN_BAD = (
    KnownBad("penalty",
             lambda s: s.config.objective == "wgan-gp" and s.config.penalty == 0.0 and not s.config.spectral,
             "Without its penalty nothing bounds the slope of a Wasserstein critic: its loss runs away.",
             {"penalty": 10.0}),
    KnownBad("penalty",
             lambda s: s.config.objective not in ("L2", "wgan-gp") and s.config.penalty == 0.0
             and not s.config.spectral,
             "Without a gradient penalty or spectral norm the two may circle each other for ever.", {"penalty": 0.1}),
    KnownBad("objective", lambda s: s.config.objective == "minimax",
             "Minimax is flat where D is sure of a fake, so a generator that has fallen behind learns nothing. "
             "Non-saturating seeks the same end and is steep there.", {"objective": "non-saturating"}),
    KnownBad("use_z", lambda s: not s.config.use_z and not (s.config.conditional and s.spec.classes),
             "Without noise and without a label there is one single sample."),
    KnownBad("momentum", lambda s: s.config.objective != "L2" and s.config.momentum > 0.7,
             "Momentum follows the opponent of yesterday: the two overshoot and swing.", {"momentum": 0.0}),
    KnownBad("sample.truncation", lambda s: s.sample.truncation < 0.1,
             "So close to zero all noise is alike: one sample a label."),
)  # fmt: skip
