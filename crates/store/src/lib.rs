//! The port to durable state: one trait per concern, one method per transaction, the memory store and the conformance suite.
