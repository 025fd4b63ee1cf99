//! Byte offsets brought to the bounds of characters. Knows nothing else.

/// The offset itself, or the nearest one before it that does not split a character or pass the end.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
