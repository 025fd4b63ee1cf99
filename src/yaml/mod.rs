//! YAML text to a tree in which every node knows its place and every scalar its raw text and style.
//! Scalars resolve by the rules of Go's yaml.v3. Knows nothing of tasks.
