use nectar_abi::CodeHash;
use nectar_capability::{Directive, RefusalReason};
use sha2::{Digest as _, Sha256};

use super::{Executor, Order};
use crate::audit::{AuditEntry, AuditEvent};
use crate::error::{CallError, HostError, Invalid};
use crate::journal::Journal;
use crate::module::check_module;
use crate::records::{self, Records as _};

impl Executor {
    /// Keeps a module, if its signer may own contracts here. Uploading it again changes nothing.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn upload(&self, directive: &[u8], wasm: &[u8]) -> Result<CodeHash, CallError> {
        let code = {
            let mut journal = self.journal.lock();
            self.upload_order(&mut journal, directive)?.1
        };
        // Compiling takes long: others go on meanwhile.
        let compiled = self.compile(code, wasm);

        let mut journal = self.journal.lock();
        let (order, _) = self.upload_order(&mut journal, directive)?;
        let entry =
            AuditEntry { signer: Some(order.signer), ..AuditEntry::new(AuditEvent::Upload, order.now) };
        let kept = match compiled {
            Ok(()) => self.keep_code(&mut journal, &order, code, wasm, entry.clone()),
            Err(invalid) => Err(invalid.into()),
        };
        self.noted(&mut journal, entry, kept)?;
        Ok(code)
    }

    fn compile(&self, code: CodeHash, wasm: &[u8]) -> Result<(), Invalid> {
        check_module(wasm)?;
        if Sha256::digest(wasm).as_slice() != code.as_bytes() {
            return Err(Invalid::WrongCode);
        }
        if let Some(programs) = &self.programs {
            programs.commitment(&code, wasm)?;
        }
        self.engine.compile(code, wasm).map(|_| ()).map_err(|_| Invalid::Compile)
    }

    fn keep_code(
        &self,
        journal: &mut Journal,
        order: &Order,
        code: CodeHash,
        wasm: &[u8],
        entry: AuditEntry,
    ) -> Result<(), CallError> {
        let mut session = self.store.begin();
        let mut head = journal.head.clone();
        if session.get(records::CODES, code.as_bytes()).map_err(HostError::from)?.is_none() {
            let limit = self.config.limits.codes;
            if usize::try_from(head.codes).is_ok_and(|codes| codes >= limit) {
                return Err(Invalid::TooManyCodes { limit }.into());
            }
            session.system_put(records::CODES, code.as_bytes(), wasm).map_err(HostError::from)?;
            head.codes = head.codes.saturating_add(1);
        }
        Ok(journal.commit_entry(session, head, Some(entry), Some(order.nonce), order.now)?)
    }

    /// A module that this node holds.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn code(&self, code: &CodeHash) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.store.system_get(records::CODES, code.as_bytes())?)
    }

    fn upload_order(&self, journal: &mut Journal, directive: &[u8]) -> Result<(Order, CodeHash), CallError> {
        let now = journal.now(&*self.clock);
        let order = self.verify(journal, directive, now)?;
        let Directive::UploadCode { code } = order.directive else {
            return Err(self.refuse_order(journal, &order, RefusalReason::Malformed));
        };
        if !self.may_own(&order.signer) {
            return Err(self.refuse_order(journal, &order, RefusalReason::WrongIssuer));
        }
        Ok((order, code))
    }
}
