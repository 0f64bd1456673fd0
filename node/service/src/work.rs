//! Blocking work (contracts, durable writes) off the async threads: so many at once, so many waiting, the rest is turned
//! away. What has begun is never abandoned: it runs to its end even if the one who asked is gone.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Semaphore;

use crate::metrics::{Metrics, Raised};

/// Why work was not done, or its result is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WorkError {
    #[error("too much work is waiting")]
    Overloaded,
    #[error("the work stopped unexpectedly")]
    Panicked,
}

#[derive(Debug, Clone)]
pub(crate) struct Work {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    all: u32,
    longest_wait: Duration,
    metrics: Metrics,
}

impl Work {
    /// `workers` at once, `queue` waiting, each for `longest_wait` at most.
    pub(crate) fn new(workers: u32, queue: u32, longest_wait: Duration, metrics: Metrics) -> Self {
        let all = workers.saturating_add(queue);
        let semaphore = |n: u32| Arc::new(Semaphore::new(usize::try_from(n).unwrap_or(usize::MAX >> 4)));
        Self { places: semaphore(all), workers: semaphore(workers), all, longest_wait, metrics }
    }

    /// Runs `job` on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| WorkError::Overloaded)?;
        let queued = Raised::new(&self.metrics.work_queued);
        let worker = tokio::time::timeout(self.longest_wait, self.workers.clone().acquire_owned()).await;
        let worker = worker.map_err(|_| WorkError::Overloaded)?.map_err(|_| WorkError::Overloaded)?;
        drop(queued);
        let metrics = self.metrics.clone();
        // The permits travel with the job: dropping this future frees no worker that is still busy.
        let task = tokio::task::spawn_blocking(move || {
            let _permits = (place, worker);
            let _running = Raised::new(&metrics.work_running);
            let _timer = metrics.work_seconds.start_timer();
            job()
        });
        task.await.map_err(|_| WorkError::Panicked)
    }

    /// Waits until everything that began has ended, and lets nothing begin any more.
    pub(crate) async fn close(&self) {
        if let Ok(all) = self.places.acquire_many(self.all).await {
            all.forget();
        }
        self.places.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    fn work(workers: u32, queue: u32) -> Work {
        Work::new(workers, queue, Duration::from_millis(50), Metrics::new().unwrap())
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_waiting_ends() {
        let work = work(1, 1);
        let (release, hold) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let work = work.clone();
            async move { work.run(move || hold.recv().is_ok()).await }
        });
        while work.workers.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let second = tokio::spawn({
            let work = work.clone();
            async move { work.run(|| ()).await }
        });
        while work.places.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(work.run(|| ()).await, Err(WorkError::Overloaded), "no place in the queue");
        assert_eq!(second.await.unwrap(), Err(WorkError::Overloaded), "waited too long");
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        assert_eq!(work.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_began_ends_although_nobody_waits_and_close_waits_for_it() {
        let work = work(2, 2);
        let done = Arc::new(AtomicBool::new(false));
        let (started, begun) = tokio::sync::oneshot::channel();
        let job = tokio::spawn({
            let (work, done) = (work.clone(), done.clone());
            async move {
                work.run(move || {
                    started.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(100));
                    done.store(true, Ordering::SeqCst);
                })
                .await
            }
        });
        begun.await.unwrap();
        job.abort();
        work.close().await;
        assert!(done.load(Ordering::SeqCst));
        assert_eq!(work.run(|| ()).await, Err(WorkError::Overloaded));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_its_worker() {
        let work = work(1, 0);
        assert_eq!(work.run(|| panic!("contract")).await, Err(WorkError::Panicked));
        assert_eq!(work.run(|| ()).await, Ok(()));
    }
}
