use std::time::Duration;

use nectar_l1::{InsecureAccount, Status, Wallet};

use super::world::{Hosted, World};
use crate::client::{Client, ClientError};
use crate::{NodeSecrets, Standing, StartError, prepare};

async fn refusal(world: &World) -> Standing {
    match world.try_start(&[]).await {
        Err(StartError::NotAdmitted { standing, dsp }) => {
            assert_eq!(dsp, world.node_key());
            standing
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_starts_only_when_the_registry_says_that_it_is_active() {
    let mut world = World::new().await;
    assert_eq!(refusal(&world).await, Standing::NotActive(Status::None));
    world.apply().await;
    assert_eq!(refusal(&world).await, Standing::NotActive(Status::Applied));
    world.authorise().await;
    assert_eq!(refusal(&world).await, Standing::NotActive(Status::Authorised));
    world.audit().await;
    let standing = refusal(&world).await;
    assert_eq!(standing, Standing::NotActive(Status::Audited));
    assert!(standing.to_string().contains("sign the agreement"), "{standing}");
    assert!(!world.data_dir().exists(), "a node that may not serve touches nothing");
    world.agree().await;

    let wallet = Wallet::insecure(InsecureAccount::Dsp(1));
    let own = world.secrets.clone();
    world.secrets = NodeSecrets { wallet, ..own.clone() };
    assert_eq!(refusal(&world).await, Standing::OtherOperator(world.dsp.l1.address()));
    world.secrets = own;

    let node = world.start().await;
    let second = world.try_start(&[]).await.unwrap_err();
    assert!(matches!(second, StartError::Directory(_)), "{second}");
    node.shutdown().await;
    world.start().await.shutdown().await;
}

async fn until(client: &Client, ready: bool) -> crate::api::Ready {
    for _ in 0..200 {
        let answer = client.ready().await.unwrap();
        if answer.ready == ready {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the node did not become ready = {ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_node_stops_serving_but_still_revokes_and_answers_auditors() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;
    assert!(hosted.client.ready().await.unwrap().ready);

    let dsp = world.dsp.l1.address();
    world.authorizer.registry.suspend(dsp, [9; 32]).await.unwrap();
    let answer = until(&hosted.client, false).await;
    assert_eq!(answer.registry, "suspended");
    assert!(answer.reason.unwrap().contains("reinstate"));
    for outcome in [
        hosted.store("c1").await.map(drop),
        hosted.client.settle(&prepare::settle(&world.operator, hosted.to).unwrap()).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ClientError::Status { code: 503, .. })), "{outcome:?}");
    }
    let grant = hosted.token.leaf().hash();
    let order = prepare::revoke(&hosted.owner, hosted.to, hosted.records, grant).unwrap();
    hosted.client.revoke(&order).await.unwrap();
    let order = prepare::read_audit(&world.reviewer, hosted.to, None).unwrap();
    let grants = hosted.client.grants(&order).await.unwrap().grants;
    assert_eq!(grants.iter().map(|g| g.status.as_str()).collect::<Vec<_>>(), ["revoked"]);

    world.authorizer.registry.reinstate(dsp).await.unwrap();
    until(&hosted.client, true).await;
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hears_nothing_from_l1_stops_serving() {
    let world = World::admitted().await;
    let node = world.try_start(&[("limits.registry_stale_s", "2")]).await.unwrap();
    let client = Client::new(&node.url()).unwrap();
    assert!(client.ready().await.unwrap().ready);
    world.chain.shutdown().await;
    let answer = until(&client, false).await;
    assert!(!answer.l1);
    assert!(answer.reason.unwrap().contains("limits.registry_stale_s"));
    node.shutdown().await;
}
