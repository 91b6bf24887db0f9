"""Comparing: an engine against the reference, a file against another."""
