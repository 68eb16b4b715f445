"""Lessons: scenes that set the window up, ask a question, and notice when it was answered by doing."""
