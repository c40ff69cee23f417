"""Tests by the question they ask: unit, properties, oracles, golden, engines, assets, architecture, integration, faults."""
