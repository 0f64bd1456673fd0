//! The final verifier, on what a malicious prover shows: whatever it commits to, it folds and compresses as an honest one would.

use nectar_commitment::Fr;
use nectar_prover::nectar_circuit as library;
use nectar_prover::{ProverKey, prove_phased};
use nectar_verifier::{VerifyError, verify};

use super::forgery::{Forged, Forgery, Stage};
use crate::engine::Shape;
use crate::execution::{Challenges, ExecutionCircuit};
use crate::{Boundary, Frame, Phased as _, PhasedAssignment, Position, Statement, Uniform as _};

/// How a prover answers challenges: by changing these of its values, whatever it committed to before.
pub(super) type Answer = fn(&ExecutionCircuit, &Frame<'_>, PhasedAssignment) -> Vec<(usize, Fr)>;

/// As it must.
pub(super) const HONESTLY: Answer = |_, _, _| Vec::new();

/// The circuit as the prover's crate has it, of a prover who does not look at what it proves.
struct Liar {
    circuit: ExecutionCircuit,
    answer: Answer,
}

pub(super) struct Verifier(ProverKey<Liar>);

impl library::Uniform for Liar {
    fn shape(&self) -> &Shape {
        self.circuit.shape()
    }

    fn slots(&self) -> usize {
        self.circuit.slots()
    }

    fn first_variables(&self) -> usize {
        self.circuit.first_variables()
    }
}

impl library::Phased for Liar {
    type Chunk = Forged;

    fn first(&self, chunk: &Forged) -> Vec<Fr> {
        self.circuit.first_changed(&chunk.contents, &chunk.tampered)
    }

    fn second(&self, chunk: &Forged, frame: &library::Frame<'_>) -> library::PhasedAssignment {
        let library::Frame { statement, position, challenges, start, end_salt } = *frame;
        let library::Position { first, last } = position;
        let library::execution::Challenges { gamma, alpha } = challenges;
        let start = Boundary { values: start.values.clone(), salt: start.salt };
        let challenges = Challenges { gamma, alpha };
        let statement = ours(statement);
        let frame = Frame {
            statement: &statement,
            position: Position { first, last },
            challenges,
            start: &start,
            end_salt,
        };
        let assignment = self.circuit.second_changed(&chunk.contents, &frame, &chunk.tampered);
        let changes = (self.answer)(&self.circuit, &frame, assignment);
        let tampered = [chunk.tampered.clone(), changes.clone()].concat();
        let assignment = self.circuit.second_changed(&chunk.contents, &frame, &tampered);
        assert!(changes.is_empty() || assignment.violations(self.circuit.shape()).is_empty());
        let PhasedAssignment { first, second, public, end } = assignment;
        library::PhasedAssignment { first, second, public, end }
    }

    fn start(&self, statement: &library::Statement) -> Vec<Fr> {
        self.circuit.start(&ours(statement))
    }

    fn may_end(&self, _: &library::Statement, _: &[Fr]) -> bool {
        true
    }
}

fn ours(statement: &library::Statement) -> Statement {
    let library::Statement { chain_id, network, batch, pre_root, post_root, receipts_root, receipts, .. } =
        *statement;
    let (program_registry_root, window) = (statement.program_registry_root, statement.window);
    Statement {
        chain_id,
        network,
        batch,
        pre_root,
        post_root,
        receipts_root,
        receipts,
        program_registry_root,
        window,
    }
}

fn theirs(statement: &Statement) -> library::Statement {
    let Statement { chain_id, network, batch, pre_root, post_root, receipts_root, receipts, .. } = *statement;
    let (program_registry_root, window) = (statement.program_registry_root, statement.window);
    library::Statement {
        chain_id,
        network,
        batch,
        pre_root,
        post_root,
        receipts_root,
        receipts,
        program_registry_root,
        window,
    }
}

impl Verifier {
    /// For batches of the stage's circuit, whose prover answers challenges so.
    pub(super) fn new(stage: &Stage, answer: Answer) -> Self {
        Self(ProverKey::development(Liar { circuit: stage.circuit.clone(), answer }).unwrap())
    }

    /// Whether it refuses a proof of this, for what it proves and not for how it is written.
    pub(super) fn refuses(&self, forgery: &Forgery) -> bool {
        matches!(self.judges(forgery), Err(VerifyError::Argument(_)))
    }

    /// What it says of a proof of this.
    pub(super) fn judges(&self, forgery: &Forgery) -> Result<(), VerifyError> {
        let statement = theirs(&forgery.statement);
        let chunk = |number: usize| forgery.chunks[number].clone();
        let (proof, _) = prove_phased(&self.0, &statement, forgery.chunks.len(), chunk, &()).unwrap();
        verify(self.0.verifier(), &statement, &proof)
    }
}
