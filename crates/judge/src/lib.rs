//! Reads two histories, a tracker's and a mirror's, and says what was lost, doubled or diverged.
