//! The validated meaning of a project. Knows no YAML, no command line, no processes.
