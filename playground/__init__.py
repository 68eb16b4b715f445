"""A desktop playground in which students and teachers run generative models."""

__version__ = "0.1.0"
