use nectar_capability::{SigningKey, Token};

use super::world::{DIAGNOSIS, FAMILY_NAME, Hosted, World, capture, raw};
use crate::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn neither_logs_nor_metrics_nor_files_hold_anything_private() {
    let world = World::admitted().await;
    let node = world.try_start(&[("metrics_listen", "127.0.0.1:0")]).await.unwrap();
    let hosted = Hosted::new(&world, &node).await;
    hosted.store("condition-one").await.unwrap();
    let reader = SigningKey::generate().unwrap();
    let token = Token::root(hosted.reader(reader.public())).unwrap();
    hosted.register(&hosted.owner, &token).await;
    hosted.client.invoke(&hosted.get(&token, &reader, "condition-one")).await.unwrap();
    hosted.client.invoke(&hosted.get(&token, &reader, "condition-two")).await.unwrap();
    let mut broken = hosted.put("condition-three");
    broken.truncate(broken.len() - 1);
    assert!(hosted.client.invoke(&broken).await.is_err());

    let metrics = node.metrics_addr().unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n";
    let text = String::from_utf8_lossy(&raw(metrics, request).await).into_owned();
    assert!(text.contains("nectar_refusals_total 1"), "{text}");
    assert!(text.contains("nectar_serving 1"), "{text}");
    let main = Client::new(&node.url()).unwrap();
    assert!(main.info().await.is_ok());
    let elsewhere = String::from_utf8_lossy(&raw(node.addr(), request).await).into_owned();
    assert!(elsewhere.starts_with("HTTP/1.1 404"), "metrics have their own address");
    node.shutdown().await;

    let private = [
        FAMILY_NAME.to_string(),
        DIAGNOSIS.to_string(),
        "condition-one".into(),
        "condition-three".into(),
        hosted.patient.to_string(),
        hosted.records.to_string(),
        hosted.owner.public().to_string(),
        reader.public().to_string(),
        token.leaf().hash().to_string(),
    ];
    let logs = capture().text();
    assert!(logs.contains("serving"), "the log is captured");
    for word in &private {
        assert!(!logs.contains(word.as_str()), "the log holds {word}");
        assert!(!text.contains(word.as_str()), "metrics hold {word}");
    }
    for word in [FAMILY_NAME, DIAGNOSIS, "condition-one"] {
        assert_eq!(hits(&world.data_dir(), word.as_bytes()), 0, "a file holds {word}");
    }
}

fn hits(dir: &std::path::Path, word: &[u8]) -> usize {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => hits(&path, word),
            false => std::fs::read(&path).unwrap().windows(word.len()).filter(|w| *w == word).count(),
        })
        .sum()
}
