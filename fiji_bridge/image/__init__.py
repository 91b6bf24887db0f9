"""What an image is: samples with named axes, their calibration, lengths, memory, provenance."""
