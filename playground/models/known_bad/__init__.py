"""What is known not to work, see `core.known_bad`: a family a file; one without a file has nothing of its own."""
