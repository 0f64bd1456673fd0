use cosmwasm_std::{Binary, ContractResult};
use nectar_abi::{CodeHash, ContractId};
use nectar_capability::{Directive, RefusalReason};
use nectar_trace::ReceiptKind;

use super::{Call, Ended, Executor, Order, contract_id};
use crate::answer;
use crate::audit::{AuditEntry, AuditEvent};
use crate::error::{CallError, HostError, Invalid};
use crate::failure::Words;
use crate::frame::Entry;
use crate::journal::{Event, Journal};
use crate::records::{self, ContractRecord, Records as _};
use crate::reply::Instantiated;
use crate::run::{Run, Scope, module_bytes};

/// What the owner asked for.
struct Plan {
    order: Order,
    contract: ContractId,
    code: CodeHash,
    label: String,
}

impl Executor {
    /// Creates a contract whose owner is the directive's signer. If `instantiate` fails, there is no contract.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn instantiate(&self, directive: &[u8]) -> Result<Instantiated, CallError> {
        let mut journal = self.journal.lock();
        let now = journal.now(&*self.clock);
        let mut order = self.verify(&mut journal, directive, now)?;
        let Directive::Instantiate { code, label, message, salt, touches } = &mut order.directive else {
            return Err(self.refuse_order(&mut journal, &order, RefusalReason::Malformed));
        };
        let (code, label, salt) = (*code, std::mem::take(label), *salt);
        let (message, touches) = (std::mem::take(message), std::mem::take(touches));
        if !self.may_own(&order.signer) {
            return Err(self.refuse_order(&mut journal, &order, RefusalReason::WrongIssuer));
        }
        let contract = contract_id(self.config.network, &code, &order.signer, &salt);
        let plan = Plan { order, contract, code, label };
        let entry = plan_entry(&plan.order, plan.contract);
        let result = self.create(&mut journal, directive, plan, message, touches);
        self.noted(&mut journal, entry, result)
    }

    fn create(
        &self,
        journal: &mut Journal,
        directive: &[u8],
        plan: Plan,
        message: Vec<u8>,
        touches: Vec<ContractId>,
    ) -> Result<Instantiated, CallError> {
        let ended = self.run_instantiate(journal, &plan, message, touches)?;
        match (&ended.result, &ended.failure) {
            (ContractResult::Ok(response), _) => {
                let response = response.clone();
                self.keep(journal, directive, plan, ended, response)
            }
            (ContractResult::Err(_), Some(failure)) => Err(Invalid::Failed(failure.clone()).into()),
            (ContractResult::Err(text), None) => Err(Invalid::Instantiation(Words(text.clone())).into()),
        }
    }

    fn run_instantiate(
        &self,
        journal: &Journal,
        plan: &Plan,
        message: Vec<u8>,
        touches: Vec<ContractId>,
    ) -> Result<Ended, CallError> {
        let mut session = self.store.begin();
        if session.get(records::CODES, plan.code.as_bytes()).map_err(HostError::from)?.is_none() {
            return Err(Invalid::UnknownCode.into());
        }
        if session.has_contract(&plan.contract) {
            return Err(Invalid::ContractExists.into());
        }
        let limit = self.config.limits.contracts;
        if usize::try_from(journal.head.contracts).is_ok_and(|contracts| contracts >= limit) {
            return Err(Invalid::TooManyContracts { limit }.into());
        }
        let program = self.program(&plan.code, || module_bytes(&session, &plan.code))?;
        session.create_contract(&plan.contract, program).map_err(HostError::from)?;
        let scope = Scope {
            network: self.config.network,
            height: journal.head.position,
            time: plan.order.now,
            caller: None,
            owner: plan.order.signer,
            touches,
        };
        let mut run = Box::new(Run::new(session, self.engine.clone(), self.programs.clone(), scope));
        run.enter(&plan.contract)?;
        let inputs = vec![run.env(&plan.contract)?, answer::info(&plan.order.signer)?, message];
        let call = Call { code: plan.code, entry: Entry::Instantiate, inputs };
        match self.run_entry(run, call) {
            Err(HostError::Answer(_, failure)) => Err(Invalid::Failed(failure).into()),
            Err(HostError::NotProvable(why)) => Err(Invalid::NotProvable(why).into()),
            ended => Ok(ended?),
        }
    }

    fn keep(
        &self,
        journal: &mut Journal,
        directive: &[u8],
        plan: Plan,
        mut ended: Ended,
        response: Binary,
    ) -> Result<Instantiated, CallError> {
        let record = ContractRecord {
            owner: plan.order.signer,
            code: plan.code,
            label: plan.label,
            created: plan.order.now,
            position: journal.head.position,
        };
        let record = records::encode(&record)?;
        ended
            .session
            .system_put(records::CONTRACTS, plan.contract.as_bytes(), &record)
            .map_err(HostError::from)?;
        let result = answer::result_bytes(&ended.result)?;
        let event = Event {
            kind: ReceiptKind::Instantiate,
            request: directive,
            response: &result,
            gas: ended.gas,
            time: plan.order.now,
            nonce: plan.order.nonce,
            audit: plan_entry(&plan.order, plan.contract),
            runs: ended.runs,
            told: ended.told,
        };
        let mut head = journal.head.clone();
        head.contracts = head.contracts.saturating_add(1);
        let committed =
            journal.commit_receipt_with(head, ended.session, self.config.network, &self.identity, event)?;
        journal.owners.insert(plan.order.signer);
        Ok(Instantiated {
            contract: plan.contract,
            response,
            receipt: committed.receipt,
            opening: committed.opening,
            run: committed.run.ok_or(HostError::Invariant("an instantiation has a run"))?,
            gas: ended.gas,
        })
    }
}

fn plan_entry(order: &Order, contract: ContractId) -> AuditEntry {
    AuditEntry {
        signer: Some(order.signer),
        contract: Some(contract),
        ..AuditEntry::new(AuditEvent::Instantiate, order.now)
    }
}
