"""The same honest numbers for every family."""
