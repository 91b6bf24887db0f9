"""A service somewhere else, used as if it were this package."""
