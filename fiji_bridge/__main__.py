"""``python -m fiji_bridge`` is the program ``fiji-bridge``."""

from fiji_bridge.cli import main

main()
