"""The kinds of object that come in and go out, one file each."""
