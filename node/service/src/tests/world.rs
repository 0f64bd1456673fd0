use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nectar_abi::{CodeHash, ContractId, LegalBasis, NetworkId, PatientHandle, PublicKey, Purpose};
use nectar_capability::{Destination, GrantBuilder, Invocation, SignedGrant, SigningKey, Token};
use nectar_circuit::Circuit;
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Agreement, Deployment, DevChain, InsecureAccount, L1, Registry, Rollup, Wallet};
use nectar_prover::ProverKey;
use nectar_state::StoreKeys;
use tempfile::TempDir;

use crate::api::{BatchState, BatchView, Invoked};
use crate::client::{Client, ClientError};
use crate::keys::ProvingKeys;
use crate::prepare::{self, now};
use crate::{ConfigLayers, NodeConfig, NodeSecrets, RunningNode, StartError};

/// Words that nothing but a contract's state may ever hold.
pub(super) const FAMILY_NAME: &str = "Quaxelby-Vorntrass";
pub(super) const DIAGNOSIS: &str = "zymotic-plurisy-4471";
const DAY: u64 = 86_400;

/// A chain with its contracts, the people, and where the node's data is.
pub(super) struct World {
    pub(super) chain: DevChain,
    pub(super) deployment: Deployment,
    pub(super) admin: Side,
    pub(super) authorizer: Side,
    pub(super) auditor: Side,
    pub(super) dsp: Side,
    pub(super) secrets: NodeSecrets,
    pub(super) hospital: SigningKey,
    pub(super) operator: SigningKey,
    pub(super) reviewer: SigningKey,
    pub(super) dir: TempDir,
}

/// One account's view of the contracts.
pub(super) struct Side {
    pub(super) l1: L1,
    pub(super) registry: Registry,
    pub(super) rollup: Rollup,
}

/// Keys of a circuit that has a few slots a chunk, so that a test can prove.
pub(super) fn keys() -> Arc<ProvingKeys> {
    static KEYS: OnceLock<Arc<ProvingKeys>> = OnceLock::new();
    let keys = || Arc::new(ProvingKeys { state: small_state_key(), execution: None });
    KEYS.get_or_init(keys).clone()
}

pub(crate) fn small_state_key() -> ProverKey {
    ProverKey::development(Circuit::new(SLOTS)).unwrap()
}

const SLOTS: usize = 2;

fn key() -> SigningKey {
    SigningKey::generate().unwrap()
}

async fn side(url: &str, account: InsecureAccount, deployment: Deployment) -> Side {
    let l1 = L1::connect(url, Wallet::insecure(account)).await.unwrap();
    let (registry, rollup) = l1.at(deployment).await.unwrap();
    Side { l1, registry, rollup }
}

impl World {
    /// A chain with a network, and nobody admitted.
    pub(super) async fn new() -> Self {
        let chain = DevChain::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = chain.url();
        let admin = L1::connect(&url, Wallet::insecure(InsecureAccount::Admin)).await.unwrap();
        let deployment = admin.deploy().await.unwrap();
        let admin = side(&url, InsecureAccount::Admin, deployment).await;
        let authorizer = side(&url, InsecureAccount::Authorizer, deployment).await;
        let auditor = side(&url, InsecureAccount::Auditor, deployment).await;
        let dsp = side(&url, InsecureAccount::Dsp(0), deployment).await;
        admin.registry.grant_authorizer(authorizer.l1.address()).await.unwrap();
        admin.registry.grant_auditor(auditor.l1.address()).await.unwrap();
        let secrets = NodeSecrets {
            identity: key(),
            store: StoreKeys::generate().unwrap(),
            wallet: Wallet::insecure(InsecureAccount::Dsp(0)),
        };
        let (hospital, operator, reviewer) = (key(), key(), key());
        let dir = tempfile::tempdir().unwrap();
        let genesis = to_bytes(&Ledger::default().root());
        let verifier = admin.l1.deploy_verifier(&keys().state.verifier().encode()).await.unwrap();
        admin.rollup.create_network(NetworkId::CONTRACTS, genesis, verifier, None).await.unwrap();
        Self {
            chain,
            deployment,
            admin,
            authorizer,
            auditor,
            dsp,
            secrets,
            hospital,
            operator,
            reviewer,
            dir,
        }
    }

    /// A chain that admits the node.
    pub(super) async fn admitted() -> Self {
        let world = Self::new().await;
        world.apply().await;
        world.authorise().await;
        world.audit().await;
        world.agree().await;
        world
    }

    pub(super) fn node_key(&self) -> PublicKey {
        self.secrets.identity.public()
    }

    pub(super) async fn apply(&self) {
        self.dsp.registry.apply(self.node_key(), [1; 32]).await.unwrap();
    }

    pub(super) async fn authorise(&self) {
        self.authorizer.registry.authorise(self.dsp.l1.address(), self.node_key(), [1; 32]).await.unwrap();
    }

    pub(super) async fn audit(&self) {
        self.auditor.registry.audit(self.dsp.l1.address(), [2; 32], now() + 30 * DAY).await.unwrap();
    }

    pub(super) async fn agree(&self) {
        let agreement = Agreement {
            dsp: self.dsp.l1.address(),
            node_key: self.node_key(),
            text: [3; 32],
            version: 1,
            valid_until: now() + 30 * DAY,
        };
        let ours = self.dsp.registry.sign_agreement(&agreement).unwrap();
        let theirs = self.authorizer.registry.sign_agreement(&agreement).unwrap();
        self.dsp.registry.submit_agreement(&agreement, &ours, &theirs).await.unwrap();
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("node")
    }

    pub(super) fn config(&self, settings: &[(&str, &str)]) -> NodeConfig {
        let data_dir = self.data_dir().display().to_string();
        let (registry, rollup) = (self.deployment.registry.to_string(), self.deployment.rollup.to_string());
        let (operator, reviewer) = (self.operator.public().to_string(), self.reviewer.public().to_string());
        let url = self.chain.url();
        let base = [
            ("listen", "127.0.0.1:0"),
            ("data_dir", &data_dir),
            ("operator", &operator),
            ("auditors", &reviewer),
            ("l1.url", &url),
            ("l1.registry", &registry),
            ("l1.rollup", &rollup),
            ("limits.registry_poll_s", "1"),
        ];
        let all = base.iter().chain(settings);
        all.fold(ConfigLayers::new(), |layers, (key, value)| layers.set(key, value).unwrap()).build().unwrap()
    }

    pub(super) async fn try_start(&self, settings: &[(&str, &str)]) -> Result<RunningNode, StartError> {
        self.start_with(settings, keys()).await
    }

    pub(super) async fn start_with(
        &self,
        settings: &[(&str, &str)],
        keys: Arc<ProvingKeys>,
    ) -> Result<RunningNode, StartError> {
        capture();
        crate::node::start(self.config(settings), self.secrets.clone(), Some(keys)).await
    }

    pub(super) async fn start(&self) -> RunningNode {
        self.try_start(&[]).await.unwrap()
    }

    pub(super) fn to(&self) -> Destination {
        Destination { network: NetworkId::CONTRACTS, dsp: self.node_key() }
    }
}

pub(super) fn wasm(name: &str) -> Vec<u8> {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/examples/artifacts");
    std::fs::read(artifacts.join(name)).unwrap()
}

/// The two example contracts on a running node, with a grant for the hospital itself.
pub(super) struct Hosted {
    pub(super) to: Destination,
    pub(super) client: Client,
    pub(super) consent: ContractId,
    pub(super) records: ContractId,
    pub(super) code: CodeHash,
    pub(super) owner: SigningKey,
    /// The hospital's token for everything in its records.
    pub(super) token: Token,
    pub(super) patient: PatientHandle,
}

impl Hosted {
    pub(super) async fn new(world: &World, node: &RunningNode) -> Self {
        let client = Client::new(&node.url()).unwrap();
        let (owner, to) = (world.hospital.clone(), world.to());
        let mut codes = Vec::new();
        for name in ["consent.wasm", "health_records.wasm"] {
            let wasm = wasm(name);
            let order = prepare::upload(&owner, to, &wasm).unwrap();
            codes.push(client.upload(&order, &wasm).await.unwrap().code);
        }
        let order = prepare::instantiate(&owner, to, codes[0], "consent", b"{}", &[]).unwrap();
        let consent = client.instantiate(&order).await.unwrap().contract;
        let message = format!(r#"{{"consent":"{consent}"}}"#);
        let order =
            prepare::instantiate(&owner, to, codes[1], "records", message.as_bytes(), &[consent]).unwrap();
        let records = client.instantiate(&order).await.unwrap().contract;
        let methods = ["execute/put", "query/get"].map(|m| m.parse().unwrap());
        let grant = GrantBuilder::root(owner.public(), owner.public(), records, codes[1])
            .methods(methods)
            .purposes([Purpose::Treatment, Purpose::Operations])
            .window(now() - 60, now() + DAY)
            .depth(3)
            .sign(&owner)
            .unwrap();
        let token = Token::root(grant).unwrap();
        let patient = PatientHandle::new([0xa7; 32]);
        let hosted = Self { to, client, consent, records, code: codes[1], owner, token, patient };
        hosted.register(&hosted.owner, &hosted.token).await;
        hosted
    }

    pub(super) async fn register(&self, by: &SigningKey, token: &Token) {
        let order = prepare::register(by, self.to, token).unwrap();
        self.client.register(&order).await.unwrap();
    }

    /// A root grant of the hospital to read this patient's records.
    pub(super) fn reader(&self, holder: PublicKey) -> SignedGrant {
        GrantBuilder::root(self.owner.public(), holder, self.records, self.code)
            .methods(["query/get".parse().unwrap()])
            .patient(self.patient)
            .purposes([Purpose::Treatment])
            .basis(LegalBasis::TreatmentPaymentOperations)
            .window(now() - 60, now() + DAY)
            .sign(&self.owner)
            .unwrap()
    }

    pub(super) fn invocation(
        &self,
        token: &Token,
        method: &str,
        message: String,
        purpose: Purpose,
    ) -> Invocation {
        let message = message.into_bytes();
        let mut call =
            Invocation::new(self.to, token, method.parse().unwrap(), message, purpose, now()).unwrap();
        call.touches = vec![self.consent];
        call
    }

    pub(super) fn put(&self, id: &str) -> Vec<u8> {
        let resource = format!(
            r#"{{"resourceType":"Condition","id":"{id}","subject":{{"display":"{FAMILY_NAME}"}},"code":{{"text":"{DIAGNOSIS}"}}}}"#
        );
        let message = format!(
            r#"{{"put":{{"patient":"{}","resource_type":"Condition","id":"{id}","resource":{resource}}}}}"#,
            self.patient
        );
        self.invocation(&self.token, "execute/put", message, Purpose::Operations).sign(&self.owner).unwrap()
    }

    pub(super) fn get_message(&self, id: &str) -> String {
        format!(r#"{{"get":{{"patient":"{}","resource_type":"Condition","id":"{id}"}}}}"#, self.patient)
    }

    pub(super) fn get(&self, token: &Token, holder: &SigningKey, id: &str) -> Vec<u8> {
        let message = self.get_message(id);
        self.invocation(token, "query/get", message, Purpose::Treatment).sign(holder).unwrap()
    }

    pub(super) async fn store(&self, id: &str) -> Result<Invoked, ClientError> {
        self.client.invoke(&self.put(id)).await
    }

    /// Settles what is pending and waits until it is settled, or has failed.
    pub(super) async fn settle(&self, operator: &SigningKey) -> BatchView {
        let order = prepare::settle(operator, self.to).unwrap();
        let number = self.client.settle(&order).await.unwrap().batch;
        self.settled(number).await
    }

    pub(super) async fn settled(&self, number: u64) -> BatchView {
        loop {
            let view = self.client.batch(number).await.unwrap();
            if matches!(view.state, BatchState::Settled | BatchState::Failed) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Everything that is logged in this process, at every level, by every crate of ours.
pub(super) fn capture() -> &'static Captured {
    static CAPTURED: OnceLock<Captured> = OnceLock::new();
    CAPTURED.get_or_init(|| {
        let captured = Captured::default();
        let filter =
            tracing_subscriber::EnvFilter::new("trace,hyper=off,hyper_util=off,reqwest=off,sled=off");
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(captured.clone())
            .try_init();
        captured
    })
}

#[derive(Clone, Default)]
pub(super) struct Captured(Arc<parking_lot::Mutex<Vec<u8>>>);

impl Captured {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One request over a connection of its own: status line, headers and body as they came.
pub(super) async fn raw(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// A POST that asks for the connection to be closed.
pub(super) async fn raw_post(address: SocketAddr, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    raw(address, &[head.as_bytes(), body].concat()).await
}
