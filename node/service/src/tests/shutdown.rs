use std::sync::Arc;
use std::time::Duration;

use nectar_runtime::verify_receipt;

use super::world::{Hosted, World};
use crate::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_under_load_loses_nothing_that_was_acknowledged() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Arc::new(Hosted::new(&world, &node).await);
    let mut writers = Vec::new();
    for writer in 0..4 {
        let hosted = hosted.clone();
        writers.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for i in 0..1000 {
                match hosted.store(&format!("w{writer}-{i}")).await {
                    Ok(stored) => acknowledged.push(stored.receipt),
                    Err(_) => break,
                }
            }
            acknowledged
        }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    node.shutdown().await;
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(!acknowledged.is_empty());

    let node = world.start().await;
    let client = Client::new(&node.url()).unwrap();
    for receipt in acknowledged {
        let position = verify_receipt(&receipt.0).unwrap().position;
        assert_eq!(client.receipt(position).await.unwrap().receipt, receipt);
    }
    node.shutdown().await;
}
