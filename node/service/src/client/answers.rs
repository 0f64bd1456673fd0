use super::{
    Client, ClientError, Destination, MAX_DIRECTIVE_BYTES, MAX_INVOCATION_BYTES, MAX_PROOF_BYTES,
    MAX_UPLOAD_BYTES, Method, api, decode, path, upload_body,
};

/// One method per path. The bytes of requests come from [`crate::prepare`].
impl Client {
    /// Whether the node serves, and why not.
    ///
    /// # Errors
    /// [`ClientError`]; a node that is not ready answers all the same.
    pub async fn ready(&self) -> Result<api::Ready, ClientError> {
        let (_, body) = self.exchange(Method::GET, path::READY, Vec::new(), self.max_answer).await?;
        decode(&body)
    }

    /// Who the node is and where it settles.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn info(&self) -> Result<api::Info, ClientError> {
        self.get(path::INFO).await
    }

    /// Where requests go, as [`Self::info`] says it.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn destination(&self) -> Result<Destination, ClientError> {
        let info = self.info().await?;
        Ok(Destination { network: info.network, dsp: info.dsp })
    }

    /// Uploads a module with its signed directive.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn upload(&self, directive: &[u8], wasm: &[u8]) -> Result<api::Uploaded, ClientError> {
        self.post(path::CODES, &upload_body(directive, wasm), MAX_UPLOAD_BYTES).await
    }

    /// Makes a contract.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn instantiate(&self, directive: &[u8]) -> Result<api::Instantiated, ClientError> {
        self.post(path::CONTRACTS, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// Registers a grant.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn register(&self, directive: &[u8]) -> Result<api::Registered, ClientError> {
        self.post(path::GRANTS, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// Revokes a grant.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn revoke(&self, directive: &[u8]) -> Result<api::Revoked, ClientError> {
        self.post(path::REVOCATIONS, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// Calls a contract.
    ///
    /// # Errors
    /// [`ClientError::Refused`], or another [`ClientError`]. The contract's own error is no error here.
    pub async fn invoke(&self, invocation: &[u8]) -> Result<api::Invoked, ClientError> {
        self.post(path::INVOCATIONS, invocation, MAX_INVOCATION_BYTES).await
    }

    /// Grants with their uses, for the owner or an auditor.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn grants(&self, directive: &[u8]) -> Result<api::Grants, ClientError> {
        self.post(path::AUDIT_GRANTS, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// The audit log, for the owner or an auditor.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn audit(&self, directive: &[u8]) -> Result<api::AuditLog, ClientError> {
        self.post(path::AUDIT_ENTRIES, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// Starts the settlement of pending receipts, as the operator.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn settle(&self, directive: &[u8]) -> Result<api::SettleStarted, ClientError> {
        self.post(path::BATCHES, directive, MAX_DIRECTIVE_BYTES).await
    }

    /// Where a batch is.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn batch(&self, number: u64) -> Result<api::BatchView, ClientError> {
        self.get(&path::BATCH.replace("{number}", &number.to_string())).await
    }

    /// The proof of a batch's state, as bytes.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn proof(&self, number: u64) -> Result<Vec<u8>, ClientError> {
        self.proof_at(path::PROOF, number).await
    }

    /// The proof of a batch's execution, as bytes.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn execution_proof(&self, number: u64) -> Result<Vec<u8>, ClientError> {
        self.proof_at(path::EXECUTION_PROOF, number).await
    }

    async fn proof_at(&self, path: &str, number: u64) -> Result<Vec<u8>, ClientError> {
        let path = path.replace("{number}", &number.to_string());
        self.send(Method::GET, &path, Vec::new(), MAX_PROOF_BYTES).await
    }

    /// A receipt, and its place in a batch.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn receipt(&self, position: u64) -> Result<api::ReceiptView, ClientError> {
        self.get(&path::RECEIPT.replace("{position}", &position.to_string())).await
    }
}
