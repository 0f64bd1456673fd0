//! Both verifiers, asked the same.

use nectar_l1::{DevChain, InsecureAccount, L1, L1Error, Revert, Verifier, Wallet};
use nectar_verifier::{DecodeError, Proof, VerifierKey, VerifyError, verify};

use crate::claim::Case;

/// A chain for verifiers.
pub(crate) struct Chain {
    pub(crate) l1: L1,
    _chain: DevChain,
}

impl Chain {
    pub(crate) async fn start() -> Self {
        let chain = DevChain::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let l1 = L1::connect(&chain.url(), Wallet::insecure(InsecureAccount::Admin)).await.unwrap();
        Self { l1, _chain: chain }
    }

    /// The two verifiers of a key.
    pub(crate) async fn both(&self, key: &[u8]) -> Both {
        let rust = VerifierKey::decode(key).unwrap();
        let chain = self.l1.verifier(self.l1.deploy_verifier(key).await.unwrap());
        assert_eq!(chain.key_digest().await.unwrap(), rust.digest());
        Both { rust, chain, chain_id: self.l1.chain_id() }
    }
}

/// Why the Rust verifier refuses.
#[derive(Debug)]
#[expect(dead_code, reason = "read by whoever reads why a test failed")]
pub(crate) enum Refusal {
    /// A root of the statement is not reduced.
    Statement,
    Decode(DecodeError),
    Verify(VerifyError),
}

/// What the two say.
#[derive(Debug)]
pub(crate) struct Verdicts {
    pub(crate) rust: Result<(), Refusal>,
    pub(crate) chain: Result<(), Revert>,
}

impl Verdicts {
    /// Whether they agree, and the chain gives a reason that is the proof's fault.
    pub(crate) fn agree(&self) -> bool {
        self.rust.is_ok() == self.chain.is_ok() && self.chain.as_ref().err().is_none_or(Revert::refuses_proof)
    }

    pub(crate) fn accepted(&self) -> bool {
        self.rust.is_ok() && self.chain.is_ok()
    }

    /// Whether the argument convinces both, but not that the second phase left the first as it was.
    pub(crate) fn refuse_the_phases(&self) -> bool {
        matches!(self.rust, Err(Refusal::Verify(VerifyError::SecondPhase)))
            && self.chain == Err(Revert::Opening)
    }

    /// Whether both read all of it, and neither found an argument for what it claims.
    pub(crate) fn refuse_the_argument(&self) -> bool {
        matches!(self.rust, Err(Refusal::Verify(VerifyError::Argument(_))))
            && matches!(self.chain, Err(Revert::OuterSumCheck | Revert::InnerSumCheck | Revert::Opening))
    }
}

pub(crate) struct Both {
    pub(crate) rust: VerifierKey,
    pub(crate) chain: Verifier,
    chain_id: u64,
}

impl Both {
    pub(crate) async fn ask(&self, case: &Case) -> Verdicts {
        let (key, chain_id, asked) = (self.rust.clone(), self.chain_id, case.clone());
        let rust = tokio::task::spawn_blocking(move || ask_rust(&key, chain_id, &asked));
        let chain = match self.chain.verify(&case.claim.header(&case.proof), &case.proof).await {
            Ok(()) => Ok(()),
            Err(L1Error::Reverted { reason }) => Err(reason),
            Err(other) => panic!("no verdict of the chain: {other}"),
        };
        Verdicts { rust: rust.await.unwrap(), chain }
    }
}

pub(crate) fn ask_rust(key: &VerifierKey, chain_id: u64, case: &Case) -> Result<(), Refusal> {
    let statement = case.claim.statement(chain_id).ok_or(Refusal::Statement)?;
    let proof = Proof::decode(&case.proof).map_err(Refusal::Decode)?;
    verify(key, &statement, &proof).map_err(Refusal::Verify)
}
