use std::fmt;

use nectar_abi::limits::{MAX_CHAIN, MAX_TOKEN_BYTES};
use nectar_abi::{GrantHash, PublicKey};

use crate::cbor::{Reader, Writer};
use crate::claims::VERSION_1;
use crate::error::{ChainError, TokenError};
use crate::signed_grant::{MAX_GRANT_BYTES, SignedGrant};

/// A grant with its chain of parents, root first.
///
/// ```text
/// [ 1, [ root, child, .. leaf ] ]     each a byte string that holds a signed grant
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    root: SignedGrant,
    rest: Vec<SignedGrant>,
}

impl Token {
    /// A token of one grant.
    ///
    /// # Errors
    /// [`ChainError::RootHasParent`]
    pub fn root(grant: SignedGrant) -> Result<Self, ChainError> {
        let token = Self::unchecked(grant, Vec::new());
        token.check_chain()?;
        Ok(token)
    }

    /// The token of a child that this token's holder has signed.
    ///
    /// # Errors
    /// [`ChainError`] naming the axis on which the child is wider, or the limit.
    pub fn delegate(&self, child: SignedGrant) -> Result<Self, ChainError> {
        let mut token = self.clone();
        token.rest.push(child);
        token.check_chain()?;
        let got = token.encode().len();
        if got > MAX_TOKEN_BYTES {
            return Err(ChainError::TooManyBytes { got });
        }
        Ok(token)
    }

    /// Puts grants together as they are, as anybody can: to show that a node refuses what is no chain.
    pub fn unchecked(root: SignedGrant, rest: Vec<SignedGrant>) -> Self {
        Self { root, rest }
    }

    /// Reads a token whose grants are all signed and form a chain. Whether the root is by the owner of its contract is
    /// for [`authorize`](crate::authorize) and [`verify_token`](crate::verify_token) to say.
    ///
    /// # Errors
    /// [`TokenError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong { limit: MAX_TOKEN_BYTES, got: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        reader.array_of(2)?;
        if reader.uint()? != VERSION_1 {
            return Err(TokenError::Malformed);
        }
        let children = reader.array(bytes.len())?.checked_sub(1).ok_or(TokenError::Malformed)?;
        if children >= MAX_CHAIN {
            return Err(ChainError::TooLong.into());
        }
        let root = SignedGrant::decode(&reader.bytes(MAX_GRANT_BYTES)?)?;
        let rest = (0..children)
            .map(|_| SignedGrant::decode(&reader.bytes(MAX_GRANT_BYTES)?))
            .collect::<Result<_, TokenError>>()?;
        let token = Self { root, rest };
        if token.encode() != bytes {
            return Err(TokenError::Malformed);
        }
        token.check_chain()?;
        Ok(token)
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.array(2).uint(VERSION_1).array(self.len());
        for grant in self.grants() {
            writer.bytes(grant.bytes());
        }
        writer.finish()
    }

    /// The grants, root first.
    pub fn grants(&self) -> impl Iterator<Item = &SignedGrant> {
        std::iter::once(&self.root).chain(&self.rest)
    }

    /// The grant at the start of the chain.
    pub fn first(&self) -> &SignedGrant {
        &self.root
    }

    /// The grant that the token's holder uses.
    pub fn leaf(&self) -> &SignedGrant {
        self.rest.last().unwrap_or(&self.root)
    }

    /// How many grants it has: never 0.
    #[expect(clippy::len_without_is_empty, reason = "a token is never empty")]
    pub fn len(&self) -> usize {
        self.rest.len().saturating_add(1)
    }

    /// Whether `signer` may revoke `grant`: its issuer and the issuers above it may. The root's is the contract's owner,
    /// who may revoke any grant.
    pub fn may_revoke(&self, signer: &PublicKey, grant: &GrantHash) -> bool {
        let Some(position) = self.grants().position(|g| g.hash() == *grant) else { return false };
        self.grants().take(position.saturating_add(1)).any(|g| g.grant().issuer == *signer)
    }

    pub(crate) fn check_chain(&self) -> Result<(), ChainError> {
        if self.len() > MAX_CHAIN {
            return Err(ChainError::TooLong);
        }
        if self.root.grant().parent.is_some() {
            return Err(ChainError::RootHasParent);
        }
        self.grants()
            .zip(&self.rest)
            .try_for_each(|(parent, child)| child.grant().follows(parent.grant(), &parent.hash()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.grants().map(SignedGrant::hash)).finish()
    }
}
