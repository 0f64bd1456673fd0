use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// What bounds memory, time and waiting. Every number has a range, which is checked at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open connections; one more is closed at once.
    pub connections: u32,
    /// Requests at a time; one more is answered 503.
    pub requests: u32,
    /// Requests that run contracts or write at a time.
    pub workers: u32,
    /// Requests that wait for a worker; one more is answered 503.
    pub queue: u32,
    /// Longest wait for a worker, in milliseconds; then 503.
    pub queue_wait_ms: u64,
    /// Bytes that a connection buffers while it reads a request's head.
    pub header_bytes: u32,
    /// Header lines of one request.
    pub headers: u32,
    /// Time for a request's head to arrive, in milliseconds; also how long a connection may idle.
    pub header_ms: u64,
    /// Time for a request's body to arrive, in milliseconds; then 408.
    pub body_ms: u64,
    /// How long an answer may make no progress because the client does not read, in milliseconds.
    pub write_ms: u64,
    /// How long a shutdown waits for open requests, in milliseconds.
    pub drain_ms: u64,
    /// Refusals are not answered before this time has passed since the body arrived, in milliseconds, so that quick and
    /// slow reasons look alike. 0 answers at once.
    pub refusal_floor_ms: u64,
    /// Seconds between two looks at the registry.
    pub registry_poll_s: u64,
    /// Seconds without a word from L1 after which invocations are no longer served.
    pub registry_stale_s: u64,
    /// Receipts in one batch at most; one receipt is always taken.
    pub batch_receipts: u32,
    /// Chunks in one proof of state at most. A chunk adds 160 bytes to the proof, and L1 takes transactions up to 128 KiB.
    pub batch_chunks: u32,
    /// Chunks in one proof of execution at most, of 224 bytes each; one receipt is always taken.
    pub batch_execution_chunks: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            requests: 128,
            workers: 4,
            queue: 64,
            queue_wait_ms: 5_000,
            header_bytes: 16 * 1024,
            headers: 64,
            header_ms: 15_000,
            body_ms: 20_000,
            write_ms: 30_000,
            drain_ms: 15_000,
            refusal_floor_ms: 50,
            registry_poll_s: 15,
            registry_stale_s: 300,
            batch_receipts: 1024,
            batch_chunks: 640,
            batch_execution_chunks: 400,
        }
    }
}

impl Limits {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let rows: [(&'static str, u64, u64, u64); 17] = [
            ("limits.connections", self.connections.into(), 1, 65_536),
            ("limits.requests", self.requests.into(), 1, 65_536),
            ("limits.workers", self.workers.into(), 1, 256),
            ("limits.queue", self.queue.into(), 0, 65_536),
            ("limits.queue_wait_ms", self.queue_wait_ms, 1, 600_000),
            ("limits.header_bytes", self.header_bytes.into(), 8_192, 1 << 20),
            ("limits.headers", self.headers.into(), 16, 1_024),
            ("limits.header_ms", self.header_ms, 10, 600_000),
            ("limits.body_ms", self.body_ms, 10, 600_000),
            ("limits.write_ms", self.write_ms, 10, 600_000),
            ("limits.drain_ms", self.drain_ms, 0, 600_000),
            ("limits.refusal_floor_ms", self.refusal_floor_ms, 0, 10_000),
            ("limits.registry_poll_s", self.registry_poll_s, 1, 3_600),
            ("limits.registry_stale_s", self.registry_stale_s, 1, 86_400),
            ("limits.batch_receipts", self.batch_receipts.into(), 1, MAX_BATCH_RECEIPTS),
            ("limits.batch_chunks", self.batch_chunks.into(), 1, MAX_BATCH_CHUNKS),
            (
                "limits.batch_execution_chunks",
                self.batch_execution_chunks.into(),
                1,
                MAX_BATCH_EXECUTION_CHUNKS,
            ),
        ];
        for (key, got, least, most) in rows {
            if !(least..=most).contains(&got) {
                return Err(ConfigError::Range { key, got, least, most });
            }
        }
        if self.registry_stale_s < self.registry_poll_s {
            let reason = "it is shorter than limits.registry_poll_s: a healthy node would stop serving";
            return Err(ConfigError::Invalid { key: "limits.registry_stale_s", reason });
        }
        Ok(())
    }

    /// Chunks of state in one batch: with a proof of execution beside it, as many as one transaction has room for.
    pub(crate) fn state_chunks(&self, proves_execution: bool) -> u32 {
        if !proves_execution {
            return self.batch_chunks;
        }
        let [first, each] = EXECUTION_PROOF;
        let execution = first.saturating_add(each.saturating_mul(self.batch_execution_chunks));
        let [first, each] = STATE_PROOF;
        let room = TRANSACTION.saturating_sub(execution).saturating_sub(first);
        self.batch_chunks.min(room.checked_div(each).unwrap_or_default().max(1))
    }

    pub(crate) const fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms)
    }

    pub(crate) const fn body(&self) -> Duration {
        Duration::from_millis(self.body_ms)
    }

    pub(crate) const fn header(&self) -> Duration {
        Duration::from_millis(self.header_ms)
    }

    pub(crate) const fn write(&self) -> Duration {
        Duration::from_millis(self.write_ms)
    }

    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    pub(crate) const fn refusal_floor(&self) -> Duration {
        Duration::from_millis(self.refusal_floor_ms)
    }
}

const MAX_BATCH_CHUNKS: u64 = 640;
const MAX_BATCH_EXECUTION_CHUNKS: u64 = 500;
/// Ethereum nodes take transactions of 128 KiB; 4 KiB are for the header, attestations and lengths.
const TRANSACTION: u32 = 124 * 1024;
/// Bytes of proofs, `first + chunks * each`: of state, and of execution.
const STATE_PROOF: [u32; 2] = [5_900, 160];
const EXECUTION_PROOF: [u32; 2] = [6_124, 224];
const MAX_BATCH_RECEIPTS: u64 = nectar_trace::MAX_RECEIPTS as u64;
