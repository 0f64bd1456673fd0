use std::fmt;

use nectar_abi::FieldMask;
use serde::Serialize;

use crate::signed_grant::SignedGrant;

/// A grant as an auditor reads and compares it: every field as text, `None` where it has none. It shows the patient's
/// handle and the reason: for people who may see them, never for logs.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantSummary {
    /// The hash that registration and revocation refer to.
    pub hash: String,
    /// Its own id.
    pub id: String,
    /// The hash of the grant that it narrows; none at the root.
    pub parent: Option<String>,
    /// Who signed it.
    pub issuer: String,
    /// Who may use it.
    pub holder: String,
    /// The contract.
    pub contract: String,
    /// The code.
    pub code: String,
    /// The one patient; none where it opens all.
    pub patient: Option<String>,
    /// The methods, sorted.
    pub methods: Vec<String>,
    /// `all`, or the open bits in ascending order.
    pub fields: String,
    /// The purposes as HL7 codes.
    pub purposes: Vec<String>,
    /// The legal basis.
    pub legal_basis: String,
    /// Start, UTC (RFC 3339).
    pub not_before: String,
    /// End, UTC (RFC 3339); the grant no longer holds in this second.
    pub expires: String,
    /// Delegations that may still follow.
    pub depth: String,
    /// Why, in the issuer's words.
    pub reason: Option<String>,
    /// Whether this is break-glass access.
    pub emergency: bool,
}

impl From<&SignedGrant> for GrantSummary {
    fn from(signed: &SignedGrant) -> Self {
        let grant = signed.grant();
        Self {
            hash: signed.hash().to_string(),
            id: grant.id.to_string(),
            parent: grant.parent.map(|hash| hash.to_string()),
            issuer: grant.issuer.to_string(),
            holder: grant.holder.to_string(),
            contract: grant.contract.to_string(),
            code: grant.code.to_string(),
            patient: grant.patient.map(|handle| handle.to_string()),
            methods: grant.methods.iter().map(ToString::to_string).collect(),
            fields: fields(grant.fields),
            purposes: grant.purposes.iter().map(ToString::to_string).collect(),
            legal_basis: grant.basis.to_string(),
            not_before: utc(grant.not_before),
            expires: utc(grant.expires),
            depth: grant.depth.to_string(),
            reason: grant.reason.clone(),
            emergency: grant.is_emergency(),
        }
    }
}

/// One field a line.
impl fmt::Display for GrantSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
        writeln!(f, "grant       {}", self.hash)?;
        writeln!(f, "id          {}", self.id)?;
        writeln!(f, "parent      {}", or(&self.parent, "none (root)"))?;
        writeln!(f, "issuer      {}", self.issuer)?;
        writeln!(f, "holder      {}", self.holder)?;
        writeln!(f, "contract    {}", self.contract)?;
        writeln!(f, "code        {}", self.code)?;
        writeln!(f, "patient     {}", or(&self.patient, "all"))?;
        writeln!(f, "methods     {}", self.methods.join(", "))?;
        writeln!(f, "fields      {}", self.fields)?;
        writeln!(f, "purposes    {}", self.purposes.join(", "))?;
        writeln!(f, "legal basis {}", self.legal_basis)?;
        writeln!(f, "from        {}", self.not_before)?;
        writeln!(f, "until       {}", self.expires)?;
        writeln!(f, "depth       {}", self.depth)?;
        write!(f, "reason      {}", or(&self.reason, "none"))?;
        if self.emergency { write!(f, "\nEMERGENCY   break-glass access") } else { Ok(()) }
    }
}

/// Leaves out what concerns a patient: `Debug` ends up in logs.
impl fmt::Debug for GrantSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrantSummary").field("hash", &self.hash).finish_non_exhaustive()
    }
}

fn fields(mask: FieldMask) -> String {
    if mask == FieldMask::ALL {
        return "all".to_owned();
    }
    let open: Vec<_> =
        (0..64).filter(|bit| mask.contains(FieldMask::bit(*bit))).map(|bit| bit.to_string()).collect();
    if open.is_empty() { "none".to_owned() } else { open.join(" ") }
}

const DAY: u64 = 86_400;
/// 10000-01-01, from which on RFC 3339 has no text.
const END: u64 = 253_402_300_800;

/// Seconds since 1970 as RFC 3339 in UTC; beyond the year 9999 as a plain number.
fn utc(seconds: u64) -> String {
    if seconds >= END {
        return format!("{seconds} s after 1970");
    }
    let (year, month, day) = civil(seconds / DAY);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The Gregorian date of a day since 1970: whole years off, then whole months.
fn civil(mut day: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // 400 years are 146,097 days, so that the loop below is short.
    let mut year = 1970 + day / 146_097 * 400;
    day %= 146_097;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_seconds_have_their_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "253402300800 s after 1970"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn fields_are_named_by_their_bits() {
        assert_eq!(fields(FieldMask::ALL), "all");
        assert_eq!(fields(FieldMask(0)), "none");
        assert_eq!(fields(FieldMask(0b1010)), "1 3");
        assert_eq!(fields(FieldMask::bit(63)), "63");
    }
}
