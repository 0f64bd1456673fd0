//! The scenario, and what only the development chain promises.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

mod scenario;

use std::net::SocketAddr;

use nectar_l1::{
    Address, B256, DEV_CHAIN_ID, Deployment, DevChain, DevChainError, InsecureAccount, L1, L1Error, Wallet,
    fund_insecure_accounts,
};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn chain() -> DevChain {
    DevChain::start(loopback()).await.unwrap()
}

async fn admin(chain: &DevChain) -> L1 {
    L1::connect(&chain.url(), Wallet::insecure(InsecureAccount::Admin)).await.unwrap()
}

async fn post(chain: &DevChain, content: &str, body: Vec<u8>) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(chain.url()).header("content-type", content).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_live_on_the_development_chain() {
    let chain = chain().await;
    scenario::plays_out(&chain.url()).await;
    chain.shutdown().await;
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8545"] {
        let refused = DevChain::start(address.parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, DevChainError::NotLoopback { .. }), "{refused}");
    }
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let first = chain().await;
    let taken: SocketAddr = first.url().trim_start_matches("http://").parse().unwrap();
    assert!(matches!(DevChain::start(taken).await.unwrap_err(), DevChainError::Bind { .. }));
}

#[tokio::test]
async fn insecure_accounts_are_funded_and_others_pay_nothing() {
    let chain = chain().await;
    fund_insecure_accounts(&chain.url()).await.unwrap();
    let l1 = admin(&chain).await;
    assert_eq!(l1.chain_id(), DEV_CHAIN_ID);
    for account in InsecureAccount::funded() {
        assert!(l1.balance(account.address()).await.unwrap() >= 10u128.pow(20));
    }
    let poor = Wallet::generate().unwrap();
    l1.transfer(poor.address(), 1_000).await.unwrap();
    assert_eq!(l1.balance(poor.address()).await.unwrap(), 1_000);
    let poor = L1::connect(&chain.url(), poor).await.unwrap();
    let refused = poor.transfer(Address::ZERO, 1).await.unwrap_err();
    assert!(matches!(refused, L1Error::Refused { .. }), "{refused}");
}

#[tokio::test]
async fn many_transactions_of_one_wallet_at_once_take_turns() {
    let chain = chain().await;
    let l1 = admin(&chain).await;
    let receiver = Address::repeat_byte(9);
    let sent: Vec<_> = (0..12)
        .map(|_| {
            let l1 = l1.clone();
            tokio::spawn(async move { l1.transfer(receiver, 1).await })
        })
        .collect();
    for one in sent {
        one.await.unwrap().unwrap();
    }
    assert_eq!(l1.balance(receiver).await.unwrap(), 12);
}

#[tokio::test]
async fn what_is_not_deployed_is_not_used() {
    let chain = chain().await;
    let l1 = admin(&chain).await;
    let deployment = l1.deploy().await.unwrap();
    let nowhere = Deployment { rollup: Address::repeat_byte(1), ..deployment };
    let refused = l1.at(nowhere).await.unwrap_err();
    assert_eq!(refused, L1Error::NotDeployed { address: nowhere.rollup });
    let other = l1.deploy().await.unwrap();
    let mixed = Deployment { registry: other.registry, ..deployment };
    let refused = l1.at(mixed).await.unwrap_err();
    assert_eq!(refused, L1Error::WrongRegistry { expected: other.registry, got: deployment.registry });
}

#[tokio::test]
async fn a_stopped_chain_is_unreachable_and_the_error_hides_the_url() {
    let chain = chain().await;
    let url = format!("{}/secret-key", chain.url());
    chain.shutdown().await;
    let error = L1::connect(&url, Wallet::generate().unwrap()).await.unwrap_err();
    assert!(matches!(error, L1Error::Unreachable { .. }), "{error}");
    assert!(!format!("{error:?}{error}").contains("secret-key"));
}

#[tokio::test]
async fn bodies_have_a_limit_and_a_type() {
    let chain = chain().await;
    let request = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#.to_vec();
    let (status, body) = post(&chain, "application/json; charset=utf-8", request.clone()).await;
    assert_eq!((status, body.contains("0x7a69")), (200, true), "{body}");
    assert_eq!(post(&chain, "text/plain", request).await.0, 415);
    assert_eq!(post(&chain, "application/json", vec![b' '; 600 * 1024]).await.0, 413);
    let (status, body) = post(&chain, "application/json", vec![0xff; 1000]).await;
    assert_eq!((status, body.contains("-32700")), (200, true), "{body}");
}

#[tokio::test]
async fn a_block_found_by_number_hash_or_transaction_is_the_same() {
    let chain = chain().await;
    let l1 = admin(&chain).await;
    let sent = l1.transfer(Address::repeat_byte(9), 1).await.unwrap();
    let ask = async |method: &str, params: serde_json::Value| {
        let body = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (_, answer) = post(&chain, "application/json", body.to_string().into_bytes()).await;
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()["result"].clone()
    };
    let block = ask("eth_getBlockByNumber", serde_json::json!(["latest", true])).await;
    assert_eq!(block["transactions"][0]["hash"], serde_json::json!(sent.tx));
    let by_hash = ask("eth_getBlockByHash", serde_json::json!([block["hash"], true])).await;
    assert_eq!(by_hash, block);
    let transaction = ask("eth_getTransactionByHash", serde_json::json!([sent.tx])).await;
    assert_eq!(transaction["blockHash"], block["hash"]);
    let unknown = ask("eth_getTransactionReceipt", serde_json::json!([B256::ZERO])).await;
    assert!(unknown.is_null());
}
