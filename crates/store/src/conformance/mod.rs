//! The conformance suite: every promise of the ports as a test that any backend runs.
