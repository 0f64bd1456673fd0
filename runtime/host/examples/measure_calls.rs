//! Measures the example contracts on sled: medians in microseconds of each stage of an invocation.
//!
//! `cargo run --release -p nectar-runtime --example measure_calls [CALLS]`
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nectar_abi::{CodeHash, ContractId, NetworkId, Purpose};
use nectar_capability::{
    Destination, Directive, GrantBuilder, Invocation, SigningKey, Token, random_bytes, sign_directive,
};
use nectar_runtime::{Config, Executor, Reply, Timing};
use nectar_state::{SledBackend, Store, StoreKeys};
use sha2::{Digest as _, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PATIENT: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const METHODS: [&str; 5] = ["execute/put", "execute/put_many", "query/get", "query/list", "query/summary"];

struct Node {
    executor: Executor,
    hospital: SigningKey,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

impl Node {
    fn to(&self) -> Destination {
        Destination { network: self.executor.network(), dsp: self.executor.dsp() }
    }

    fn directive(&self, directive: &Directive) -> Outcome<Vec<u8>> {
        let (to, now) = (self.to(), now());
        Ok(sign_directive(&self.hospital, to.dsp, to.network, random_bytes()?, now, now + 60, directive)?)
    }

    fn contract(&self, name: &str, message: String) -> Outcome<(ContractId, CodeHash)> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
        let wasm = std::fs::read(format!("{directory}/{name}.wasm"))?;
        let code = CodeHash::new(Sha256::digest(&wasm).into());
        let start = Instant::now();
        self.executor.upload(&self.directive(&Directive::UploadCode { code })?, &wasm)?;
        say(&format!("{name}: {} bytes, checked, compiled and stored in {:?}", wasm.len(), start.elapsed()))?;
        let order = Directive::Instantiate {
            code,
            label: name.to_owned(),
            message: message.into_bytes(),
            salt: random_bytes()?,
            touches: Vec::new(),
        };
        Ok((self.executor.instantiate(&self.directive(&order)?)?.contract, code))
    }

    fn call(&self, token: &Token, method: &str, message: String, touches: &[ContractId]) -> Outcome<Reply> {
        let message = message.into_bytes();
        let mut call =
            Invocation::new(self.to(), token, method.parse()?, message, Purpose::Treatment, now())?;
        call.touches = touches.to_vec();
        let reply = self.executor.invoke(&call.sign(&self.hospital)?)?;
        if reply.result.is_err() {
            return Err(format!("{method}: {:?}", reply.result).into());
        }
        Ok(reply)
    }
}

fn say(line: &str) -> Outcome<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn main() -> Outcome<()> {
    let calls: usize = std::env::args().nth(1).map_or(Ok(200), |calls| calls.parse())?;
    let directory = tempfile::tempdir()?;
    let backend = SledBackend::open(directory.path())?;
    let store = Store::open(Arc::new(backend), StoreKeys::generate()?, NetworkId::CONTRACTS)?;
    let executor = Executor::open(Config::new(NetworkId::CONTRACTS), store, SigningKey::generate()?)?;
    let node = Node { executor, hospital: SigningKey::generate()? };
    let (consent, _) = node.contract("consent", "{}".to_owned())?;
    let (records, code) = node.contract("health_records", format!(r#"{{"consent":"{consent}"}}"#))?;
    let owner = node.hospital.public();
    let grant = GrantBuilder::root(owner, owner, records, code)
        .methods(METHODS.iter().map(|method| method.parse()).collect::<Result<Vec<_>, _>>()?)
        .purposes([Purpose::Treatment])
        .window(now() - 10, now() + 86_400)
        .sign(&node.hospital)?;
    let token = Token::root(grant)?;
    node.executor.register(&node.directive(&Directive::Register { token: token.encode() })?)?;

    say("call            calls   authorise      run     seal   commit    total       gas   slots")?;
    let resource = |n: usize| {
        let text = "x".repeat(900);
        format!(r#"{{"resourceType":"Observation","id":"o{n}","status":"final","note":"{text}"}}"#)
    };
    measure(&node, "put", calls, |n| {
        let message = format!(
            r#"{{"put":{{"patient":"{PATIENT}","resource_type":"Observation","id":"o{n}","resource":{}}}}}"#,
            resource(n)
        );
        node.call(&token, "execute/put", message, &[])
    })?;
    measure(&node, "put_many (64)", calls / 20 + 1, |n| {
        let entries: Vec<_> = (0..64)
            .map(|m| {
                let n = 100_000 + n * 64 + m;
                format!(r#"{{"resource_type":"Observation","id":"o{n}","resource":{}}}"#, resource(n))
            })
            .collect();
        let message =
            format!(r#"{{"put_many":{{"patient":"{PATIENT}","entries":[{}]}}}}"#, entries.join(","));
        node.call(&token, "execute/put_many", message, &[])
    })?;
    measure(&node, "get + consent", calls, |n| {
        let message =
            format!(r#"{{"get":{{"patient":"{PATIENT}","resource_type":"Observation","id":"o{n}"}}}}"#);
        node.call(&token, "query/get", message, &[consent])
    })?;
    measure(&node, "list (100)", calls / 10 + 1, |_| {
        let message = format!(r#"{{"list":{{"patient":"{PATIENT}","resource_type":"Observation"}}}}"#);
        node.call(&token, "query/list", message, &[consent])
    })?;
    Ok(())
}

fn measure(node: &Node, name: &str, calls: usize, call: impl Fn(usize) -> Outcome<Reply>) -> Outcome<()> {
    let first = node.executor.receipts();
    let replies = (0..calls).map(call).collect::<Outcome<Vec<_>>>()?;
    let median = |stage: fn(&Timing) -> Duration| {
        let mut times: Vec<_> = replies.iter().map(|reply| stage(&reply.timing).as_micros()).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let gas = replies.last().map_or(0, |reply| reply.gas);
    let batch = node.executor.pending(4096, usize::MAX)?;
    let slots =
        batch.and_then(|batch| batch.traces().get(usize::try_from(first).ok()?).map(|t| t.slots.len()));
    say(&format!(
        "{name:<14} {calls:>6} {:>11} {:>8} {:>8} {:>8} {:>8} {gas:>9} {:>7}",
        median(|t| t.authorise),
        median(|t| t.run),
        median(|t| t.seal),
        median(|t| t.commit),
        median(|t| t.authorise + t.run + t.seal + t.commit),
        slots.unwrap_or_default(),
    ))
}
