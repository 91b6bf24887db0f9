"""Into a Fiji or ImageJ folder and out of it again, and onto an update site."""

from fiji_bridge.install.folder import Report, install, uninstall
from fiji_bridge.install.updatesite import update_site

__all__ = ["Report", "install", "uninstall", "update_site"]
