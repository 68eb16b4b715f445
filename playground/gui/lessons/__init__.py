"""Lessons: scenes that set the window up, ask a question, and notice when it was answered by doing."""

from playground.gui.lessons.page import LecturePage as Page

__all__ = ["Page"]
