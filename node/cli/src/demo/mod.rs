//! The main job, end to end: one file per step. The node is reached over HTTP only, the chain over JSON-RPC only.

mod admit;
mod attempt;
mod audit;
mod contracts;
mod disk;
mod people;
mod records;
mod refusals;
mod settle;
mod share;
mod story;
mod summary;
mod verifier;

use std::path::{Path, PathBuf};
use std::time::Duration;

use nectar_node::RunningNode;
use tempfile::TempDir;

use crate::commands::until_interrupted;
use crate::development::Development;
use crate::error::CliError;
use crate::fhir;
use crate::memory::peak_rss_mb;

use story::Story;
use summary::Summary;

/// How long the node may take to end. One that compresses a proof cannot be stopped, and ends with the process.
const GRACE: Duration = Duration::from_secs(2);

/// What the demo is asked to do.
#[derive(Debug)]
pub(crate) struct Options {
    /// Folder of bundles instead of the built-in patients.
    pub(crate) fhir: Option<PathBuf>,
    /// A node of a development chain instead of the one in this process.
    pub(crate) l1: Option<String>,
    /// New folder for the node's data.
    pub(crate) keep: Option<PathBuf>,
    /// All of the built-in records, and every receipt settled.
    pub(crate) full: bool,
    /// One object on standard output, and nothing else.
    pub(crate) json: bool,
}

/// What runs beside the demo and must be ended with it.
#[derive(Debug, Default)]
struct Stage {
    chain: Option<Development>,
    node: Option<RunningNode>,
}

impl Stage {
    async fn end(self) {
        if let Some(node) = self.node {
            let _ = tokio::time::timeout(GRACE, node.shutdown()).await;
        }
        if let Some(chain) = self.chain {
            chain.end().await;
        }
    }
}

/// Runs the demo and prints what it found.
pub(crate) async fn run(options: Options) -> Result<(), CliError> {
    let folder = Folder::new(options.keep.as_deref())?;
    let mut stage = Stage::default();
    let ended = tokio::select! {
        ended = play(&options, folder.path(), &mut stage) => ended,
        () = until_interrupted() => Err(CliError::Interrupted),
    };
    stage.end().await;
    folder.end()?;
    let (story, summary) = ended?;
    summary.print(&story)?;
    story.verdict()
}

async fn play(options: &Options, data: &Path, stage: &mut Stage) -> Result<(Story, Summary), CliError> {
    let mut story = Story::new(options.json);
    let loaded = match &options.fhir {
        Some(dir) => fhir::load_dir(dir)?,
        None if options.full => fhir::built_in()?,
        None => fhir::built_in()?.smaller(),
    };
    let world = admit::run(&mut story, options, data, stage).await?;
    let hosted = contracts::run(&mut story, &world).await?;
    let shared = share::run(&mut story, &world, &hosted, &loaded).await?;
    let hits = disk::run(&mut story, data, &loaded)?;
    let settled = settle::run(&mut story, &world, options.full).await?;
    audit::run(&mut story, &world, &shared, &settled).await?;
    let summary = Summary {
        bundles: loaded.bundles.len(),
        entries: loaded.entries(),
        steps: story.steps().to_vec(),
        refusals: shared.refusals,
        plaintext_hits: hits,
        pending: settled.pending,
        proof: settled.proof,
        l1: settled.l1,
        peak_rss_mb: peak_rss_mb(),
    };
    Ok((story, summary))
}

/// The folder of the node's data: kept, or removed at the end.
#[derive(Debug)]
enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn new(keep: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = keep else {
            let made = tempfile::Builder::new().prefix("nectar-demo-").tempdir();
            let path = std::env::temp_dir();
            return made.map(Self::Temporary).map_err(|source| CliError::Write { path, source });
        };
        let empty = path.read_dir().map_or(!path.exists(), |mut items| items.next().is_none());
        if empty { Ok(Self::Kept(path.to_owned())) } else { Err(CliError::Exists(path.to_owned())) }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }

    fn end(self) -> Result<(), CliError> {
        match self {
            Self::Kept(_) => Ok(()),
            Self::Temporary(dir) => {
                let path = dir.path().to_owned();
                dir.close().map_err(|source| CliError::Write { path, source })
            }
        }
    }
}
