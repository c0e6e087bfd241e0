"""A dry run over some raw files: what Predawn understands of them, and what to mend. Builds and writes nothing."""
