//! `nectar bench`

use clap::{Subcommand, value_parser};
use nectar_verifier::MAX_CHUNKS;

use super::until_interrupted;
use crate::bench::{MIN_OPERATIONS, measure_l1, measure_proving};
use crate::error::CliError;
use crate::output::Report;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Prove synthetic batches: time, bytes and memory by number of chunks and size of a chunk
    #[command(after_help = "Examples:
  nectar bench prove
  nectar bench prove --chunks 1,32 --json
  nectar bench prove --chunks 8 --slots 8,16

Build it with --release. Keys are those of the insecure development setup, made for each size of a
chunk; a chunk of 16 slots is the one in use. Verification is the median of five. Peak memory is
that of this process while it proves, keys included. With --json, a list of one object per proof.")]
    Prove {
        /// Numbers of chunks
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "1,8,20")]
        #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MAX_CHUNKS)))]
        chunks: Vec<u32>,
        /// Numbers of slots in a chunk: a slot holds one operation
        #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_value = "16")]
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
                Self::Prove { chunks, slots } => measure_proving(chunks, slots).await,
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
