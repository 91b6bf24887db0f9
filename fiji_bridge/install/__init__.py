"""Into a Fiji or ImageJ folder and out of it again, and onto an update site."""
