//! The port to a tracker: requests out, answers in, capabilities, and errors that carry the decision.
