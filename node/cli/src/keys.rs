//! Key files: one CBOR map, encrypted with a passphrase (age).
//!
//! ```text
//! { "version": 1, "kind": "holder" | "dsp" | "wallet",
//!   "ed25519": 32 bytes, "store": store keys, "secp256k1": 32 bytes | "insecure_account": "dsp-0" }
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use nectar_capability::SigningKey;
use nectar_l1::{InsecureAccount, Wallet};
use nectar_node::NodeSecrets;
use nectar_state::{StoreKeys, keyfile};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::CliError;
use crate::files::{self, Access};
use crate::passphrase::PassphraseArgs;

const VERSION: u8 = 1;

/// A key file and its passphrase.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyArgs {
    /// Key file to sign with
    #[arg(long, value_name = "FILE", env = "NECTAR_KEY")]
    pub(crate) key: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

impl KeyArgs {
    /// The key that holders, owners, operators and auditors sign with.
    pub(crate) fn holder(&self) -> Result<SigningKey, CliError> {
        match self.open()? {
            Keys::Holder(key) => Ok(key),
            other => Err(self.wrong(&other, "holder")),
        }
    }

    /// The keys of a node.
    pub(crate) fn dsp(&self) -> Result<NodeSecrets, CliError> {
        match self.open()? {
            Keys::Dsp(secrets) => Ok(*secrets),
            other => Err(self.wrong(&other, "dsp")),
        }
    }

    /// An Ethereum wallet: one of its own, or a node's.
    pub(crate) fn wallet(&self) -> Result<Wallet, CliError> {
        match self.open()? {
            Keys::Wallet(wallet) => Ok(wallet),
            Keys::Dsp(secrets) => Ok(secrets.wallet),
            other => Err(self.wrong(&other, "wallet")),
        }
    }

    /// Whatever is in it.
    pub(crate) fn open(&self) -> Result<Keys, CliError> {
        Keys::read(&self.key, &self.passphrase)
    }

    fn wrong(&self, got: &Keys, expected: &'static str) -> CliError {
        CliError::KeyKind { path: self.key.clone(), expected, got: got.kind() }
    }
}

/// The keys in one file.
pub(crate) enum Keys {
    /// Signs invocations, grants and directives.
    Holder(SigningKey),
    /// A node's: identity, store keys and wallet.
    Dsp(Box<NodeSecrets>),
    /// Pays for and signs transactions on Ethereum.
    Wallet(Wallet),
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({}, secret ..)", self.kind())
    }
}

impl Keys {
    /// The kind's name.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Holder(_) => "holder",
            Self::Dsp(_) => "dsp",
            Self::Wallet(_) => "wallet",
        }
    }

    /// Everything public about the keys.
    pub(crate) fn public(&self) -> Value {
        match self {
            Self::Holder(key) => json!({ "kind": self.kind(), "public_key": key.public() }),
            Self::Dsp(secrets) => json!({
                "kind": self.kind(),
                "node_key": secrets.identity.public(),
                "address": secrets.wallet.address().to_string(),
                "age_recipient": secrets.store.recipient(),
                "store_signer": secrets.store.signer(),
                "insecure_wallet": secrets.wallet.is_insecure(),
            }),
            Self::Wallet(wallet) => json!({
                "kind": self.kind(),
                "address": wallet.address().to_string(),
                "insecure_wallet": wallet.is_insecure(),
            }),
        }
    }

    /// Writes a new key file, for its owner only.
    pub(crate) fn write(&self, path: &Path, passphrase: &PassphraseArgs) -> Result<(), CliError> {
        if path.exists() {
            return Err(CliError::Exists(path.to_owned()));
        }
        let plain = self.encode()?;
        let passphrase = passphrase.new_one(path)?;
        let sealed = keyfile::encrypt(&plain, &passphrase)
            .map_err(|source| CliError::KeyFile { path: path.to_owned(), source })?;
        files::create(path, &sealed, Access::Owner)
    }

    /// Reads a key file.
    pub(crate) fn read(path: &Path, passphrase: &PassphraseArgs) -> Result<Self, CliError> {
        let sealed = files::read(path, "key file", keyfile::MAX_KEY_FILE_BYTES)?;
        let passphrase = passphrase.existing(path)?;
        let plain = keyfile::decrypt(&sealed, &passphrase)
            .map_err(|source| CliError::KeyFile { path: path.to_owned(), source })?;
        Self::decode(&plain).map_err(|why| CliError::Format { path: path.to_owned(), what: "key file", why })
    }

    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, CliError> {
        let file = match self {
            Self::Holder(key) => {
                File { ed25519: Some(Secret::of(key.to_bytes().as_slice())), ..File::new("holder") }
            }
            Self::Dsp(secrets) => {
                let store = secrets.store.to_bytes().ok_or_else(|| CliError::Failed {
                    doing: "writing the key file",
                    why: "recovery keys only read: they cannot run a node".into(),
                })?;
                File {
                    ed25519: Some(Secret::of(secrets.identity.to_bytes().as_slice())),
                    store: Some(Secret::of(&store)),
                    ..File::with_wallet("dsp", &secrets.wallet)
                }
            }
            Self::Wallet(wallet) => File::with_wallet("wallet", wallet),
        };
        // Large enough never to move, so that no copy of a secret stays behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        ciborium::into_writer(&file, &mut *bytes)
            .map_err(|e| CliError::Failed { doing: "writing the key file", why: e.to_string() })?;
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let file: File = ciborium::from_reader(bytes).map_err(|_| "its content is no key".to_owned())?;
        if file.version != VERSION {
            return Err(format!("version {}; this program reads version {VERSION}", file.version));
        }
        match file.kind.as_str() {
            "holder" => Ok(Self::Holder(file.identity()?)),
            "wallet" => Ok(Self::Wallet(file.wallet()?)),
            "dsp" => {
                let store = file.store.as_ref().ok_or("it has no store keys")?;
                let store = StoreKeys::from_bytes(&store.0).map_err(|e| e.to_string())?;
                let (identity, wallet) = (file.identity()?, file.wallet()?);
                Ok(Self::Dsp(Box::new(NodeSecrets { identity, store, wallet })))
            }
            other => Err(format!("kind {other} is unknown: holder, dsp or wallet")),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u8,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ed25519: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secp256k1: Option<Secret>,
    /// Name of an insecure development account, so that it stays known as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    insecure_account: Option<DevAccount>,
}

impl File {
    fn new(kind: &str) -> Self {
        Self {
            version: VERSION,
            kind: kind.to_owned(),
            ed25519: None,
            store: None,
            secp256k1: None,
            insecure_account: None,
        }
    }

    fn with_wallet(kind: &str, wallet: &Wallet) -> Self {
        match DevAccount::of(wallet) {
            Some(account) => Self { insecure_account: Some(account), ..Self::new(kind) },
            None => Self { secp256k1: Some(Secret::of(wallet.to_bytes().as_slice())), ..Self::new(kind) },
        }
    }

    fn identity(&self) -> Result<SigningKey, String> {
        Ok(SigningKey::from_bytes(&*self.ed25519.as_ref().ok_or("it has no Ed25519 key")?.array()?))
    }

    fn wallet(&self) -> Result<Wallet, String> {
        if let Some(account) = self.insecure_account {
            return Ok(account.wallet());
        }
        let secret = self.secp256k1.as_ref().ok_or("it has no Ethereum key")?.array()?;
        Wallet::from_bytes(&secret).map_err(|e| e.to_string())
    }
}

/// An account of development chains whose key everybody knows: `admin`, `authorizer`, `auditor`, `dsp-0` to `dsp-7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DevAccount(InsecureAccount);

impl DevAccount {
    /// Its wallet, which is refused on every other chain.
    pub(crate) fn wallet(self) -> Wallet {
        Wallet::insecure(self.0)
    }

    fn of(wallet: &Wallet) -> Option<Self> {
        let same = |account: &InsecureAccount| account.address() == wallet.address();
        InsecureAccount::funded().find(same).filter(|_| wallet.is_insecure()).map(Self)
    }
}

impl fmt::Display for DevAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            InsecureAccount::Admin => f.write_str("admin"),
            InsecureAccount::Authorizer => f.write_str("authorizer"),
            InsecureAccount::Auditor => f.write_str("auditor"),
            InsecureAccount::Dsp(number) => write!(f, "dsp-{number}"),
        }
    }
}

impl FromStr for DevAccount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut accounts = InsecureAccount::funded().map(Self);
        accounts.find(|account| account.to_string() == text).ok_or_else(|| {
            "a development account is admin, authorizer, auditor, or dsp-0 to dsp-7".to_owned()
        })
    }
}

impl Serialize for DevAccount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DevAccount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// Bytes that are erased when dropped.
struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    fn array(&self) -> Result<Zeroizing<[u8; 32]>, String> {
        let bytes = self.0.as_slice().try_into();
        bytes.map(Zeroizing::new).map_err(|_| "a key in it has not 32 bytes".to_owned())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("at most 256 bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Secret, E> {
                if bytes.len() > 256 {
                    Err(E::invalid_length(bytes.len(), &self))
                } else {
                    Ok(Secret::of(bytes))
                }
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Secret, E> {
                self.visit_bytes(&Zeroizing::new(bytes))
            }
        }
        d.deserialize_byte_buf(Bytes).map_err(|_| D::Error::custom("expected bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all() -> Vec<Keys> {
        let identity = SigningKey::generate().unwrap();
        let secrets = NodeSecrets {
            identity: identity.clone(),
            store: StoreKeys::generate().unwrap(),
            wallet: Wallet::generate().unwrap(),
        };
        let known = "dsp-3".parse::<DevAccount>().unwrap().wallet();
        vec![Keys::Holder(identity), Keys::Dsp(Box::new(secrets)), Keys::Wallet(known)]
    }

    #[test]
    fn keys_survive_their_bytes() {
        for keys in all() {
            let again = Keys::decode(&keys.encode().unwrap()).unwrap();
            assert_eq!(again.public(), keys.public());
            assert_eq!(again.encode().unwrap(), keys.encode().unwrap());
        }
    }

    #[test]
    fn an_insecure_account_stays_known_as_one() {
        let Some(Keys::Wallet(wallet)) = all().pop() else { panic!("the last one is a wallet") };
        let again = Keys::decode(&Keys::Wallet(wallet).encode().unwrap()).unwrap();
        assert_eq!(again.public()["insecure_wallet"], true);
    }

    #[test]
    fn what_is_public_and_what_debug_shows_holds_no_secret() {
        for keys in all() {
            let Keys::Holder(key) = &keys else { continue };
            let secret = hex::encode(key.to_bytes().as_slice());
            assert!(!format!("{keys:?}{}", keys.public()).contains(&secret));
        }
    }

    #[test]
    fn an_unknown_kind_member_or_version_is_refused() {
        for (name, value) in [("version", 2.into()), ("kind", "other".into()), ("more", 1.into())] {
            let plain = all().remove(0).encode().unwrap();
            let mut map: ciborium::Value = ciborium::from_reader(plain.as_slice()).unwrap();
            let members = map.as_map_mut().unwrap();
            members.retain(|(key, _)| key.as_text() != Some(name));
            members.push((name.into(), value));
            let mut bytes = Vec::new();
            ciborium::into_writer(&map, &mut bytes).unwrap();
            assert!(Keys::decode(&bytes).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_no_key(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Keys::decode(&bytes).is_err());
        }
    }
}
