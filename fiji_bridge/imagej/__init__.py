"""ImageJ's own notions: texts, sample types, metadata blocks."""
