"""One operation, command or macro on many files: journal, going on, what happened to each."""
