use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::world::{World, raw};
use crate::StartError;
use crate::client::{Client, ClientError};

#[tokio::test(flavor = "multi_thread")]
async fn tls_works_with_a_certificate_that_the_client_is_told_to_trust() {
    let world = World::admitted().await;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".into()]).unwrap();
    let (cert_file, key_file) = (world.dir.path().join("cert.pem"), world.dir.path().join("key.pem"));
    std::fs::write(&cert_file, cert.pem()).unwrap();
    std::fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let (cert_text, key_text) = (cert_file.display().to_string(), key_file.display().to_string());
    let node = world.try_start(&[("tls.cert", &cert_text), ("tls.key", &key_text)]).await.unwrap();
    assert!(node.url().starts_with("https://"));

    let client = Client::with_root(&node.url(), &cert_file).unwrap();
    assert_eq!(client.info().await.unwrap().dsp, world.node_key());
    let plain = raw(node.addr(), b"GET /health HTTP/1.1\r\nhost: node\r\n\r\n").await;
    assert!(!String::from_utf8_lossy(&plain).contains("200"), "no plaintext on a TLS port");
    let other = generate_simple_self_signed(["127.0.0.1".into()]).unwrap();
    let other_file = world.dir.path().join("other.pem");
    std::fs::write(&other_file, other.cert.pem()).unwrap();
    let stranger = Client::with_root(&node.url(), &other_file).unwrap().info().await;
    assert!(matches!(stranger, Err(ClientError::Transport(_))), "{stranger:?}");
    assert!(Client::with_root(&node.url(), &key_file).is_err(), "a key is no certificate");
    node.shutdown().await;

    let swapped = world.try_start(&[("tls.cert", &cert_text), ("tls.key", &cert_text)]).await.unwrap_err();
    assert!(matches!(swapped, StartError::Listen(_)) && swapped.to_string().contains("tls.key"), "{swapped}");
}

#[test]
fn addresses_with_more_than_a_host_are_refused() {
    for address in ["ftp://h", "http://h/path", "http://user:secret@h", "http://h/?q", "h:1", ""] {
        assert!(matches!(Client::new(address), Err(ClientError::Address)), "{address}");
    }
    assert_eq!(Client::new("http://127.0.0.1:7400").unwrap().address(), "http://127.0.0.1:7400");
}
