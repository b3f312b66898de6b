"""Changing source text: what a rule wants changed, and how it is cut, proved and formatted."""
