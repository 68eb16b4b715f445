"""One optional panel a family, found by the family's name; `base` serves those without one."""
