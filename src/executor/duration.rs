//! Durations in words.

/// A duration for people: `0.4s`, `14.2s`, `2m03s`, `1h02m`.
#[must_use]
pub fn duration(ms: u64) -> String {
    // Rounded before it is split, or 59.96 s would read 60.0s.
    let tenths = ms.saturating_add(50) / 100;
    let seconds = tenths / 10;
    match seconds {
        0..60 => format!("{seconds}.{}s", tenths % 10),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn words() {
        assert_eq!(duration(0), "0.0s");
        assert_eq!(duration(14_230), "14.2s");
        assert_eq!(duration(59_960), "1m00s");
        assert_eq!(duration(123_000), "2m03s");
        assert_eq!(duration(3_720_000), "1h02m");
    }
}
