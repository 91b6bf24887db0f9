"""ImageJ commands, macros and scripts on images of any kind, and processes to run them in."""
