//! The scenario against a real node. Not part of the ordinary run, because it needs one:
//!
//! ```text
//! (cd l1-contracts && npm install && ./node_modules/.bin/anvil --port 8545) &
//! NECTAR_TEST_L1_URL=http://127.0.0.1:8545 cargo test -p nectar-l1 --test anvil -- --ignored
//! ```

mod scenario;

#[tokio::test]
#[ignore = "needs a development node: set NECTAR_TEST_L1_URL"]
async fn the_contracts_live_on_anvil() {
    let url = std::env::var("NECTAR_TEST_L1_URL").expect("NECTAR_TEST_L1_URL names a development node");
    scenario::plays_out(&url).await;
}
