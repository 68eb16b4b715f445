"""VAE: codes that say nothing, and codes that nobody can draw."""

from playground.core.known_bad import KnownBad

HEAVIEST = {"points": 4.0, "images": 20.0}  # β at which the KL outweighs all that a code could say

KNOWN_BAD = (
    KnownBad("beta", lambda s: s.config.beta > HEAVIEST[s.spec.kind],
             "With β = {s.config.beta:g} a code costs more than it can save: q(z|x) may fall back to the prior, and z "
             "says nothing.", {"beta": 1.0}),
    KnownBad("beta", lambda s: s.config.beta < 0.01,
             "With β = {s.config.beta:g} nothing holds codes near the prior: samples decode codes never seen before.",
             {"beta": 1.0}),
    KnownBad("latent_dim", lambda s: s.config.latent_dim > 2 * s.spec.dims,
             "The code has more than twice as many numbers as an example: the rest carries noise."),
)  # fmt: skip
