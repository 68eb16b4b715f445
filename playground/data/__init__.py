"""One data set a file, discovered by its CARD."""
