use nectar_abi::{Purpose, tagged_hash};
use nectar_capability::{GrantBuilder, SigningKey, Token};
use nectar_runtime::{SignedReceipt, verify_receipt};
use nectar_trace::ReceiptOpening;

use super::world::{DIAGNOSIS, Hosted, World};
use crate::api::{Opening, Outcome};
use crate::client::ClientError;
use crate::prepare;

fn opens(receipt: &[u8], opening: &Opening) -> bool {
    ReceiptOpening::from(opening).opens(&verify_receipt(receipt).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_lives_over_http_from_upload_to_revocation_and_over_a_restart() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;

    let stored = hosted.store("c1").await.unwrap();
    assert!(matches!(stored.result, Outcome::Ok(_)), "{:?}", stored.result);
    assert!(opens(&stored.receipt.0, &stored.opening) && stored.gas > 0);
    let receipt = verify_receipt(&stored.receipt.0).unwrap();
    assert_eq!(receipt.dsp, world.node_key());

    let clinician = SigningKey::generate().unwrap();
    let token = Token::root(hosted.reader(clinician.public())).unwrap();
    let early = hosted.client.invoke(&hosted.get(&token, &clinician, "c1")).await;
    assert!(matches!(early, Err(ClientError::Refused)), "a grant counts once it is registered");
    hosted.register(&hosted.owner, &token).await;
    let request = hosted.get(&token, &clinician, "c1");
    let read = hosted.client.invoke(&request).await.unwrap();
    let Outcome::Ok(data) = &read.result else { panic!("{:?}", read.result) };
    assert!(String::from_utf8_lossy(&data.0).contains(DIAGNOSIS));
    let asked = nectar_abi::Digest::new(tagged_hash("nectar/request/v1", &[&request]));
    assert_eq!(read.opening.request, asked, "the opening is for the very bytes that were sent");
    let missing = hosted.client.invoke(&hosted.get(&token, &clinician, "c2")).await.unwrap();
    assert!(matches!(missing.result, Outcome::Error(_)), "a contract's own error is an answer");

    node.shutdown().await;
    let node = world.start().await;
    let client = crate::client::Client::new(&node.url()).unwrap();
    let again = client.invoke(&request).await;
    assert!(matches!(again, Err(ClientError::Refused)), "a nonce is remembered over a restart");
    let read = client.invoke(&hosted.get(&token, &clinician, "c1")).await.unwrap();
    assert!(matches!(read.result, Outcome::Ok(_)));

    let order = prepare::revoke(&hosted.owner, hosted.to, hosted.records, token.leaf().hash()).unwrap();
    let revoked = client.revoke(&order).await.unwrap();
    assert!(opens(&revoked.receipt.0, &revoked.opening));
    let late = client.invoke(&hosted.get(&token, &clinician, "c1")).await;
    assert!(matches!(late, Err(ClientError::Refused)));

    let order = prepare::read_audit(&hosted.owner, hosted.to, Some(hosted.records)).unwrap();
    let grants = client.grants(&order).await.unwrap().grants;
    let seen: Vec<_> = grants.iter().map(|g| (g.status.as_str(), g.use_count)).collect();
    assert_eq!(seen, [("active", 1), ("revoked", 3)]);
    let decoded = Token::decode(&grants[1].token.0).unwrap();
    assert_eq!(decoded.leaf().hash(), grants[1].grant);
    let order = prepare::read_audit(&world.reviewer, hosted.to, None).unwrap();
    let entries = client.audit(&order).await.unwrap().entries;
    assert!(entries.iter().any(|e| e.event == "refused" && e.outcome == "revoked"), "{entries:?}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_grant_reads_and_a_receipt_is_shown_to_everyone() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;
    hosted.store("c1").await.unwrap();
    let lab = SigningKey::generate().unwrap();
    let child = GrantBuilder::child(hosted.token.leaf(), lab.public())
        .methods(["query/get".parse().unwrap()])
        .patient(hosted.patient)
        .purposes([Purpose::Treatment])
        .sign(&hosted.owner)
        .unwrap();
    let token = hosted.token.delegate(child).unwrap();
    hosted.register(&hosted.owner, &token).await;
    let read = hosted.client.invoke(&hosted.get(&token, &lab, "c1")).await.unwrap();
    assert!(matches!(read.result, Outcome::Ok(_)));

    let position = SignedReceipt::decode(&read.receipt.0).unwrap().receipt().position;
    let shown = hosted.client.receipt(position).await.unwrap();
    assert_eq!((shown.receipt, shown.batch), (read.receipt, None));
    let none = hosted.client.receipt(position + 1).await;
    assert!(matches!(none, Err(ClientError::Status { code: 404, .. })));
    let info = hosted.client.info().await.unwrap();
    assert_eq!((info.pending, info.settled.batch), (position + 1, 0));
    assert_eq!(info.setup, crate::api::SetupName::InsecureDevelopment);
    node.shutdown().await;
}
