"""Jobs, schedules, sensors and partitions: when the assets run, never what they do."""
