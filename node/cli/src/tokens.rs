//! Token files: the bytes of a capability token, which are no secret but may name a patient.

use std::path::{Path, PathBuf};

use clap::Args;
use nectar_abi::limits::MAX_TOKEN_BYTES;
use nectar_abi::{FieldMask, GrantHash, LegalBasis, Method, PatientHandle, Purpose};
use nectar_capability::{GrantBuilder, GrantSummary, Token};
use serde_json::json;

use crate::error::CliError;
use crate::files::{self, Access};
use crate::output::Report;
use crate::time::{When, now};

/// Reads a token.
pub(crate) fn read(path: &Path) -> Result<Token, CliError> {
    let bytes = files::read(path, "token", MAX_TOKEN_BYTES)?;
    Token::decode(&bytes).map_err(|e| CliError::Format {
        path: path.to_owned(),
        what: "capability token",
        why: e.to_string(),
    })
}

/// Writes a token to a new file.
pub(crate) fn write(path: &Path, token: &Token) -> Result<(), CliError> {
    files::create(path, &token.encode(), Access::Owner)
}

/// A token's grants, root first.
pub(crate) fn shown(token: &Token) -> Report {
    let grants: Vec<GrantSummary> = token.grants().map(GrantSummary::from).collect();
    let text: Vec<String> = grants.iter().map(ToString::to_string).collect();
    Report::new(json!({ "grants": grants }), text.join("\n\n"))
}

/// What a grant opens. For a child, whatever is left out stays as the parent has it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Opens {
    /// A method, execute/NAME or query/NAME; may be given several times
    #[arg(long = "method", value_name = "METHOD")]
    methods: Vec<Method>,
    /// A purpose of use, such as TREAT or PATRQT; may be given several times
    #[arg(long = "purpose", value_name = "CODE", value_parser = purpose)]
    purposes: Vec<Purpose>,
    /// The one patient that it is about
    #[arg(long, value_name = "HANDLE")]
    patient: Option<PatientHandle>,
    /// Open fields, which the contract gives their meaning: all, or bits such as 0,1,7
    #[arg(long, value_name = "BITS", value_parser = fields)]
    fields: Option<FieldMask>,
    /// When it ends: 90m, 24h, 30d, or 2026-12-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: Option<When>,
    /// When it begins, if not now
    #[arg(long, value_name = "TIME")]
    not_before: Option<When>,
    /// Why, in the issuer's words; required for ETREAT. Auditors read it: it names no patient
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Opens {
    /// Narrows a builder; `window` is the parent's, or nothing for a root.
    pub(crate) fn apply(
        &self,
        mut builder: GrantBuilder,
        window: Option<(u64, u64)>,
    ) -> Result<GrantBuilder, CliError> {
        if !self.methods.is_empty() {
            builder = builder.methods(self.methods.iter().cloned());
        }
        if !self.purposes.is_empty() {
            builder = builder.purposes(self.purposes.iter().copied());
        }
        if let Some(patient) = self.patient {
            builder = builder.patient(patient);
        }
        if let Some(fields) = self.fields {
            builder = builder.fields(fields);
        }
        if let Some(reason) = &self.reason {
            builder = builder.reason(reason.clone());
        }
        let from = self.not_before.map(|w| w.0).or(window.map(|w| w.0)).unwrap_or_else(now);
        let until = self.expires.map(|w| w.0).or(window.map(|w| w.1));
        let until =
            until.ok_or(CliError::Argument { what: "--expires", why: "a grant has an end".into() })?;
        Ok(builder.window(from, until))
    }
}

/// Reads a legal basis.
pub(crate) fn basis(text: &str) -> Result<LegalBasis, String> {
    let all: Vec<&str> = LegalBasis::ALL.iter().map(|b| b.code()).collect();
    text.parse().map_err(|_| format!("a legal basis is one of {}", all.join(", ")))
}

/// Reads a purpose of use.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    let all: Vec<&str> = Purpose::ALL.iter().map(|p| p.code()).collect();
    text.parse().map_err(|_| format!("a purpose is one of {}", all.join(", ")))
}

fn fields(text: &str) -> Result<FieldMask, String> {
    if text == "all" {
        return Ok(FieldMask::ALL);
    }
    let bits = text.split(',').map(|bit| bit.trim().parse::<u8>().ok().filter(|bit| *bit < 64));
    bits.collect::<Option<Vec<_>>>()
        .map(|bits| bits.into_iter().fold(FieldMask(0), |mask, bit| mask.union(FieldMask::bit(bit))))
        .ok_or_else(|| "fields are `all`, or bits from 0 to 63 with commas between them".to_owned())
}

/// Which grant: by its hash, or as the last one of a token file.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhichGrant {
    /// Token file whose last grant is meant
    #[arg(long, value_name = "FILE")]
    pub(crate) token: PathBuf,
    /// Another grant of that token, by its hash
    #[arg(long, value_name = "HASH")]
    pub(crate) grant: Option<GrantHash>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_all_or_bits() {
        assert_eq!(fields("all"), Ok(FieldMask::ALL));
        assert_eq!(fields("1, 3"), Ok(FieldMask(10)));
        assert!(fields("64").is_err() && fields("Observation").is_err() && fields("").is_err());
    }

    #[test]
    fn a_wrong_code_is_answered_with_the_right_ones() {
        assert!(purpose("treatment").unwrap_err().contains("TREAT"));
        assert!(basis("").unwrap_err().contains("INDIVIDUAL_ACCESS"));
    }
}
