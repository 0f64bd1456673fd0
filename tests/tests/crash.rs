//! `kill -9` of a running node at any moment loses no acknowledged invocation.

use std::time::Duration;

use nectar_abi::{PatientHandle, Purpose};
use nectar_capability::{Invocation, Token};
use nectar_node::api::Outcome;
use nectar_tests::{NodeProcess, Setup, World, now};
use serde_json::{Value, json};

const CONSENT: &[u8] = include_bytes!("../../contracts/examples/artifacts/consent.wasm");
const RECORDS: &[u8] = include_bytes!("../../contracts/examples/artifacts/health_records.wasm");
const PATIENT: PatientHandle = PatientHandle::new([7; 32]);
/// Milliseconds of storing before each kill: primes, so that the kills fall on different moments of a commit.
const LIVES: [u64; 5] = [13, 101, 229, 401, 811];

/// What the node acknowledged: a resource, and the receipt for storing it.
struct Acknowledged {
    id: String,
    position: u64,
    receipt: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_has_everything_that_it_acknowledged() -> Setup<()> {
    let world = World::new().await?;
    let mut node = world.start_node().await?;
    let consent = node.host(&world.owner, "consent", CONSENT, "{}").await?;
    let message = json!({ "consent": consent.contract }).to_string();
    let records = node.host(&world.owner, "records", RECORDS, &message).await?;
    let token = node.own_grant(&world.owner, records, &["execute/put", "query/get"]).await?;

    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    for (life, millis) in LIVES.into_iter().enumerate() {
        acknowledged.extend(store_until_killed(node, &world, &token, life, millis).await?);
        node = world.start_node().await?;
        for one in &acknowledged {
            let found = node.client.receipt(one.position).await?;
            assert_eq!(found.receipt.0, one.receipt, "receipt {}", one.position);
            let resource = get(&node, &world, &token, consent.contract, &one.id).await?;
            assert_eq!(resource.get("id"), Some(&json!(one.id)));
        }
    }
    assert!(acknowledged.len() > LIVES.len(), "too few calls were acknowledged to tell anything");
    // Positions count up without gaps: nothing was acknowledged twice, and nothing is missing between.
    let positions: Vec<u64> = acknowledged.iter().map(|a| a.position).collect();
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{positions:?}");
    Ok(())
}

/// Stores one resource after another; another thread kills the node meanwhile. Returns what was acknowledged before.
async fn store_until_killed(
    node: NodeProcess,
    world: &World,
    token: &Token,
    life: usize,
    millis: u64,
) -> Setup<Vec<Acknowledged>> {
    let (client, to) = (node.client.clone(), node.destination);
    let killer = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(millis));
        node.kill()
    });
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let id = format!("life-{life}-{n}");
        let resource = json!({ "resourceType": "Observation", "id": id, "note": "x".repeat(n % 7 * 700) });
        let put = json!({ "put": { "patient": PATIENT, "resource_type": "Observation", "id": id, "resource": resource } });
        let method = "execute/put".parse()?;
        let call =
            Invocation::new(to, token, method, put.to_string().into_bytes(), Purpose::Operations, now())?;
        let Ok(answer) = client.invoke(&call.sign(&world.owner)?).await else { break };
        assert!(matches!(answer.result, Outcome::Ok(_)), "the contract refused");
        let receipt = nectar_runtime::verify_receipt(&answer.receipt.0)?;
        acknowledged.push(Acknowledged { id, position: receipt.position, receipt: answer.receipt.0 });
    }
    killer.await??;
    Ok(acknowledged)
}

async fn get(
    node: &NodeProcess,
    world: &World,
    token: &Token,
    consent: nectar_abi::ContractId,
    id: &str,
) -> Setup<Value> {
    let message = json!({ "get": { "patient": PATIENT, "resource_type": "Observation", "id": id } });
    let method = "query/get".parse()?;
    let to = node.destination;
    let mut call =
        Invocation::new(to, token, method, message.to_string().into_bytes(), Purpose::Operations, now())?;
    call.touches = vec![consent];
    match node.client.invoke(&call.sign(&world.owner)?).await?.result {
        Outcome::Ok(data) => Ok(serde_json::from_slice(&data.0)?),
        Outcome::Error(text) => Err(text.into()),
    }
}
