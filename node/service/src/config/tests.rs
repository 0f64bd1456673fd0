use super::*;

pub(crate) const MINIMAL: &str = r#"
data_dir = "data"
operator = "0101010101010101010101010101010101010101010101010101010101010101"
[l1]
url = "http://127.0.0.1:8545"
registry = "0x0000000000000000000000000000000000000001"
rollup = "0x0000000000000000000000000000000000000002"
"#;

fn variables(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
}

fn error(text: &str) -> String {
    NodeConfig::from_toml(text).unwrap_err().to_string()
}

#[test]
fn a_minimal_file_is_enough() {
    let config = NodeConfig::from_toml(MINIMAL).unwrap();
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.network, NetworkId::CONTRACTS);
    assert_eq!(config.prover.setup, Setup::InsecureDevelopment);
    assert_eq!(NodeConfig::from_toml(&config.to_toml().unwrap()).unwrap(), config);
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_the_environment() {
    let layers = ConfigLayers::new()
        .toml(MINIMAL)
        .unwrap()
        .env(variables(&[
            ("NECTAR_NODE_L1_URL", "http://127.0.0.1:1"),
            ("NECTAR_NODE_LIMITS_QUEUE", "7"),
            ("NECTAR_NODE_AUDITORS", &"02".repeat(32)),
            ("NECTAR_PASSPHRASE", "not ours"),
        ]))
        .unwrap()
        .set("limits.queue", "9")
        .unwrap();
    let config = layers.build().unwrap();
    assert_eq!(config.l1.url, "http://127.0.0.1:1");
    assert_eq!(config.limits.queue, 9);
    assert_eq!(config.auditors, [PublicKey::new([2; 32])]);
}

#[test]
fn the_environment_can_be_applied_to_a_finished_configuration() {
    let config = NodeConfig::from_toml(MINIMAL).unwrap();
    let changed = config.apply_env(variables(&[("NECTAR_NODE_NETWORK", "3")])).unwrap();
    assert_eq!(changed, NodeConfig { network: NetworkId(3), ..config });
}

#[test]
fn unknown_keys_are_refused_by_name_in_every_layer() {
    assert!(error(&format!("{MINIMAL}\ncolour = 1")).contains("colour"));
    assert!(error(&format!("{MINIMAL}\n[limits]\nqueues = 1")).contains("queues"));
    let env = ConfigLayers::new().env(variables(&[("NECTAR_NODE_COLOUR", "1")])).unwrap_err();
    assert!(env.to_string().contains("NECTAR_NODE_COLOUR"));
    assert!(ConfigLayers::new().set("colour", "1").unwrap_err().to_string().contains("colour"));
}

#[test]
fn errors_name_the_key_the_limit_and_the_way_out() {
    let text = error(&format!("{MINIMAL}\n[limits]\nworkers = 0"));
    assert_eq!(text, "`limits.workers` is 0; it takes 1 to 256");
    let text = error(&MINIMAL.replace("http://127", "ws://127"));
    assert!(text.contains("`l1.url`") && text.contains("https://"), "{text}");
    let text = error(&format!("{MINIMAL}\n[prover]\nsetup = \"ptau\""));
    assert!(text.contains("`prover.ptau_dir`"), "{text}");
    let text = ConfigLayers::new().set("limits.queue", "many").unwrap_err().to_string();
    assert_eq!(text, "`limits.queue` takes a whole number");
    assert!(error(&MINIMAL.replace("operator", "#operator")).contains("operator"));
    assert!(error(&format!("{MINIMAL}\n[tls]\ncert = \"c.pem\"")).contains("key"));
}

#[test]
fn every_key_of_the_list_exists_and_every_key_that_exists_is_in_the_list() {
    let mut config = NodeConfig::from_toml(MINIMAL).unwrap();
    config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 1)));
    config.tls = Some(TlsConfig { cert: "c".into(), key: "k".into() });
    config.prover.ptau_dir = Some("p".into());
    let mut found = Vec::new();
    for (key, value) in Table::try_from(&config).unwrap() {
        match value {
            Value::Table(inner) => found.extend(inner.keys().map(|k| format!("{key}.{k}"))),
            _ => found.push(key),
        }
    }
    found.sort();
    let mut listed: Vec<String> = KEYS.iter().map(|(key, _)| (*key).to_string()).collect();
    listed.sort();
    assert_eq!(found, listed);
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_configuration_or_a_typed_error(text in ".{0,200}") {
        let _ = NodeConfig::from_toml(&text);
        let _ = ConfigLayers::new().set("limits.queue", &text);
    }
}

#[test]
fn proofs_of_state_and_execution_fit_one_transaction_together() {
    let limits = |batch_execution_chunks| Limits { batch_execution_chunks, ..Limits::default() };
    assert_eq!(limits(400).state_chunks(false), 640);
    for (execution, state) in [(1, 640), (400, 158), (500, 18)] {
        assert_eq!(limits(execution).state_chunks(true), state);
        let bytes = 5_900 + 160 * state + 6_124 + 224 * execution;
        assert!(bytes <= 124 * 1024, "{bytes}");
    }
}
