//! What must be refused: each attempted over HTTP, beside a control, the same thing done right, that is accepted.

use std::time::Duration;

use nectar_abi::{FieldMask, LegalBasis, Purpose};
use nectar_capability::{GrantBuilder, Token};

use super::admit::World;
use super::attempt::{Answer, Caller};
use super::records::{self, OBSERVATION};
use super::share::{Circle, Root};
use super::story::Story;
use super::summary::Refusal;
use crate::error::CliError;
use crate::time::now;

/// How long the grant that expires holds, in seconds.
const BRIEF: u64 = 6;

pub(super) async fn run(
    story: &mut Story,
    world: &World,
    circle: &Circle<'_>,
) -> Result<Vec<Refusal>, CliError> {
    let mut attempts = Attempts { story, world, circle, refusals: Vec::new() };
    let brief = attempts.brief_grant().await?;
    attempts.without_a_grant().await?;
    attempts.wider_child().await?;
    attempts.replayed().await?;
    attempts.wrong_use().await?;
    attempts.altered().await?;
    attempts.by_the_contracts().await?;
    attempts.revoked().await?;
    attempts.expired(&brief).await?;
    Ok(attempts.refusals)
}

struct Attempts<'a> {
    story: &'a mut Story,
    world: &'a World,
    circle: &'a Circle<'a>,
    refusals: Vec<Refusal>,
}

/// A grant that ends soon, and whether it was accepted before.
struct Brief {
    token: Token,
    ends: u64,
    accepted: bool,
}

impl Attempts<'_> {
    fn record(&mut self, case: &'static str, refused: bool, how: &str) {
        self.story.must(refused, &format!("refused: {case} ({how})"));
        self.refusals.push(Refusal { case, refused });
    }

    /// Records an attempt that the service must refuse, with its control.
    fn by_service(&mut self, case: &'static str, answer: &Answer, control: bool) {
        let refused = answer.is_refused() && control;
        let how = if control { answer.words() } else { "the control was refused too".into() };
        self.record(case, refused, &how);
    }

    async fn read(&self, caller: Caller<'_>) -> Result<Answer, CliError> {
        self.world.ask(caller, "query/get", self.circle.first_observation()).await
    }

    /// Whether the clinician's read is accepted now.
    async fn control(&self) -> Result<bool, CliError> {
        Ok(self.read(self.circle.clinician(self.world)).await?.is_data())
    }

    /// A root grant of the hospital to somebody, like the patient's to the clinician.
    fn root(&self, to: nectar_abi::PublicKey) -> Root<'static> {
        Root {
            on: self.circle.contracts.records,
            to,
            patient: Some(self.circle.handle),
            methods: &["query/get"],
            purpose: Purpose::Treatment,
            basis: LegalBasis::TreatmentPaymentOperations,
            fields: OBSERVATION,
            seconds: 3600,
            depth: 0,
        }
    }

    fn caller<'b>(&'b self, key: &'b nectar_capability::SigningKey, token: &'b Token) -> Caller<'b> {
        Caller { key, token, purpose: Purpose::Treatment, touches: &self.circle.touches }
    }

    /// The locum's grant, which ends while the other attempts run.
    async fn brief_grant(&self) -> Result<Brief, CliError> {
        let people = &self.world.people;
        let token = Root { seconds: BRIEF, ..self.root(people.locum.public()) }.sign(&people.hospital)?;
        self.world.register(&people.hospital, &token).await?;
        let accepted = self.read(self.caller(&people.locum, &token)).await?.is_data();
        let ends = token.leaf().grant().expires;
        Ok(Brief { token, ends, accepted })
    }

    async fn without_a_grant(&mut self) -> Result<(), CliError> {
        let (people, control) = (&self.world.people, self.control().await?);
        let own = self.root(people.insurer.public()).sign(&people.insurer)?;
        let answer = self.read(self.caller(&people.insurer, &own)).await?;
        self.by_service("insurer without a grant", &answer, control);

        let stolen = self.circle.clinician.clone();
        let answer = self.read(self.caller(&people.insurer, &stolen)).await?;
        self.by_service("insurer with the clinician's token", &answer, control);

        let token = self.root(people.locum.public()).sign(&people.hospital)?;
        let early = self.read(self.caller(&people.locum, &token)).await?;
        self.world.register(&people.hospital, &token).await?;
        let accepted = self.read(self.caller(&people.locum, &token)).await?.is_data();
        self.by_service("grant that is not registered", &early, accepted);
        Ok(())
    }

    /// A child of the clinician's grant that opens every field, put together without the check of our own.
    async fn wider_child(&mut self) -> Result<(), CliError> {
        let (people, parent) = (&self.world.people, &self.circle.clinician);
        let child = GrantBuilder::child(parent.leaf(), people.lab.public()).fields(FieldMask::ALL);
        let child =
            child.sign(&people.clinician).map_err(|e| CliError::failed("signing a grant")(e.into()))?;
        let mut grants = parent.grants().cloned();
        let root = grants.next().unwrap_or_else(|| parent.first().clone());
        let wider = Token::unchecked(root, grants.chain([child]).collect());
        let registered = self.world.try_register(&people.clinician, &wider).await?;
        let answer = self.read(self.caller(&people.lab, &wider)).await?;
        let control = self.read(self.circle.lab(self.world)).await?.is_data();
        self.by_service("wider child", &answer, control && !registered);
        Ok(())
    }

    async fn replayed(&mut self) -> Result<(), CliError> {
        let caller = self.circle.clinician(self.world);
        let request = self.world.request(caller, "query/get", self.circle.first_observation())?;
        let first = self.world.send(&request).await?.is_data();
        let second = self.world.send(&request).await?;
        self.by_service("replayed request", &second, first);
        Ok(())
    }

    async fn wrong_use(&mut self) -> Result<(), CliError> {
        let (caller, control) = (self.circle.clinician(self.world), self.control().await?);
        let paying = Caller { purpose: Purpose::Payment, ..caller };
        let answer = self.read(paying).await?;
        self.by_service("wrong purpose", &answer, control);

        let message =
            records::put_many(self.circle.handle, self.circle.bundle.entries.get(..1).unwrap_or_default())?;
        let message = message.into_iter().next().unwrap_or_default();
        let answer = self.world.ask(caller, "execute/put_many", message).await?;
        self.by_service("method that is not granted", &answer, control);

        let call = self.world.call(caller, "query/get", self.circle.first_observation())?;
        let mut elsewhere = self.world.service.invocation(&call)?;
        elsewhere.dsp = self.world.people.operator.public();
        let request = elsewhere.sign(caller.key).map_err(|e| CliError::failed("signing a call")(e.into()))?;
        let answer = self.world.send(&request).await?;
        self.by_service("request to another node", &answer, control);
        Ok(())
    }

    async fn altered(&mut self) -> Result<(), CliError> {
        let caller = self.circle.clinician(self.world);
        let message = self.circle.first_observation();
        let request = self.world.request(caller, "query/get", message.clone())?;
        let at = request.windows(message.len()).position(|part| part == message).unwrap_or_default();
        let mut altered = request.clone();
        // The last character of the id that is asked for, before `"}}`.
        let last = at + message.len().saturating_sub(4);
        if let Some(byte) = altered.get_mut(last) {
            *byte = if *byte == b'0' { b'1' } else { b'0' };
        }
        let answer = self.world.send(&altered).await?;
        let control = self.world.send(&request).await?.is_data();
        self.by_service("altered message", &answer, control);
        Ok(())
    }

    /// What a grant's fields and a patient's consent mean is for the contracts to say.
    async fn by_the_contracts(&mut self) -> Result<(), CliError> {
        let (world, circle, control) = (self.world, self.circle, self.control().await?);
        let caller = circle.clinician(world);
        let answer = world.ask(caller, "query/list", records::list(circle.other, "Observation")).await?;
        self.by_contract("another patient's records", &answer, control);
        let answer = world.ask(caller, "query/list", records::list(circle.handle, "Condition")).await?;
        self.by_contract("field that is not granted", &answer, control);

        let people = &world.people;
        let token = self.root(people.researcher.public()).sign(&people.hospital)?;
        world.register(&people.hospital, &token).await?;
        let answer = self.read(self.caller(&people.researcher, &token)).await?;
        self.by_contract("grant that the patient's consent denies", &answer, control);
        Ok(())
    }

    fn by_contract(&mut self, case: &'static str, answer: &Answer, control: bool) {
        let refused = matches!(answer, Answer::ContractError(_)) && control;
        self.record(case, refused, &answer.words());
    }

    /// The lab's grant ends with the clinician's, from which it was passed on.
    async fn revoked(&mut self) -> Result<(), CliError> {
        let (world, circle) = (self.world, self.circle);
        let control = self.control().await? && self.read(circle.lab(world)).await?.is_data();
        world.revoke(&world.people.patient, &circle.clinician).await?;
        let answer = self.read(circle.clinician(world)).await?;
        self.by_service("revoked grant", &answer, control);
        let answer = self.read(circle.lab(world)).await?;
        self.by_service("child of a revoked grant", &answer, control);
        Ok(())
    }

    async fn expired(&mut self, brief: &Brief) -> Result<(), CliError> {
        let left = brief.ends.saturating_sub(now());
        tokio::time::sleep(Duration::from_secs(left + 1)).await;
        let answer = self.read(self.caller(&self.world.people.locum, &brief.token)).await?;
        self.by_service("expired grant", &answer, brief.accepted);
        Ok(())
    }
}
