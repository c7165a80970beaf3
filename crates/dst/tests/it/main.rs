//! The simulation in short: the same seed does the same, seeds that once broke a promise keep it, and laws can be broken.

<<<<<<< HEAD
mod differential;
=======
mod faults;
>>>>>>> scenarios
mod laws;
mod regressions;
mod repeat;
