"""Act: own descriptors, clocks, signals and processes."""
