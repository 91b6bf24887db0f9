"""One file per operation, one registry; Python, command line and macros come from it."""
