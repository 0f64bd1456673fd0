//! `authorize` against a plain model of grants: what a node answers is what a reader of the rules would answer.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use nectar_abi::{FieldMask, GrantHash, LegalBasis, PatientHandle, Purpose};
use nectar_capability::{Expected, Grant, SignedGrant, Token};
use proptest::prelude::*;
use proptest::sample::Index;

const METHODS: [&str; 3] = ["execute/put", "query/get", "query/list"];
const PURPOSES: [Purpose; 3] = [Purpose::Treatment, Purpose::Payment, Purpose::Research];

/// What a grant says, as small sets of bits and plain numbers.
#[derive(Debug, Clone)]
struct Plan {
    holder: usize,
    patient: u8,
    methods: u8,
    fields: u8,
    purposes: u8,
    basis: usize,
    from: u64,
    until: u64,
    depth: u8,
}

#[derive(Debug, Clone)]
enum Step {
    Root {
        plan: Plan,
        by_owner: bool,
    },
    /// Equal to the parent apart from one change, which may widen it.
    Child {
        parent: Index,
        holder: usize,
        change: Change,
        by_holder: bool,
        same_parent: bool,
    },
    Register(Index),
    Revoke(Index),
    Wait(u64),
    Call {
        grant: Index,
        signer: Option<usize>,
        method: usize,
        purpose: usize,
        nonce: u8,
        from: u64,
        until: u64,
    },
}

#[derive(Debug, Clone)]
enum Change {
    None,
    Patient(u8),
    Methods(u8),
    Fields(u8),
    Purposes(u8),
    Basis(usize),
    From(u64),
    Until(u64),
    Depth(u8),
}

fn plan() -> impl Strategy<Value = Plan> {
    (0..3usize, 0..3u8, 1..8u8, 0..8u8, 1..8u8, 0..2usize, 0..10u64, 10..60u64, 0..4u8).prop_map(
        |(holder, patient, methods, fields, purposes, basis, from, until, depth)| Plan {
            holder,
            patient,
            methods,
            fields,
            purposes,
            basis,
            from,
            until,
            depth,
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => Just(Change::None),
        1 => (0..3u8).prop_map(Change::Patient),
        2 => (1..8u8).prop_map(Change::Methods),
        1 => (0..8u8).prop_map(Change::Fields),
        2 => (1..8u8).prop_map(Change::Purposes),
        1 => (0..2usize).prop_map(Change::Basis),
        1 => (0..10u64).prop_map(Change::From),
        1 => (10..60u64).prop_map(Change::Until),
        1 => (0..4u8).prop_map(Change::Depth),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let call = (
        any::<Index>(),
        prop::option::weighted(0.1, 0..3usize),
        0..3usize,
        0..3usize,
        0..20u8,
        0..4u64,
        1..20u64,
    );
    prop_oneof![
        2 => (plan(), prop::bool::weighted(0.9)).prop_map(|(plan, by_owner)| Step::Root { plan, by_owner }),
        4 => (any::<Index>(), 0..3usize, change(), prop::bool::weighted(0.95), prop::bool::weighted(0.95)).prop_map(
            |(parent, holder, change, by_holder, same_parent)| Step::Child { parent, holder, change, by_holder, same_parent }
        ),
        8 => any::<Index>().prop_map(Step::Register),
        1 => any::<Index>().prop_map(Step::Revoke),
        2 => (1..8u64).prop_map(Step::Wait),
        10 => call.prop_map(|(grant, signer, method, purpose, nonce, from, until)| Step::Call {
            grant, signer, method, purpose, nonce, from, until
        }),
    ]
}

/// A grant of the model, with the real one beside it.
struct Entry {
    plan: Plan,
    parent: Option<usize>,
    /// Whether it was signed by whom it must be signed, and names the parent that it is shown with.
    honest: bool,
    registered: bool,
    revoked: bool,
    real: SignedGrant,
}

#[derive(Default)]
struct World {
    entries: Vec<Entry>,
    now: u64,
    used: BTreeSet<(usize, u8)>,
}

fn subset(child: u8, parent: u8) -> bool {
    child & !parent == 0
}

impl World {
    fn line(&self, leaf: usize) -> Vec<usize> {
        let mut line = vec![leaf];
        while let Some(parent) = self.entries[line[line.len() - 1]].parent {
            line.push(parent);
        }
        line.reverse();
        line
    }

    /// The rules, one by one.
    fn allows(
        &self,
        leaf: usize,
        signer: usize,
        method: usize,
        purpose: usize,
        nonce: u8,
        window: (u64, u64),
    ) -> bool {
        let line: Vec<&Entry> = self.line(leaf).into_iter().map(|at| &self.entries[at]).collect();
        let each = line.iter().all(|e| {
            e.honest && e.registered && !e.revoked && e.plan.from <= self.now && self.now < e.plan.until
        });
        let pairs = line.windows(2).all(|pair| {
            let (p, c) = (&pair[0].plan, &pair[1].plan);
            (p.patient == 0 || p.patient == c.patient)
                && subset(c.methods, p.methods)
                && subset(c.fields, p.fields)
                && subset(c.purposes, p.purposes)
                && p.basis == c.basis
                && c.from >= p.from
                && c.until <= p.until
                && c.depth + 1 == p.depth
        });
        let plan = &self.entries[leaf].plan;
        each && pairs
            && plan.holder == signer
            && plan.methods & (1 << method) != 0
            && plan.purposes & (1 << purpose) != 0
            && window.0 <= self.now
            && self.now < window.1
            && !self.used.contains(&(signer, nonce))
    }

    fn token(&self, leaf: usize) -> Token {
        let mut grants = self.line(leaf).into_iter().map(|at| self.entries[at].real.clone());
        let root = grants.next().unwrap();
        Token::unchecked(root, grants.collect())
    }

    fn view(&self) -> View {
        let hashes = |keep: fn(&Entry) -> bool| -> BTreeSet<GrantHash> {
            self.entries.iter().filter(|e| keep(e)).map(|e| e.real.hash()).collect()
        };
        let mut nonces: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (signer, nonce) in &self.used {
            nonces.entry(holder(*signer).public()).or_default().insert([*nonce; 16]);
        }
        View { unknown: hashes(|e| !e.registered), revoked: hashes(|e| e.revoked), nonces, ..View::default() }
    }

    fn add(&mut self, plan: Plan, parent: Option<usize>, honest: bool, by_right: bool, other_parent: bool) {
        let stranger = key(200);
        let right = parent.map_or_else(owner, |at| holder(self.entries[at].plan.holder));
        let issuer = if by_right { right } else { stranger };
        let mut grant = real(&plan);
        grant.issuer = issuer.public();
        grant.parent = parent.map(|at| self.entries[at].real.hash());
        if other_parent {
            grant.parent = Some(GrantHash::new([0xee; 32]));
        }
        // What contradicts itself cannot be signed; the model leaves it out too.
        if let Ok(real) = grant.sign(&issuer) {
            self.entries.push(Entry { plan, parent, honest, registered: false, revoked: false, real });
        }
    }

    fn child(&mut self, parent: usize, holder: usize, change: &Change, by_holder: bool, same_parent: bool) {
        let mut plan = self.entries[parent].plan.clone();
        plan.holder = holder;
        plan.depth = plan.depth.saturating_sub(1);
        match *change {
            Change::None => {}
            Change::Patient(to) => plan.patient = to,
            Change::Methods(to) => plan.methods = to,
            Change::Fields(to) => plan.fields = to,
            Change::Purposes(to) => plan.purposes = to,
            Change::Basis(to) => plan.basis = to,
            Change::From(to) => plan.from = to,
            Change::Until(to) => plan.until = to,
            Change::Depth(to) => plan.depth = to,
        }
        self.add(plan, Some(parent), by_holder && same_parent, by_holder, !same_parent);
    }
}

fn real(plan: &Plan) -> Grant {
    let mut grant = root_builder(0).build().unwrap();
    grant.holder = holder(plan.holder).public();
    grant.patient = (plan.patient > 0).then(|| PatientHandle::new([plan.patient; 32]));
    grant.methods = (0..3).filter(|i| plan.methods & (1 << i) != 0).map(|i| method(METHODS[i])).collect();
    grant.fields = FieldMask(plan.fields.into());
    grant.purposes = (0..3).filter(|i| plan.purposes & (1 << i) != 0).map(|i| PURPOSES[i]).collect();
    grant.basis = LegalBasis::ALL[plan.basis];
    (grant.not_before, grant.expires) = (NOW + plan.from, NOW + plan.until);
    grant.depth = plan.depth;
    grant
}

/// Plays the steps; answers how many calls were allowed and how many refused.
fn play(steps: Vec<Step>) -> (usize, usize) {
    let mut world = World::default();
    let mut counts = (0, 0);
    for step in steps {
        let len = world.entries.len();
        match step {
            Step::Root { plan, by_owner } => world.add(plan, None, by_owner, by_owner, false),
            Step::Wait(seconds) => world.now += seconds,
            _ if len == 0 => {}
            Step::Child { parent, holder, change, by_holder, same_parent } => {
                world.child(parent.index(len), holder, &change, by_holder, same_parent);
            }
            Step::Register(at) => world.entries[at.index(len)].registered = true,
            Step::Revoke(at) => world.entries[at.index(len)].revoked = true,
            Step::Call { grant, signer, method: m, purpose, nonce, from, until } => {
                let leaf = grant.index(len);
                let signer = signer.unwrap_or(world.entries[leaf].plan.holder);
                let from = (world.now + from).saturating_sub(2);
                let window = (from, from + until);
                let mut call = call(&world.token(leaf));
                call.method = method(METHODS[m]);
                call.message = format!(r#"{{"{}":{{}}}}"#, call.method.name()).into_bytes();
                call.purpose = PURPOSES[purpose];
                call.nonce = [nonce; 16];
                (call.not_before, call.expires) = (NOW + window.0, NOW + window.1);
                let bytes = call.sign(&holder(signer)).unwrap();
                let expected = Expected { now: NOW + world.now, ..expected() };
                let real = decide_with(&bytes, &expected, &world.view());
                let model = world.allows(leaf, signer, m, purpose, nonce, window);
                assert_eq!(real.is_ok(), model, "{:?} for {:?}", real.err(), world.entries[leaf].plan);
                if model {
                    world.used.insert((signer, nonce));
                    counts.0 += 1;
                } else {
                    counts.1 += 1;
                }
            }
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn authorize_agrees_with_the_model(steps in prop::collection::vec(step(), 1..60)) {
        play(steps);
    }
}

#[test]
fn the_model_sees_both_answers_often() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut counts = (0, 0);
    for _ in 0..100 {
        let steps = prop::collection::vec(step(), 60).new_tree(&mut runner).unwrap().current();
        let (yes, no) = play(steps);
        counts = (counts.0 + yes, counts.1 + no);
    }
    assert!(counts.0 > 50 && counts.1 > 50, "{counts:?}");
}
