use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::error::RpcError;
use super::ledger::Ledger;
use super::methods;

/// Most requests in one batch.
const MAX_BATCH: usize = 64;

/// Answers a JSON-RPC 2.0 body: one request, or a batch of them.
pub(super) fn answer(ledger: &Mutex<Ledger>, body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(Value::Array(batch)) if batch.is_empty() => {
            failed(Value::Null, &RpcError::InvalidRequest("the batch is empty"))
        }
        Ok(Value::Array(batch)) if batch.len() > MAX_BATCH => {
            failed(Value::Null, &RpcError::InvalidRequest("a batch has at most 64 requests"))
        }
        Ok(Value::Array(batch)) => batch.into_iter().map(|request| one(ledger, request)).collect(),
        Ok(request) => one(ledger, request),
        Err(_) => failed(Value::Null, &RpcError::NotJson),
    }
}

fn one(ledger: &Mutex<Ledger>, request: Value) -> Value {
    let Value::Object(mut request) = request else {
        return failed(Value::Null, &RpcError::InvalidRequest("a request is an object"));
    };
    let id = match request.remove("id") {
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        _ => return failed(Value::Null, &RpcError::InvalidRequest("id is missing")),
    };
    match run(ledger, request) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => failed(id, &error),
    }
}

fn run(ledger: &Mutex<Ledger>, mut request: Map<String, Value>) -> Result<Value, RpcError> {
    if request.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(RpcError::InvalidRequest("jsonrpc is not 2.0"));
    }
    let Some(Value::String(method)) = request.remove("method") else {
        return Err(RpcError::InvalidRequest("method is missing"));
    };
    let params = match request.remove("params") {
        Some(Value::Array(params)) => params,
        None => Vec::new(),
        Some(_) => return Err(RpcError::InvalidRequest("params are by position")),
    };
    methods::call(&mut ledger.lock(), &method, params)
}

fn failed(id: Value, error: &RpcError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() })
}

#[cfg(test)]
mod tests {
    use alloy::primitives::hex;
    use proptest::prelude::*;

    use super::super::accounts::InsecureAccount;
    use super::*;

    const METHODS: [&str; 19] = [
        "eth_chainId",
        "net_version",
        "web3_clientVersion",
        "eth_accounts",
        "eth_blockNumber",
        "eth_gasPrice",
        "eth_maxPriorityFeePerGas",
        "eth_feeHistory",
        "eth_getBalance",
        "eth_getTransactionCount",
        "eth_getCode",
        "eth_getStorageAt",
        "eth_call",
        "eth_estimateGas",
        "eth_sendRawTransaction",
        "eth_getTransactionReceipt",
        "eth_getTransactionByHash",
        "eth_getBlockByNumber",
        "eth_getLogs",
    ];

    fn ask(body: &[u8]) -> Value {
        answer(&Mutex::new(Ledger::new()), body)
    }

    fn ask_json(request: &Value) -> Value {
        ask(request.to_string().as_bytes())
    }

    fn method(name: &str, params: Value) -> Value {
        ask_json(&json!({ "jsonrpc": "2.0", "id": 1, "method": name, "params": params }))
    }

    fn code(answer: &Value) -> i64 {
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
    }

    #[test]
    fn what_is_no_request_gets_a_typed_error() {
        assert_eq!(code(&ask(b"")), -32700);
        assert_eq!(code(&ask(b"{")), -32700);
        assert_eq!(code(&ask(&[0xff, 0xfe])), -32700);
        assert_eq!(code(&ask(&b"[".repeat(10_000))), -32700);
        assert_eq!(code(&ask(b"[]")), -32600);
        assert_eq!(code(&ask(b"7")), -32600);
        assert_eq!(code(&ask(b"{}")), -32600);
        assert_eq!(code(&ask_json(&json!({ "jsonrpc": "2.0", "method": "eth_chainId" }))), -32600);
        assert_eq!(code(&ask_json(&json!({ "jsonrpc": "1.0", "id": 1, "method": "eth_chainId" }))), -32600);
        assert_eq!(code(&ask_json(&json!({ "jsonrpc": "2.0", "id": 1, "method": 5 }))), -32600);
        let named = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": {} });
        assert_eq!(code(&ask_json(&named)), -32600);
        assert_eq!(code(&ask_json(&json!(vec![1; MAX_BATCH + 1]))), -32600);
        assert_eq!(code(&method("eth_sign", json!([]))), -32601);
    }

    #[test]
    fn a_batch_is_answered_in_order() {
        let request = |id: u32| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" });
        let answers = ask_json(&json!([request(7), 3, request(9)]));
        assert_eq!(answers[0], json!({ "jsonrpc": "2.0", "id": 7, "result": "0x7a69" }));
        assert_eq!(code(&answers[1]), -32600);
        assert_eq!(answers[2]["id"], 9);
    }

    #[test]
    fn wrong_parameters_are_named() {
        for (name, params, position) in [
            ("eth_getBalance", json!([]), 1),
            ("eth_getBalance", json!(["0x12"]), 1),
            ("eth_getBalance", json!([InsecureAccount::Admin.address(), "yesterday"]), 2),
            ("eth_call", json!([5]), 1),
            ("eth_getBlockByNumber", json!(["latest", 5]), 2),
            ("eth_sendRawTransaction", json!(["0xzz"]), 1),
            ("eth_getLogs", json!([{ "address": 1 }]), 1),
            ("eth_feeHistory", json!(["0x1", "latest", "high"]), 3),
        ] {
            let answer = method(name, params);
            assert_eq!(code(&answer), -32602, "{answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains(&format!("parameter {position} ")), "{name}: {message}");
        }
    }

    #[test]
    fn only_the_last_state_is_kept() {
        let admin = InsecureAccount::Admin.address();
        assert!(method("eth_getBalance", json!([admin, "0x0"]))["result"].is_string());
        assert!(method("eth_getBalance", json!([admin, "pending"]))["result"].is_string());
        assert_eq!(code(&method("eth_getBalance", json!([admin, "0x1"]))), -32000);
    }

    #[test]
    fn a_revert_carries_its_data_and_a_halt_its_reason() {
        // PUSH1 7, PUSH0, MSTORE, PUSH1 32, PUSH0, REVERT; run as initialisation code.
        let answer = method("eth_call", json!([{ "input": "0x60075f5260205ffd" }, "latest"]));
        assert_eq!(code(&answer), 3);
        assert_eq!(answer["error"]["data"], format!("0x{:064x}", 7));
        assert_eq!(code(&method("eth_estimateGas", json!([{ "input": "0x60075f5260205ffd" }]))), 3);
        assert_eq!(code(&method("eth_call", json!([{ "input": "0xfe" }]))), -32000);
        let endless = method("eth_call", json!([{ "input": "0x5b5f56" }]));
        assert!(endless["error"]["message"].as_str().unwrap().contains("out of gas"), "{endless}");
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z0-9]{0,6}".prop_map(Value::from),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|b| hex::encode_prefixed(b).into()),
            prop_oneof!["latest", "pending", "earliest", "0x0", "0xffffffffffffffff"].prop_map(Value::from),
            Just(json!(InsecureAccount::Admin.address())),
        ];
        let key = prop_oneof![
            "from",
            "to",
            "input",
            "data",
            "gas",
            "value",
            "fromBlock",
            "toBlock",
            "topics",
            "address"
        ];
        leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn garbage_is_answered_with_an_error(body: Vec<u8>) {
            let answer = ask(&body);
            prop_assert!(answer["error"]["code"].is_i64());
        }

        #[test]
        fn any_parameters_get_a_result_or_a_typed_error(
            name in prop::sample::select(&METHODS[..]),
            params in prop::collection::vec(json_value(), 0..4),
        ) {
            let answer = method(name, params.into());
            prop_assert!(answer.get("result").is_some() != answer["error"]["code"].is_i64());
        }

        #[test]
        fn any_bytes_are_no_transaction(bytes: Vec<u8>) {
            let answer = method("eth_sendRawTransaction", json!([hex::encode_prefixed(bytes)]));
            prop_assert_eq!(code(&answer), -32000);
        }
    }
}
