//! The engine: steps that verify, observe, merge, push, poll and check, and the loops that run them.
