"""Pictures and tables for people, from frames: no query, no engine."""
