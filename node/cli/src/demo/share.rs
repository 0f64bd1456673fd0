//! Step 3: the hospital loads the records, the patient shares some of them, and what is not shared is refused.

use nectar_abi::{ContractId, FieldMask, LegalBasis, PatientHandle, PublicKey, Purpose};
use nectar_capability::{GrantBuilder, SigningKey, Token};

use super::admit::World;
use super::attempt::{Answer, Caller};
use super::contracts::{Contracts, Hosted};
use super::records::{self, Counted, Listed, OBSERVATION, method};
use super::refusals;
use super::story::Story;
use super::summary::Refusal;
use crate::error::CliError;
use crate::evidence::Evidence;
use crate::fhir::{Bundle, Loaded};
use crate::time::{now, show};

const HOUR: u64 = 3600;

/// What the other steps need of this one.
#[derive(Debug)]
pub(super) struct Shared {
    /// Every attempt that must be refused.
    pub(super) refusals: Vec<Refusal>,
    /// Of the clinician's read.
    pub(super) evidence: Evidence,
}

/// One patient who shares, and with whom.
#[derive(Debug)]
pub(super) struct Circle<'a> {
    pub(super) handle: PatientHandle,
    /// Somebody else's handle.
    pub(super) other: PatientHandle,
    pub(super) bundle: &'a Bundle,
    pub(super) contracts: Contracts,
    pub(super) clinician: Token,
    pub(super) lab: Token,
    pub(super) touches: [ContractId; 1],
}

/// A grant in the making: everything that differs between the demo's root grants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root<'a> {
    pub(super) on: Hosted,
    pub(super) to: PublicKey,
    pub(super) patient: Option<PatientHandle>,
    pub(super) methods: &'a [&'a str],
    pub(super) purpose: Purpose,
    pub(super) basis: LegalBasis,
    pub(super) fields: FieldMask,
    pub(super) seconds: u64,
    pub(super) depth: u8,
}

impl Root<'_> {
    /// Signs it as the owner.
    pub(super) fn sign(&self, owner: &SigningKey) -> Result<Token, CliError> {
        let methods: Vec<_> = self.methods.iter().map(|name| method(name)).collect::<Result<_, _>>()?;
        let builder = GrantBuilder::root(owner.public(), self.to, self.on.contract, self.on.code)
            .methods(methods)
            .purposes([self.purpose])
            .basis(self.basis)
            .fields(self.fields)
            .window(now(), now() + self.seconds)
            .depth(self.depth);
        let builder = match self.patient {
            Some(patient) => builder.patient(patient),
            None => builder,
        };
        let grant = builder.sign(owner).map_err(|e| CliError::failed("issuing a grant")(e.into()))?;
        Token::root(grant).map_err(|e| CliError::failed("issuing a grant")(e.into()))
    }
}

/// Signs a child and appends it.
pub(super) fn pass_on(parent: &Token, key: &SigningKey, child: GrantBuilder) -> Result<Token, CliError> {
    let child = child.sign(key).map_err(|e| CliError::failed("passing a grant on")(e.into()))?;
    parent.delegate(child).map_err(|e| CliError::failed("passing a grant on")(e.into()))
}

pub(super) async fn run(
    story: &mut Story,
    world: &World,
    contracts: &Contracts,
    loaded: &Loaded,
) -> Result<Shared, CliError> {
    story.begin("share", "Records go in, the patient shares some, and the rest is refused");
    load(story, world, contracts, loaded).await?;
    let circle = circle(story, world, *contracts, loaded).await?;
    let evidence = reads(story, world, &circle).await?;
    let refusals = refusals::run(story, world, &circle).await?;
    story.end();
    Ok(Shared { refusals, evidence })
}

/// Every entry of every bundle, as the hospital.
async fn load(story: &Story, world: &World, contracts: &Contracts, loaded: &Loaded) -> Result<(), CliError> {
    let hospital = &world.people.hospital;
    let root = Root {
        on: contracts.records,
        to: hospital.public(),
        patient: None,
        methods: &["execute/put_many"],
        purpose: Purpose::Operations,
        basis: LegalBasis::TreatmentPaymentOperations,
        fields: FieldMask::ALL,
        seconds: HOUR,
        depth: 0,
    };
    let token = root.sign(hospital)?;
    world.register(hospital, &token).await?;
    let caller = Caller { key: hospital, token: &token, purpose: Purpose::Operations, touches: &[] };
    let mut calls = 0;
    for bundle in &loaded.bundles {
        let patient = world.people.handle(&bundle.subject);
        for message in records::put_many(patient, &bundle.entries)? {
            world.must_answer(caller, "execute/put_many", message).await?;
            calls += 1;
        }
    }
    for (path, why) in &loaded.skipped {
        story.line(&format!("skipped {}: {why}", path.display()));
    }
    let (bundles, entries) = (loaded.bundles.len(), loaded.entries());
    story.line(&format!("the hospital stored {entries} entries of {bundles} bundles in {calls} calls"));
    Ok(())
}

/// Grants from the hospital to the patient, from the patient to a clinician, from the clinician to a lab; and the
/// patient's own rules.
async fn circle<'a>(
    story: &mut Story,
    world: &World,
    contracts: Contracts,
    loaded: &'a Loaded,
) -> Result<Circle<'a>, CliError> {
    let people = &world.people;
    let bundle = loaded.bundles.iter().find(|b| b.count("Observation") > 0).ok_or(CliError::Failed {
        doing: "choosing a patient",
        why: "no bundle has an Observation to share".into(),
    })?;
    let handle = people.handle(&bundle.subject);
    let other = loaded.bundles.iter().find(|b| b.subject != bundle.subject);
    let other = people.handle(other.map_or("somebody else", |b| b.subject.as_str()));

    let own = Root {
        on: contracts.records,
        to: people.patient.public(),
        patient: Some(handle),
        methods: &["query/get", "query/list", "query/summary"],
        purpose: Purpose::PatientRequest,
        basis: LegalBasis::IndividualAccess,
        fields: FieldMask::ALL,
        seconds: 24 * HOUR,
        depth: 0,
    };
    let rules = Root { on: contracts.consent, methods: &["execute/record", "query/rules"], ..own };
    let treatment = Root { purpose: Purpose::Treatment, basis: LegalBasis::Authorization, depth: 2, ..own };
    let (access, rules) = (own.sign(&people.hospital)?, rules.sign(&people.hospital)?);
    let patient = treatment.sign(&people.hospital)?;
    for token in [&access, &rules, &patient] {
        world.register(&people.hospital, token).await?;
    }
    see_own(story, world, bundle, handle, &access).await?;
    decide(story, world, handle, &rules).await?;

    let until = now() + 8 * HOUR;
    let child = GrantBuilder::child(patient.leaf(), people.clinician.public())
        .methods([method("query/get")?, method("query/list")?])
        .fields(OBSERVATION)
        .window(now(), until);
    let clinician = pass_on(&patient, &people.patient, child)?;
    world.register(&people.patient, &clinician).await?;
    story.line(&format!(
        "the patient grants the clinician Observations, to read, for TREAT, until {}",
        show(until)
    ));

    let child = GrantBuilder::child(clinician.leaf(), people.lab.public())
        .methods([method("query/get")?])
        .window(now(), now() + HOUR);
    let lab = pass_on(&clinician, &people.clinician, child)?;
    world.register(&people.clinician, &lab).await?;
    let touches = [contracts.consent.contract];
    Ok(Circle { handle, other, bundle, contracts, clinician, lab, touches })
}

/// The patient's right of access.
async fn see_own(
    story: &mut Story,
    world: &World,
    bundle: &Bundle,
    handle: PatientHandle,
    access: &Token,
) -> Result<(), CliError> {
    let key = &world.people.patient;
    let caller = Caller { key, token: access, purpose: Purpose::PatientRequest, touches: &[] };
    let data = world.must_answer(caller, "query/summary", records::summary(handle)).await?;
    let counted: Counted = answer(&data)?;
    let total: usize = counted.counts.values().sum();
    let all =
        bundle.entries.iter().map(|e| (&e.resource_type, &e.id)).collect::<std::collections::BTreeSet<_>>();
    story.must(
        total == all.len(),
        &format!("the patient sees all {total} of their own entries, under PATRQT"),
    );
    Ok(())
}

/// The patient's consent: nobody, but the clinician, the lab and the locum.
async fn decide(story: &Story, world: &World, handle: PatientHandle, rules: &Token) -> Result<(), CliError> {
    let people = &world.people;
    let caller =
        Caller { key: &people.patient, token: rules, purpose: Purpose::PatientRequest, touches: &[] };
    world.must_answer(caller, "execute/record", records::rule(handle, "deny", None)).await?;
    for holder in [&people.clinician, &people.lab, &people.locum] {
        let rule = records::rule(handle, "permit", Some(holder.public()));
        world.must_answer(caller, "execute/record", rule).await?;
    }
    story.line("the patient's consent: nobody but the clinician, the lab and a locum");
    Ok(())
}

/// The clinician's reads and the lab's.
async fn reads(story: &mut Story, world: &World, circle: &Circle<'_>) -> Result<Evidence, CliError> {
    let caller = circle.clinician(world);
    let request = world.request(caller, "query/list", records::list(circle.handle, "Observation"))?;
    let Answer::Data(invoked, data) = world.send(&request).await? else {
        return Err(CliError::Refused);
    };
    let evidence = Evidence::new(request, &invoked);
    let listed: Listed = answer(&data)?;
    let observations = circle.bundle.count("Observation");
    let holds = listed.ids.len() == observations.min(100);
    story.must(holds, &format!("the clinician lists {} Observations", listed.ids.len()));

    let message = circle.first_observation();
    let data = world.must_answer(caller, "query/get", message.clone()).await?;
    story.must(circle.is_first_observation(&data), "the clinician reads one, byte for byte as it was stored");
    let data = world.must_answer(circle.lab(world), "query/get", message).await?;
    story.must(
        circle.is_first_observation(&data),
        "the lab reads it under the narrower grant passed on to it",
    );
    Ok(evidence)
}

impl Circle<'_> {
    /// The clinician, for treatment.
    pub(super) fn clinician<'b>(&'b self, world: &'b World) -> Caller<'b> {
        let key = &world.people.clinician;
        Caller { key, token: &self.clinician, purpose: Purpose::Treatment, touches: &self.touches }
    }

    /// The lab, for treatment.
    pub(super) fn lab<'b>(&'b self, world: &'b World) -> Caller<'b> {
        let key = &world.people.lab;
        Caller { key, token: &self.lab, purpose: Purpose::Treatment, touches: &self.touches }
    }

    /// The message that reads the patient's first Observation.
    pub(super) fn first_observation(&self) -> Vec<u8> {
        let id = self.observation().map(|entry| entry.id.as_str());
        records::get(self.handle, "Observation", id.unwrap_or_default())
    }

    fn is_first_observation(&self, data: &[u8]) -> bool {
        self.observation().is_some_and(|entry| entry.text.get().as_bytes() == data)
    }

    fn observation(&self) -> Option<&crate::fhir::Entry> {
        self.bundle.entries.iter().find(|entry| entry.resource_type == "Observation")
    }
}

fn answer<T: serde::de::DeserializeOwned>(data: &[u8]) -> Result<T, CliError> {
    // What serde says may quote the answer.
    serde_json::from_slice(data).map_err(|_| CliError::Failed {
        doing: "reading the contract's answer",
        why: "it has another shape".into(),
    })
}
