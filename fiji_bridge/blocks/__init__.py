"""Images of any size, block by block: what is read, computed and written together."""
