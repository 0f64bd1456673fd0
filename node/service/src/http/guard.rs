//! What every request passes through: counting, logging, a bound on how many there are at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::app::App;
use super::problem::Problem;
use crate::log::{field, target};
use crate::metrics::Raised;

/// Counts and logs an answer, and keeps it out of caches.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // The template: paths with parameters are not logged.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let (status, took) = (response.status(), started.elapsed());
    app.metrics.answered(route, status.as_u16(), took);
    if status == StatusCode::FORBIDDEN {
        app.metrics.refusals.inc();
    }
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        target: target::HTTP,
        { { field::ROUTE } = route,
        { field::STATUS } = status.as_u16(),
        { field::MS } = ms },
        "answered"
    );
    response
}

/// Lets so many requests in at a time. A place is held until the answer is written, so that slow readers count.
pub(super) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Ok(permit) = app.requests.clone().try_acquire_owned() else {
        app.metrics.overload.inc();
        return Problem::Overloaded.into_response();
    };
    let raised = Raised::new(&app.metrics.in_flight);
    let response = next.run(request).await;
    response.map(|body| Body::new(Held { body, _place: (permit, raised) }))
}

struct Held {
    body: Body,
    _place: (OwnedSemaphorePermit, Raised),
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body, read within the route's limit (`DefaultBodyLimit`) and the configured time.
pub(super) struct Received(pub(super) Bytes);

impl FromRequest<Arc<App>> for Received {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let limit = request.extensions().get::<Limit>().map_or(0, |limit| limit.0);
        // A length that is announced is believed when it is too long: nothing of such a body is read.
        if request.body().size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(Problem::TooLarge(limit));
        }
        let read = Bytes::from_request(request, app);
        match tokio::time::timeout(app.limits.body(), read).await {
            Err(_) => Err(Problem::Slow),
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::TooLarge(limit))
            }
            Ok(Err(_)) => Err(Problem::Invalid("the body broke off".into())),
        }
    }
}

/// The route's limit, for the message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub(super) usize);
