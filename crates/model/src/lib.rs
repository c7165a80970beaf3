//! The nouns of issuesync: ids, field values, items, snapshots, policies, clock evidence, and the clock and random ports.
