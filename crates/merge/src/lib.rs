//! The pure ground floor: canonical form, accept rule, three-way merge, body merge and push plan.
