use std::error::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nectar_abi::{CodeHash, ContractId, FieldMask, LegalBasis, NetworkId, PublicKey, Purpose};
use nectar_capability::{Destination, GrantBuilder, SigningKey, Token};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Agreement, DevChain, InsecureAccount, L1, Registry, Rollup, Wallet, fund_insecure_accounts};
use nectar_node::client::Client;
use nectar_node::{ConfigLayers, prepare};
use nectar_verifier::{Kind, development_key};

use crate::binary::nectar;

/// What went wrong while a world was set up or used.
pub type Setup<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PASSPHRASE: &str = "only for tests";
const HOUR: u64 = 3600;

/// Seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    prepare::now()
}

/// A contract and its code.
#[derive(Debug, Clone, Copy)]
pub struct Hosted {
    /// The contract.
    pub contract: ContractId,
    /// What it runs.
    pub code: CodeHash,
}

/// A development chain with the contracts on it, a DSP that it admits, and the configuration of that DSP's node.
#[derive(Debug)]
pub struct World {
    /// Owner of contracts, and operator of the node.
    pub owner: SigningKey,
    /// Directory of everything that the node keeps.
    pub data: PathBuf,
    url: String,
    config: PathBuf,
    key: PathBuf,
    _chain: DevChain,
    _dir: tempfile::TempDir,
}

/// A node in a process of its own.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    /// Talks to it.
    pub client: Client,
    /// Where requests go.
    pub destination: Destination,
}

impl World {
    /// Starts the chain, makes the node's key file with the binary, and has the DSP admitted.
    ///
    /// # Errors
    /// Whatever fails first.
    pub async fn new() -> Setup<Self> {
        let chain = DevChain::start(([127, 0, 0, 1], 0).into()).await?;
        let dir = tempfile::tempdir()?;
        let key = dir.path().join("dsp.key");
        let node_key = make_key(&key)?;
        let owner = SigningKey::generate()?;

        let admin = connect(&chain.url(), InsecureAccount::Admin).await?;
        fund_insecure_accounts(&chain.url()).await?;
        let deployment = admin.deploy().await?;
        let (registry, rollup) = admin.at(deployment).await?;
        begin_network(&admin, &rollup).await?;
        let by = |account| {
            let url = chain.url();
            async move {
                let l1 = connect(&url, account).await?;
                let registry = l1.at(deployment).await?.0;
                Setup::Ok((l1, registry))
            }
        };
        let authorizer = by(InsecureAccount::Authorizer).await?;
        let auditor = by(InsecureAccount::Auditor).await?;
        let dsp = by(InsecureAccount::Dsp(0)).await?;
        registry.grant_authorizer(authorizer.0.address()).await?;
        registry.grant_auditor(auditor.0.address()).await?;
        admit(&dsp, &authorizer.1, &auditor.1, node_key).await?;

        let url = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let data = dir.path().join("data");
        let settings = [
            ("listen", url.clone()),
            ("data_dir", data.display().to_string()),
            ("operator", owner.public().to_string()),
            ("l1.url", chain.url()),
            ("l1.registry", deployment.registry.to_string()),
            ("l1.rollup", deployment.rollup.to_string()),
        ];
        let set = |layers: ConfigLayers, (key, value): &(&str, String)| layers.set(key, value);
        let layers = settings.iter().try_fold(ConfigLayers::new(), set)?;
        let config = dir.path().join("nectar.toml");
        std::fs::write(&config, layers.build()?.to_toml()?)?;
        Ok(Self { owner, data, url: format!("http://{url}"), config, key, _chain: chain, _dir: dir })
    }

    /// Starts the node and waits until it serves.
    ///
    /// # Errors
    /// If it ends, or does not serve within two minutes.
    pub async fn start_node(&self) -> Setup<NodeProcess> {
        let mut child = Command::new(nectar()?)
            .args(["node", "run", "--config"])
            .arg(&self.config)
            .arg("--key")
            .arg(&self.key)
            .env("NECTAR_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let client = Client::new(&self.url)?;
        let begun = Instant::now();
        while !client.ready().await.is_ok_and(|ready| ready.ready) {
            if let Some(status) = child.try_wait()? {
                return Err(format!("the node ended: {status}").into());
            }
            if begun.elapsed() > Duration::from_secs(120) {
                child.kill()?;
                return Err("the node does not serve after two minutes".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let destination = client.destination().await?;
        Ok(NodeProcess { child, client, destination })
    }
}

impl NodeProcess {
    /// Ends the process at once, as `kill -9` does.
    ///
    /// # Errors
    /// If it cannot be ended.
    pub fn kill(mut self) -> Setup<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Uploads a module and makes a contract of it.
    ///
    /// # Errors
    /// Whatever fails first.
    pub async fn host(&self, owner: &SigningKey, label: &str, wasm: &[u8], message: &str) -> Setup<Hosted> {
        let order = prepare::upload(owner, self.destination, wasm)?;
        let code = self.client.upload(&order, wasm).await?.code;
        let order = prepare::instantiate(owner, self.destination, code, label, message.as_bytes(), &[])?;
        let contract = self.client.instantiate(&order).await?.contract;
        Ok(Hosted { contract, code })
    }

    /// Lets the owner itself use methods of a contract for an hour, for operations, on every patient.
    ///
    /// # Errors
    /// Whatever fails first.
    pub async fn own_grant(&self, owner: &SigningKey, on: Hosted, methods: &[&str]) -> Setup<Token> {
        let methods = methods.iter().map(|m| m.parse()).collect::<Result<Vec<_>, _>>()?;
        let grant = GrantBuilder::root(owner.public(), owner.public(), on.contract, on.code)
            .methods(methods)
            .purposes([Purpose::Operations])
            .basis(LegalBasis::TreatmentPaymentOperations)
            .fields(FieldMask::ALL)
            .window(now() - 60, now() + HOUR)
            .sign(owner)?;
        let token = Token::root(grant)?;
        self.client.register(&prepare::register(owner, self.destination, &token)?).await?;
        Ok(token)
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // Ended already, or to be ended with its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_key(path: &std::path::Path) -> Setup<PublicKey> {
    let output = Command::new(nectar()?)
        .args(["key", "new", "--kind", "dsp", "--insecure-dev-account", "dsp-0", "--json", "--out"])
        .arg(path)
        .env("NECTAR_PASSPHRASE", PASSPHRASE)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let key = shown.get("node_key").and_then(serde_json::Value::as_str);
    Ok(key.ok_or("no node key in what `nectar key new --json` shows")?.parse()?)
}

async fn connect(url: &str, account: InsecureAccount) -> Setup<L1> {
    Ok(L1::connect(url, Wallet::insecure(account)).await?)
}

async fn begin_network(admin: &L1, rollup: &Rollup) -> Setup<()> {
    let verifier = admin.deploy_verifier(&development_key(Kind::State).encode()).await?;
    let root = to_bytes(&Ledger::default().root());
    rollup.create_network(NetworkId::CONTRACTS, root, verifier, None).await?;
    Ok(())
}

async fn admit(
    dsp: &(L1, Registry),
    authorizer: &Registry,
    auditor: &Registry,
    node_key: PublicKey,
) -> Setup<()> {
    let (l1, registry) = dsp;
    registry.apply(node_key, [1; 32]).await?;
    authorizer.authorise(l1.address(), node_key, [1; 32]).await?;
    auditor.audit(l1.address(), [2; 32], now() + HOUR).await?;
    let agreement =
        Agreement { dsp: l1.address(), node_key, text: [3; 32], version: 1, valid_until: now() + HOUR };
    let ours = registry.sign_agreement(&agreement)?;
    let theirs = authorizer.sign_agreement(&agreement)?;
    registry.submit_agreement(&agreement, &ours, &theirs).await?;
    Ok(())
}
