//! Workloads one after the other, each in a process of its own: what one leaves in memory is not the next one's peak.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use tokio::task::spawn_blocking;

use super::execution::Measured;
use super::workload::Workload;
use crate::error::CliError;

/// A process that ends with whoever waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless nobody waits any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has another process of this program measure one workload.
pub(super) async fn measure(workload: Workload, instructions: u32) -> Result<Measured, CliError> {
    let failed = |why: String| CliError::Failed { doing: "measuring in another process", why };
    let program = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
    let mut command = Command::new(program);
    command.args(["bench", "prove", "--json", "--workload", &workload.name()]);
    // Only the loop has a length.
    if instructions > 0 {
        command.args(["--instructions", &instructions.to_string()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut running = Running(command.spawn().map_err(|e| failed(e.to_string()))?);
    let mut said = running.0.stdout.take().ok_or_else(|| failed("it says nothing".into()))?;
    let text = spawn_blocking(move || {
        let mut text = String::new();
        said.read_to_string(&mut text).map(|_| text)
    });
    let text = text.await.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
    let ended = running.0.wait().map_err(|e| failed(e.to_string()))?;
    if !ended.success() {
        return Err(failed(format!("{} ended with {ended}", workload.name())));
    }
    let rows: Vec<Measured> = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    rows.into_iter().next().ok_or_else(|| failed("it measured nothing".into()))
}
