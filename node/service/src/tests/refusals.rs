use std::time::{Duration, Instant};

use nectar_abi::{ContractId, Purpose};
use nectar_capability::{GrantBuilder, SigningKey, Token};

use super::world::{Hosted, World, raw_post};
use crate::api::path;
use crate::prepare::{self, now};

/// An answer without the one header that tells the time.
fn without_date(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_the_same_byte_for_byte_and_none_comes_early() {
    let world = World::admitted().await;
    let node = world.try_start(&[("limits.refusal_floor_ms", "60")]).await.unwrap();
    let hosted = Hosted::new(&world, &node).await;
    let (holder, stranger) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let token = Token::root(hosted.reader(holder.public())).unwrap();
    hosted.register(&hosted.owner, &token).await;
    let used = hosted.get(&token, &holder, "c1");
    hosted.client.invoke(&used).await.unwrap();

    let sign = |purpose, change: &dyn Fn(&mut nectar_capability::Invocation)| {
        let mut call = hosted.invocation(&token, "query/get", hosted.get_message("c1"), purpose);
        change(&mut call);
        call.sign(&holder).unwrap()
    };
    let nowhere =
        GrantBuilder::root(hosted.owner.public(), holder.public(), ContractId::new([5; 32]), hosted.code)
            .methods(["query/get".parse().unwrap()])
            .purposes([Purpose::Treatment])
            .window(now() - 60, now() + 60)
            .sign(&hosted.owner)
            .unwrap();
    let unregistered = Token::root(hosted.reader(stranger.public())).unwrap();
    let mut flipped = hosted.get(&token, &holder, "c1");
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    let directive = prepare::read_audit(&stranger, hosted.to, Some(hosted.records)).unwrap();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("empty", path::INVOCATIONS, Vec::new()),
        ("garbage", path::INVOCATIONS, vec![0xa5; 3000]),
        ("replayed", path::INVOCATIONS, used),
        ("wrong purpose", path::INVOCATIONS, sign(Purpose::Payment, &|_| {})),
        ("expired", path::INVOCATIONS, sign(Purpose::Treatment, &|c| (c.not_before, c.expires) = (1, 100))),
        ("another node", path::INVOCATIONS, sign(Purpose::Treatment, &|c| c.dsp = stranger.public())),
        ("unregistered", path::INVOCATIONS, hosted.get(&unregistered, &stranger, "c1")),
        ("not the holder", path::INVOCATIONS, hosted.get(&token, &stranger, "c1")),
        ("no such contract", path::INVOCATIONS, hosted.get(&Token::root(nowhere).unwrap(), &holder, "c1")),
        ("changed", path::INVOCATIONS, flipped),
        ("a stranger's look at the audit log", path::AUDIT_ENTRIES, directive.clone()),
        ("a stranger's look at the grants", path::AUDIT_GRANTS, directive.clone()),
        ("another order", path::GRANTS, directive.clone()),
        ("a stranger's settlement", path::BATCHES, prepare::settle(&stranger, hosted.to).unwrap()),
        ("no upload", path::CODES, b"\x82\x41".to_vec()),
        ("garbage instantiation", path::CONTRACTS, vec![1; 10]),
        ("garbage revocation", path::REVOCATIONS, vec![1; 10]),
    ];
    let expected = "HTTP/1.1 403 Forbidden";
    let mut first = None;
    for (case, path, body) in cases {
        let begun = Instant::now();
        let answer = raw_post(node.addr(), path, &body).await;
        assert!(begun.elapsed() >= Duration::from_millis(60), "{case} was refused early");
        let answer = without_date(&answer);
        assert!(
            answer.starts_with(expected) && answer.ends_with(r#"{"error":"refused"}"#),
            "{case}: {answer}"
        );
        assert_eq!(first.get_or_insert(answer.clone()), &answer, "{case}");
    }
    node.shutdown().await;
}
