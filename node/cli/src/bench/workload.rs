use clap::ValueEnum;
use nectar_abi::PatientHandle;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::hosted::{Call, Hosted};
use crate::error::CliError;

const CONSENT: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/consent.wasm");
const COUNTER: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/counter.wasm");
const LEAN: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/lean.wasm");
const RECORDS: &[u8] = include_bytes!("../../../../contracts/examples/artifacts/health_records.wasm");
/// Of `loop.wat`.
const LOOP: &[u8] = include_bytes!("loop.wasm");

/// Most instructions of the loop: a node takes runs of at most 2^19 steps, and a step is about three instructions.
pub(crate) const MAX_INSTRUCTIONS: u32 = 1_600_000;
/// Instructions of a round of the loop, and of what is around all of them.
const ROUND: u32 = 77;
const AROUND: u32 = 450;
const PATIENT: PatientHandle = PatientHandle::new([7; 32]);

/// What is proven: one call of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// `increment` of the counter, an ordinary contract
    Counter,
    /// The same without JSON on the way
    Lean,
    /// `record` of the demo's consent contract
    Consent,
    /// `get` of the demo's health-records, which asks consent: two runs
    HealthRecords,
    /// `put` of the same, an `execute`
    HealthRecordsPut,
    /// A synthetic loop of about as many instructions as --instructions says
    Loop,
}

impl Workload {
    /// As it is written.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Makes the contract, and calls what comes before the call that counts. All that is settled.
    pub(super) fn prepare(self, host: &Hosted, instructions: u32) -> Result<Call, CliError> {
        let call = match self {
            Self::Counter => increment(host, COUNTER)?,
            Self::Lean => increment(host, LEAN)?,
            Self::Consent => {
                let contract = host.contract(CONSENT, &json!({}))?;
                host.granted(contract, &["execute/record"], &[])?.with("execute/record", &rule())
            }
            Self::HealthRecords => {
                let Records { granted, put, get } = Records::new(host)?;
                host.call(&granted.clone().with("execute/put", &put))?;
                granted.with("query/get", &get)
            }
            Self::HealthRecordsPut => {
                let Records { granted, put, .. } = Records::new(host)?;
                granted.with("execute/put", &put)
            }
            Self::Loop => {
                let rounds = (instructions.saturating_sub(AROUND) / ROUND).max(1);
                let contract = host.contract(LOOP, &json!({}))?;
                let message = json!({ "spin": { "rounds": rounds } });
                host.granted(contract, &["execute/spin"], &[])?.with("execute/spin", &message)
            }
        };
        host.settle()?;
        Ok(call)
    }
}

fn increment(host: &Hosted, wasm: &[u8]) -> Result<Call, CliError> {
    let contract = host.contract(wasm, &json!({ "start": 5 }))?;
    let message = json!({ "increment": { "by": 7 } });
    Ok(host.granted(contract, &["execute/increment"], &[])?.with("execute/increment", &message))
}

/// What a patient says first: everyone whom a grant admits may read.
fn rule() -> serde_json::Value {
    json!({ "record": { "patient": PATIENT, "rule": { "effect": "permit", "who": "anyone" } } })
}

/// Health records with consent to all, and what is asked of them.
struct Records {
    granted: Call,
    put: serde_json::Value,
    get: serde_json::Value,
}

impl Records {
    fn new(host: &Hosted) -> Result<Self, CliError> {
        let consent = host.contract(CONSENT, &json!({}))?;
        host.call(&host.granted(consent, &["execute/record"], &[])?.with("execute/record", &rule()))?;
        let records = host.contract(RECORDS, &json!({ "consent": consent.id }))?;
        let (resource_type, id) = ("Observation", "bp-1");
        let value = json!({ "value": 120, "unit": "mmHg" });
        let resource =
            json!({ "resourceType": resource_type, "id": id, "status": "final", "valueQuantity": value });
        let of = json!({ "patient": PATIENT, "resource_type": resource_type, "id": id });
        let mut put = of.clone();
        if let Some(put) = put.as_object_mut() {
            put.insert("resource".into(), resource);
        }
        let granted = host.granted(records, &["execute/put", "query/get"], &[consent.id])?;
        Ok(Self { granted, put: json!({ "put": put }), get: json!({ "get": of }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_is_what_its_text_says() {
        let wasm = wat::parse_str(include_str!("loop.wat")).unwrap();
        assert!(wasm == LOOP, "write loop.wasm anew: wasm-tools parse loop.wat -o loop.wasm");
        assert_eq!(nectar_runtime::check_module(LOOP), Ok(()));
    }
}
