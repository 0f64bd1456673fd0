//! What a contract sees while it is checked: an environment, its caller, and other contracts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nectar_abi::{
    CallerGrant, ContractId, FieldMask, GrantHash, LegalBasis, Method, NetworkId, PublicKey, Purpose, compact,
};
use nectar_runtime::{DEFAULT_LIMIT, ENV_HEAD_BYTES};
use nectar_vm::cosmwasm::{Queries, QueryAnswer};
use serde_json::{Value, json};

use super::run::{EntryPoint, Planned};

/// 2026-09-21, so that the same check gives the same numbers on any day.
const TIME: u64 = 1_790_000_000;
/// Gas that an invocation has.
pub(crate) const GAS: u64 = DEFAULT_LIMIT;

const OWNER: PublicKey = PublicKey::new([1; 32]);
const CONTRACT: ContractId = ContractId::new([2; 32]);
const GRANT: GrantHash = GrantHash::new([3; 32]);

/// What was said about it on the command line.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The grant in use; otherwise the owner has one of everything.
    pub(crate) caller: Option<CallerGrant>,
    /// What other contracts answer.
    pub(crate) answer: Option<Vec<u8>>,
}

impl World {
    /// The inputs of an entry point, as the runtime makes them.
    pub(super) fn inputs(&self, call: &Planned, height: u64) -> Vec<Vec<u8>> {
        let block = format!(
            r#"{{"block":{{"height":{height},"time":"{TIME}000000000","chain_id":"nectar-{}"}},"transaction":null,"#,
            NetworkId::CONTRACTS.0
        );
        let contract = r#""contract":{"address":""#;
        // Spaces between, so that the address stands where it does in every Env.
        let room = ENV_HEAD_BYTES.saturating_sub(contract.len());
        let env = format!(r#"{block:<room$}{contract}{CONTRACT}"}}}}"#);
        let sender = match (&self.caller, call.entry) {
            (Some(caller), EntryPoint::Execute) => caller.holder,
            _ => OWNER,
        };
        let info = format!(r#"{{"sender":"{sender}","funds":[]}}"#);
        match call.entry {
            EntryPoint::Query => vec![env.into_bytes(), call.message.clone()],
            EntryPoint::Instantiate | EntryPoint::Execute => {
                vec![env.into_bytes(), info.into_bytes(), call.message.clone()]
            }
        }
    }

    /// The grant that a call is made under; none while the owner instantiates.
    pub(super) fn caller(&self, call: &Planned) -> Option<CallerGrant> {
        if call.entry == EntryPoint::Instantiate {
            return None;
        }
        self.caller.clone().or_else(|| {
            let message: serde_json::Map<String, Value> = serde_json::from_slice(&call.message).ok()?;
            let method = format!("{}/{}", call.entry.name(), message.keys().next()?);
            Some(CallerGrant {
                holder: OWNER,
                owner: OWNER,
                grant: GRANT,
                method: method.parse::<Method>().ok()?,
                purpose: Purpose::Treatment,
                legal_basis: LegalBasis::TreatmentPaymentOperations,
                patient: None,
                fields: FieldMask::ALL,
                expires: TIME + 3600,
            })
        })
    }
}

/// Answers queries as the runtime does.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) caller: Option<CallerGrant>,
    pub(super) answer: Option<Vec<u8>>,
}

impl Queries for Answers {
    fn query(&mut self, request: &[u8]) -> QueryAnswer {
        let unsupported = |kind: &str| json!({"error": {"unsupported_request": {"kind": kind}}});
        let ok = |bytes: &[u8]| json!({"ok": {"ok": STANDARD.encode(bytes)}});
        let asks_caller = request == compact::CALLER;
        if let (true, Some(caller)) = (asks_caller, &self.caller) {
            return QueryAnswer { bytes: caller.to_compact(), gas: 0 };
        }
        if compact::read_smart(request).is_some() {
            let said = self.answer.as_ref().map(|answer| json!({"ok": STANDARD.encode(answer)}).to_string());
            let bytes = said.map_or_else(|| compact::UNKNOWN.to_vec(), String::into_bytes);
            return QueryAnswer { bytes, gas: 0 };
        }
        let request: Value = serde_json::from_slice(request).unwrap_or_default();
        let address = request.pointer("/wasm/smart/contract_addr").and_then(Value::as_str);
        let answer = if asks_caller || request.pointer("/custom/caller").is_some() {
            match self.caller.as_ref().and_then(|caller| serde_json::to_vec(caller).ok()) {
                Some(caller) => ok(&caller),
                None => unsupported("caller: no grant is in use"),
            }
        } else if let Some(address) = address {
            match &self.answer {
                Some(answer) => ok(answer),
                None => json!({"error": {"no_such_contract": {"addr": address}}}),
            }
        } else if ["bank", "wasm"].iter().any(|kind| request.get(kind).is_some()) {
            unsupported("this query")
        } else {
            json!({"error": {"invalid_request": {"error": "not a query of this chain", "request": ""}}})
        };
        QueryAnswer { bytes: answer.to_string().into_bytes(), gas: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(entry: EntryPoint) -> Planned {
        Planned { entry, message: br#"{"go":{}}"#.to_vec() }
    }

    #[test]
    fn inputs_are_those_of_the_runtime() {
        let inputs = World::default().inputs(&planned(EntryPoint::Execute), 7);
        let env = format!(
            r#"{{"block":{{"height":7,"time":"1790000000000000000","chain_id":"nectar-1"}},"transaction":null,{}"contract":{{"address":"{}"}}}}"#,
            " ".repeat(29),
            "02".repeat(32)
        );
        let info = format!(r#"{{"sender":"{}","funds":[]}}"#, "01".repeat(32));
        assert_eq!(inputs, [env.into_bytes(), info.into_bytes(), br#"{"go":{}}"#.to_vec()]);
        assert_eq!(World::default().inputs(&planned(EntryPoint::Query), 7).len(), 2);
    }

    #[test]
    fn the_owner_instantiates_without_a_grant_and_calls_with_one_of_the_method() {
        let world = World::default();
        assert_eq!(world.caller(&planned(EntryPoint::Instantiate)), None);
        let caller = world.caller(&planned(EntryPoint::Query)).unwrap();
        assert_eq!((caller.holder, caller.method.to_string()), (caller.owner, "query/go".to_owned()));
    }

    #[test]
    fn queries_are_answered_as_by_the_runtime() {
        let mut answers = Answers::default();
        let mut ask = |request: &str| String::from_utf8(answers.query(request.as_bytes()).bytes).unwrap();
        let no_grant = r#"{"error":{"unsupported_request":{"kind":"caller: no grant is in use"}}}"#;
        assert_eq!(ask(r#"{"custom":{"caller":{}}}"#), no_grant);
        let unknown = r#"{"error":{"no_such_contract":{"addr":"77aa"}}}"#;
        assert_eq!(ask(r#"{"wasm":{"smart":{"contract_addr":"77aa","msg":"e30="}}}"#), unknown);
        let unsupported = r#"{"error":{"unsupported_request":{"kind":"this query"}}}"#;
        assert_eq!(ask(r#"{"bank":{"balance":{"address":"a","denom":"b"}}}"#), unsupported);
        let invalid = r#"{"error":{"invalid_request":{"error":"not a query of this chain","request":""}}}"#;
        assert_eq!(ask("[]"), invalid);
        let compact = |request: &[u8]| Answers::default().query(request).bytes;
        assert_eq!(compact(compact::CALLER), no_grant.as_bytes());
        assert_eq!(compact(&compact::smart(&CONTRACT, b"{}")), compact::UNKNOWN);
        answers.caller = World::default().caller(&planned(EntryPoint::Query));
        let grant = CallerGrant::from_compact(&answers.query(compact::CALLER).bytes);
        assert_eq!(grant, answers.caller);
        answers.answer = Some(b"{}".to_vec());
        let answered = answers.query(br#"{"wasm":{"smart":{"contract_addr":"77aa","msg":"e30="}}}"#);
        assert_eq!((answered.bytes.as_slice(), answered.gas), (br#"{"ok":{"ok":"e30="}}"#.as_slice(), 0));
        let said = answers.query(&compact::smart(&CONTRACT, b"{}"));
        assert_eq!((said.bytes.as_slice(), said.gas), (br#"{"ok":"e30="}"#.as_slice(), 0));
    }
}
