//! A node as its callers see it: what it is, and requests signed for it.

use clap::Args;
use nectar_abi::{ContractId, Method, Purpose};
use nectar_capability::{Destination, Invocation, SigningKey, Token};
use nectar_node::api::Info;
use nectar_node::client::Client;
use nectar_node::prepare::PrepareError;

use crate::error::CliError;
use crate::time::now;

/// Which node.
#[derive(Debug, Clone, Args)]
pub(crate) struct NodeArgs {
    /// URL of the node
    #[arg(long, value_name = "URL", env = "NECTAR_NODE", default_value = "http://127.0.0.1:7400")]
    pub(crate) node: String,
}

impl NodeArgs {
    /// Asks the node what it is.
    pub(crate) async fn connect(&self) -> Result<Service, CliError> {
        Service::connect(&self.node).await
    }
}

/// A node, and what it said of itself.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// Typed requests to it.
    pub(crate) client: Client,
    /// What it said at the start.
    pub(crate) info: Info,
}

/// An order that could not be signed.
pub(crate) fn unsigned(error: PrepareError) -> CliError {
    CliError::Failed { doing: "signing the order", why: error.to_string() }
}

/// One call of a contract, before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// The holder's token.
    pub(crate) token: &'a Token,
    /// Execute or query, and the name.
    pub(crate) method: Method,
    /// The message: JSON.
    pub(crate) message: Vec<u8>,
    /// Why.
    pub(crate) purpose: Purpose,
    /// Other contracts that the call may reach.
    pub(crate) touches: &'a [ContractId],
}

impl Service {
    /// Asks a node what it is.
    pub(crate) async fn connect(url: &str) -> Result<Self, CliError> {
        let client = Client::new(url).map_err(CliError::node("the node's URL"))?;
        let info = client.info().await.map_err(CliError::node("asking the node what it is"))?;
        Ok(Self { client, info })
    }

    /// Where requests go.
    pub(crate) fn destination(&self) -> Destination {
        Destination { network: self.info.network, dsp: self.info.dsp }
    }

    /// A signed call, with a fresh nonce, valid for two minutes.
    pub(crate) fn request(&self, key: &SigningKey, call: &Call<'_>) -> Result<Vec<u8>, CliError> {
        self.invocation(call)?.sign(key).map_err(|e| CliError::failed("signing the call")(e.into()))
    }

    /// The call before it is signed.
    pub(crate) fn invocation(&self, call: &Call<'_>) -> Result<Invocation, CliError> {
        let Call { token, method, message, purpose, touches } = call;
        let to = self.destination();
        let invocation = Invocation::new(to, token, method.clone(), message.clone(), *purpose, now());
        let mut invocation = invocation.map_err(|e| CliError::failed("signing the call")(e.into()))?;
        invocation.touches = touches.to_vec();
        invocation.touches.sort_unstable();
        invocation.touches.dedup();
        Ok(invocation)
    }
}
