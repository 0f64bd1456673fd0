//! The DSP service: HTTP interface, batch pipeline, metrics.
