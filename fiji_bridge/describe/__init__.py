"""Descriptors of the operations for workflow systems, from the declarations as the macros are."""
