//! `nectar bench`

use clap::{Subcommand, ValueEnum, value_parser};
use nectar_verifier::MAX_CHUNKS;

use super::until_interrupted;
use crate::bench::{
    MAX_INSTRUCTIONS, MIN_OPERATIONS, Workload, measure_execution, measure_l1, measure_state,
};
use crate::error::CliError;
use crate::output::Report;

/// Numbers of chunks if none are given.
const CHUNKS: [u32; 3] = [1, 8, 20];
/// Numbers of slots in a chunk if none are given: as in use.
const SLOTS: [u32; 1] = [16];

/// What a proof is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proof {
    /// That programs did what they did
    Execution,
    /// How state moved
    State,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Prove calls of contracts, or synthetic batches of operations on state: time, bytes, memory
    #[command(after_help = "Examples:
  nectar bench prove --json
  nectar bench prove --workload lean
  nectar bench prove --workload loop --instructions 1000,100000
  nectar bench prove --proof state
  nectar bench prove --chunks 8 --slots 8,16

Build it with --release. Keys are those of the insecure development setup, made each time.
Verification is the median of five. Peak memory is that of the process while it proves, keys
included. The random instance that hides the batch depends on the keys alone: it is made beforehand,
as nodes do between batches, in random_instance_ms, and fold_ms are without it. They end when one
instance is left; what is shown of that one counts as compress_ms.

Of execution, each workload is one call, made by the runtime in this process and proven from its
trace. Several are measured one after the other, each in a process of its own, so that one's memory
does not count for the next. wasm_instructions are those of the contracts' own that gas was charged
for, all but plain control flow; ir_instructions are the steps that the machine takes for them and
for the interface between contract and host. constraints_per_instruction are all constraints of all
chunks for each step, and by part those of slots in use. With --json, a list of one object per call.

Of state, a chunk of 16 slots is the one in use. With --json, a list of one object per proof.")]
    Prove {
        /// What to prove; without it, execution, or state if there are --chunks or --slots
        #[arg(long, value_enum)]
        proof: Option<Proof>,
        /// Calls to prove; all without it
        #[arg(long, value_name = "NAMES", value_delimiter = ',', value_enum)]
        workload: Vec<Workload>,
        /// Instructions of the loop, about so many
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
        #[arg(default_value = "1000,10000,100000,1000000")]
        #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MAX_INSTRUCTIONS)))]
        instructions: Vec<u32>,
        /// Of state: numbers of chunks [default: 1,8,20]
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
        #[arg(conflicts_with_all = ["workload", "instructions"])]
        #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MAX_CHUNKS)))]
        chunks: Vec<u32>,
        /// Of state: numbers of slots in a chunk; a slot holds one operation [default: 16]
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
        #[arg(conflicts_with_all = ["workload", "instructions"])]
        #[arg(value_parser = value_parser!(u32).range(i64::from(MIN_OPERATIONS)..=64))]
        slots: Vec<u32>,
    },
    /// Settle synthetic batches on a development chain: gas by number of chunks
    #[command(after_help = "Examples:
  nectar bench l1
  nectar bench l1 --l1 http://127.0.0.1:8545 --json

Deploys contracts of its own, admits one DSP, and settles a first batch of a new network for each
number. With --json, a list of one object per batch.")]
    L1 {
        /// Use this development node, such as anvil, instead of a chain in this process
        #[arg(long, value_name = "URL")]
        l1: Option<String>,
        /// Numbers of chunks
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "1,8,20")]
        #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MAX_CHUNKS)))]
        chunks: Vec<u32>,
    },
}

impl Bench {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        let measured = async {
            match self {
                Self::Prove { proof, workload, instructions, chunks, slots } => {
                    let of_state = !chunks.is_empty() || !slots.is_empty();
                    match proof {
                        Some(Proof::Execution) if of_state => Err(wrong("--chunks and --slots are of state")),
                        Some(Proof::State) if !workload.is_empty() => {
                            Err(wrong("--workload is of execution"))
                        }
                        None | Some(Proof::Execution) if !of_state => {
                            measure_execution(or(workload, Workload::value_variants()), instructions).await
                        }
                        _ => measure_state(or(chunks, &CHUNKS), or(slots, &SLOTS)).await,
                    }
                }
                Self::L1 { l1, chunks } => measure_l1(chunks, l1).await,
            }
        };
        tokio::select! {
            measured = measured => measured,
            // The process ends, and with it whatever computes or listens.
            () = until_interrupted() => Err(CliError::Interrupted),
        }
    }
}

/// What was given, or the default.
fn or<T: Clone>(given: Vec<T>, default: &[T]) -> Vec<T> {
    if given.is_empty() { default.to_vec() } else { given }
}

fn wrong(why: &str) -> CliError {
    CliError::Argument { what: "--proof", why: why.into() }
}
