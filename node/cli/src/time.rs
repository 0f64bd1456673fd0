//! Times as people write and read them; inside, seconds since 1970.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Last second of the year 9999: what RFC 3339 can write.
const LAST: u64 = 253_402_300_799;

/// Now, in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// As RFC 3339 in UTC: `2026-11-22T12:00:00Z`.
pub(crate) fn show(seconds: u64) -> String {
    if seconds > LAST {
        return format!("{seconds} s after 1970");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// A duration, rounded to what a person reads.
pub(crate) fn show_ms(ms: u64) -> String {
    if ms < 10_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

/// A time that was given as a duration from now (`24h`) or as RFC 3339 (`2026-12-01T08:00:00Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct When(pub(crate) u64);

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(duration) = humantime::parse_duration(text) {
            return Ok(Self(now().saturating_add(duration.as_secs())));
        }
        let time = humantime::parse_rfc3339(text).map_err(|_| {
            "a time is written as a duration from now (90m, 24h, 30d) or as 2026-12-01T08:00:00Z".to_owned()
        })?;
        let since = time.duration_since(UNIX_EPOCH).map_err(|_| "a time is after 1970".to_owned())?;
        Ok(Self(since.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_from_a_duration_or_a_date() {
        assert_eq!("1970-01-01T00:01:00Z".parse(), Ok(When(60)));
        let day = "24h".parse::<When>().unwrap().0;
        assert!((86_395..=86_405).contains(&(day - now())));
        assert!("tomorrow".parse::<When>().is_err());
    }

    #[test]
    fn a_time_after_the_year_9999_is_shown_without_a_panic() {
        assert_eq!(show(0), "1970-01-01T00:00:00Z");
        assert!(show(u64::MAX).contains("18446744073709551615"));
    }
}
