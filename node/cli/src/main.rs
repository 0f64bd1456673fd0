//! The nectar command line: keys, contracts, grants, batches, the node and the demo.

mod bench;
mod chain;
mod check;
mod commands;
mod demo;
mod development;
mod error;
mod evidence;
mod fhir;
mod files;
mod keys;
mod memory;
mod output;
mod passphrase;
mod progress;
mod proving;
mod search;
mod service;
mod table;
mod time;
mod tokens;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::commands::Cli;
use crate::error::{FAILED, OK};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), FAILED),
    };
    let ended = runtime.block_on(cli.run());
    // An interrupted proof goes on in the background: do not wait for it.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::from(OK),
        Err(error) => fail(&error.to_string(), error.exit_code()),
    }
}

fn fail(what: &str, code: u8) -> ExitCode {
    // Nobody may be reading any more; the exit status still tells.
    let _ = writeln!(std::io::stderr().lock(), "error: {what}");
    ExitCode::from(code)
}
