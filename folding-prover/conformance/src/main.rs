//! `nectar-prover wast DIR`: does the machine do what WebAssembly script files say?

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nectar_conformance::{Report, run_directory};

/// Checks the machine whose runs are proven.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs WebAssembly script files (.wast), for example a checkout of the official test suite
    Wast {
        /// Folder with script files, in it or below; or one script file
        folder: PathBuf,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Command::Wast { folder, json } = Arguments::parse().command;
    let report = match run_directory(&folder) {
        Ok(report) => report,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::from(2);
        }
    };
    match print(&report, json) {
        Ok(()) if report.failed() == 0 && report.passed() > 0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let totals = serde_json::json!({
            "passed": report.passed(),
            "failed": report.failed(),
            "skipped": report.skipped(),
            "files": report.files,
        });
        writeln!(out, "{totals:#}")
    } else {
        write!(out, "{report}")
    }
}
