"""How the panel writes what the lecture writes, and small things that its pages share."""

X_0, X_T = "<i>x</i><sub>0</sub>", "<i>x<sub>t</sub></i>"
X_NEXT = "<i>x</i><sub>next</sub>"
