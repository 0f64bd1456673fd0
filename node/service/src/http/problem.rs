use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::api;
use crate::work::WorkError;

/// Every answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// One shape whatever the reason: `403 {"error":"refused"}`.
    Refused,
    /// The request can never work. The message names a limit or a form, nothing of the request's content.
    Invalid(String),
    /// The body is too long.
    TooLarge(usize),
    /// The body took too long to arrive.
    Slow,
    /// No room.
    Overloaded,
    /// The registry, or the silence of L1, forbids it.
    NotServing(String),
    /// There is none.
    NotFound(&'static str),
    /// Something else has to end first.
    Conflict(String),
    /// The path takes another method.
    Method,
    /// Our fault; the log says more.
    Internal,
}

impl Problem {
    fn parts(self) -> (StatusCode, &'static str, Option<String>) {
        match self {
            Self::Refused => (StatusCode::FORBIDDEN, "refused", None),
            Self::Invalid(message) => (StatusCode::BAD_REQUEST, "invalid", Some(message)),
            Self::TooLarge(limit) => {
                let message = format!("this path takes at most {limit} bytes");
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", Some(message))
            }
            Self::Slow => {
                let message = "the body did not arrive in time: send it again".into();
                (StatusCode::REQUEST_TIMEOUT, "slow", Some(message))
            }
            Self::Overloaded => {
                let message = "too many requests at a time: try again later; nothing was done".into();
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded", Some(message))
            }
            Self::NotServing(message) => (StatusCode::SERVICE_UNAVAILABLE, "not_serving", Some(message)),
            Self::NotFound(what) => (StatusCode::NOT_FOUND, "not_found", Some(format!("no such {what}"))),
            Self::Conflict(message) => (StatusCode::CONFLICT, "conflict", Some(message)),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method", None),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let wait = match self {
            Self::Overloaded => Some("1"),
            Self::NotServing(_) => Some("15"),
            _ => None,
        };
        let (status, error, message) = self.parts();
        let mut response = (status, Json(api::Problem { error: error.into(), message })).into_response();
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Overloaded => Self::Overloaded,
            WorkError::Panicked => Self::Internal,
        }
    }
}
