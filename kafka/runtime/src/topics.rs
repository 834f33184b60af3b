//! Topics as code.
