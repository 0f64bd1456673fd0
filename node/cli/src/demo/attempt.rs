//! Calls of contracts over HTTP: those that must be answered, and those that must be refused.

use nectar_abi::{ContractId, Purpose};
use nectar_capability::{SigningKey, Token};
use nectar_node::api::{Invoked, Outcome};
use nectar_node::client::ClientError;
use nectar_node::prepare;

use super::admit::World;
use super::records::method;
use crate::error::CliError;
use crate::service::{Call, unsigned};

/// Somebody who calls: a key, a token, a purpose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) key: &'a SigningKey,
    pub(super) token: &'a Token,
    pub(super) purpose: Purpose,
    /// Contracts that the call may reach.
    pub(super) touches: &'a [ContractId],
}

/// How a request was answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// The contract answered with data.
    Data(Box<Invoked>, Vec<u8>),
    /// The contract answered with an error: it refused.
    ContractError(String),
    /// The service refused.
    Refused,
}

impl Answer {
    /// Whether there is data.
    pub(super) fn is_data(&self) -> bool {
        matches!(self, Self::Data(..))
    }

    /// Whether the service refused.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused)
    }

    /// How it went, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Data(_, data) => format!("answered with {} bytes", data.len()),
            Self::ContractError(text) => format!("the contract: {text}"),
            Self::Refused => "refused".into(),
        }
    }
}

impl World {
    /// A signed call.
    pub(super) fn request(
        &self,
        caller: Caller<'_>,
        name: &str,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, CliError> {
        self.service.request(caller.key, &self.call(caller, name, message)?)
    }

    /// A call before it is signed.
    pub(super) fn call<'a>(
        &self,
        caller: Caller<'a>,
        name: &str,
        message: Vec<u8>,
    ) -> Result<Call<'a>, CliError> {
        let Caller { token, purpose, touches, .. } = caller;
        Ok(Call { token, method: method(name)?, message, purpose, touches })
    }

    /// Sends a call, whatever comes of it.
    pub(super) async fn send(&self, request: &[u8]) -> Result<Answer, CliError> {
        match self.service.client.invoke(request).await {
            Err(ClientError::Refused) => Ok(Answer::Refused),
            Err(error) => Err(CliError::node("calling a contract")(error)),
            Ok(answer) => Ok(match answer.result.clone() {
                Outcome::Ok(data) => Answer::Data(Box::new(answer), data.0),
                Outcome::Error(text) => Answer::ContractError(text),
            }),
        }
    }

    /// Signs and sends a call, whatever comes of it.
    pub(super) async fn ask(
        &self,
        caller: Caller<'_>,
        name: &str,
        message: Vec<u8>,
    ) -> Result<Answer, CliError> {
        self.send(&self.request(caller, name, message)?).await
    }

    /// Signs and sends a call that must be answered with data.
    pub(super) async fn must_answer(
        &self,
        caller: Caller<'_>,
        name: &str,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, CliError> {
        match self.ask(caller, name, message).await? {
            Answer::Data(_, data) => Ok(data),
            Answer::ContractError(text) => Err(CliError::Contract(text)),
            Answer::Refused => Err(CliError::Refused),
        }
    }

    /// Registers a token's last grant; whether the service took it.
    pub(super) async fn try_register(&self, key: &SigningKey, token: &Token) -> Result<bool, CliError> {
        let order = prepare::register(key, self.service.destination(), token).map_err(unsigned)?;
        match self.service.client.register(&order).await {
            Ok(_) => Ok(true),
            Err(ClientError::Refused) => Ok(false),
            Err(error) => Err(CliError::node("registering a grant")(error)),
        }
    }

    /// Registers a token's last grant.
    pub(super) async fn register(&self, key: &SigningKey, token: &Token) -> Result<(), CliError> {
        if self.try_register(key, token).await? { Ok(()) } else { Err(CliError::Refused) }
    }

    /// Revokes a token's last grant.
    pub(super) async fn revoke(&self, key: &SigningKey, token: &Token) -> Result<(), CliError> {
        let grant = token.leaf();
        let (contract, hash) = (grant.grant().contract, grant.hash());
        let order = prepare::revoke(key, self.service.destination(), contract, hash).map_err(unsigned)?;
        self.service.client.revoke(&order).await.map(drop).map_err(CliError::node("revoking a grant"))
    }
}
