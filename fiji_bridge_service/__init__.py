"""A long-lived, guarded service over HTTP: `fiji-bridge serve`. A package on top of fiji_bridge."""
