//! Writer and checker for a power-loss test.
//!
//! `power_loss write DIR` fills a store for ever and prints the number of each commit (8 bytes, little-endian) once it is
//! acknowledged. A harness freezes it, copies what has reached the disk, and runs `power_loss check COPY NUMBER`, which
//! fails unless everything up to that number is there and right. kill -9 does not show the losses that this shows.
use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use nectar_abi::{ContractId, NetworkId};
use nectar_commitment::from_u64;
use nectar_state::{SledBackend, Store, StoreKeys};

const CONTRACT: ContractId = ContractId::new([1; 32]);
/// Fixed, so that writer and checker agree: it protects nothing here.
const SEED: u8 = 7;
const IDENTITY: &str = "AGE-SECRET-KEY-1QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSKMP32K";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", directory] => write(&open(directory)?),
        ["check", directory, number] => check(&open(directory)?, number.parse()?),
        _ => Err("usage: power_loss write DIR | check DIR NUMBER".into()),
    }
}

fn open(directory: &str) -> Result<Store, Box<dyn Error>> {
    let keys = StoreKeys::from_bytes(&[&[1; 1], [SEED; 32].as_slice(), IDENTITY.as_bytes()].concat())?;
    let backend = SledBackend::open(Path::new(directory))?;
    Ok(Store::open(Arc::new(backend), keys, NetworkId::CONTRACTS)?)
}

/// Mostly small; every 7th is split into pieces; every 50th is a batch of several megabytes.
fn value(number: u64) -> Vec<u8> {
    let repeat = if number.is_multiple_of(50) {
        400_000
    } else if number.is_multiple_of(7) {
        3000
    } else {
        20
    };
    number.to_be_bytes().repeat(repeat)
}

fn write(store: &Store) -> Result<(), Box<dyn Error>> {
    for number in store.sequence() + 1.. {
        let mut session = store.begin();
        if !session.has_contract(&CONTRACT) {
            session.create_contract(&CONTRACT, from_u64(1))?;
        }
        session.enter(&CONTRACT)?;
        session.write(b"count", &number.to_be_bytes())?;
        session.write(&(number % 5).to_be_bytes(), &number.to_be_bytes())?;
        session.leave();
        let mut sealed = session.seal()?;
        sealed.system_put("receipt", &number.to_be_bytes(), &value(number))?;
        sealed.commit()?;
        std::io::stdout().write_all(&number.to_le_bytes())?;
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn check(store: &Store, acknowledged: u64) -> Result<(), Box<dyn Error>> {
    let reached = store.sequence();
    if reached != acknowledged && reached != acknowledged + 1 {
        return Err(format!("the store is at {reached}").into());
    }
    for number in 1..=reached {
        let found = store.system_get("receipt", &number.to_be_bytes())?;
        if found != Some(value(number)) {
            return Err(format!("record {number} is missing or wrong").into());
        }
    }
    let mut session = store.begin();
    if reached > 0 {
        session.enter(&CONTRACT)?;
        if session.read(b"count")? != Some(reached.to_be_bytes().to_vec()) {
            return Err("the count is wrong".into());
        }
    }
    Ok(())
}
