"""One family a file, discovered by its CARD."""
