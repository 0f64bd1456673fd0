use std::time::{Duration, Instant};

use nectar_capability::{MAX_DIRECTIVE_BYTES, MAX_INVOCATION_BYTES};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::{World, raw, raw_post};
use crate::api::path;
use crate::upload::MAX_UPLOAD_BYTES;

const POSTS: [(&str, usize); 8] = [
    (path::CODES, MAX_UPLOAD_BYTES),
    (path::CONTRACTS, MAX_DIRECTIVE_BYTES),
    (path::GRANTS, MAX_DIRECTIVE_BYTES),
    (path::REVOCATIONS, MAX_DIRECTIVE_BYTES),
    (path::INVOCATIONS, MAX_INVOCATION_BYTES),
    (path::AUDIT_GRANTS, MAX_DIRECTIVE_BYTES),
    (path::AUDIT_ENTRIES, MAX_DIRECTIVE_BYTES),
    (path::BATCHES, MAX_DIRECTIVE_BYTES),
];

fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn long_bodies_are_refused_before_they_are_read_and_name_the_limit() {
    let world = World::admitted().await;
    let node = world.start().await;
    for (path, limit) in POSTS {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            limit + 1
        );
        let answer = raw(node.addr(), head.as_bytes()).await;
        assert_eq!(status(&answer), 413, "{path}");
        assert!(String::from_utf8_lossy(&answer).contains(&limit.to_string()), "{path}");
        // Without a length, the limit counts as the body arrives.
        let mut chunked = format!(
            "POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        chunked.extend(format!("{:x}\r\n", limit + 1).into_bytes());
        chunked.extend(vec![0; limit + 1]);
        chunked.extend(b"\r\n0\r\n\r\n");
        let answer = raw(node.addr(), &chunked).await;
        assert!(answer.is_empty() || status(&answer) == 413, "{path}");
    }
    let client = crate::client::Client::new(&node.url()).unwrap();
    let long = client.invoke(&vec![0; MAX_INVOCATION_BYTES + 1]).await.unwrap_err();
    assert!(matches!(long, crate::client::ClientError::TooLarge { .. }));
    assert!(client.max_answer(10).info().await.is_err(), "answers are bounded, too");
    node.shutdown().await;
}

#[test]
fn garbage_on_any_path_is_answered_and_leaves_the_node_healthy() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::admitted());
    let node = runtime.block_on(world.try_start(&[("limits.refusal_floor_ms", "0")])).unwrap();
    let bodies = proptest::collection::vec(any::<u8>(), 0..600);
    let strategy = (0..POSTS.len(), bodies, "[ -~]{0,40}", any::<u64>());
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&strategy, |(at, body, tail, number)| {
            runtime.block_on(async {
                let answer = raw_post(node.addr(), POSTS[at].0, &body).await;
                prop_assert_eq!(status(&answer), 403);
                let batch = path::BATCH.replace("{number}", &number.to_string());
                let receipt = path::RECEIPT.replace("{position}", &number.to_string());
                let odd = format!("/v1/receipts/{}", tail.replace(' ', "%20"));
                for path in [batch, receipt, odd] {
                    let head = format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n");
                    let code = status(&raw(node.addr(), head.as_bytes()).await);
                    prop_assert!(matches!(code, 400 | 404), "{}: {}", path, code);
                }
                let head = [tail.as_bytes(), b"\r\n", &body, b"\r\n\r\n"].concat();
                let answer = tokio::time::timeout(Duration::from_secs(20), raw(node.addr(), &head)).await;
                prop_assert!(answer.is_ok(), "bytes that are no HTTP do not hold a connection");
                Ok(())
            })
        })
        .unwrap();
    runtime.block_on(async {
        let client = crate::client::Client::new(&node.url()).unwrap();
        assert!(client.ready().await.unwrap().ready);
        assert_eq!(client.info().await.unwrap().pending, 0);
        node.shutdown().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_cut_off() {
    let world = World::admitted().await;
    let limits = [("limits.header_ms", "300"), ("limits.body_ms", "300"), ("limits.headers", "20")];
    let node = world.try_start(&limits).await.unwrap();
    let begun = Instant::now();
    let mut idle = TcpStream::connect(node.addr()).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: no").await.unwrap();
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "a head that does not end");

    let begun = Instant::now();
    let head = "POST /v1/invocations HTTP/1.1\r\nhost: node\r\ncontent-length: 100\r\n\r\nabc";
    assert_eq!(status(&raw(node.addr(), head.as_bytes()).await), 408);
    assert!(begun.elapsed() < Duration::from_secs(5), "a body that does not end");

    let many: String = (0..40).map(|i| format!("x-{i}: y\r\n")).collect();
    let head = format!("GET /health HTTP/1.1\r\nhost: node\r\n{many}\r\n");
    assert_eq!(status(&raw(node.addr(), head.as_bytes()).await), 431);
    let long = format!("GET /health HTTP/1.1\r\nhost: node\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    assert_eq!(status(&raw(node.addr(), long.as_bytes()).await), 431);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_and_requests_are_bounded_while_looks_at_the_node_are_answered() {
    let world = World::admitted().await;
    let node = world.try_start(&[("limits.connections", "6"), ("limits.requests", "2")]).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(node.addr()).await.unwrap();
        let head = "POST /v1/invocations HTTP/1.1\r\nhost: node\r\ncontent-length: 100\r\n\r\nabc";
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    let full = loop {
        let answer = raw_post(node.addr(), path::INVOCATIONS, b"x").await;
        if status(&answer) == 503 {
            break String::from_utf8_lossy(&answer).into_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(full.contains("retry-after: 1") && full.contains("overloaded"), "{full}");
    let health = b"GET /health HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n";
    assert_eq!(status(&raw(node.addr(), health).await), 200);

    for _ in 0..4 {
        held.push(TcpStream::connect(node.addr()).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(raw(node.addr(), health).await.is_empty(), "one connection too many is closed at once");
    drop(held);
    loop {
        if status(&raw(node.addr(), health).await) == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    node.shutdown().await;
}
