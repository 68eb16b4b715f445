"""Measures training and sampling side by side with other ways to do the same work, without a window."""
