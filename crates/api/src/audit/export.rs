//! An export as it is written into an answer: a page at a time, when the client has taken the one before.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, Data};
use cotenant_domain::audit::{Export, ExportFormat, event_line};
use cotenant_domain::tenancy::{Origin, ShownToken, authenticate_to_read};
use secrecy::SecretString;

use super::csv;
use crate::app::App;
use crate::connection::Connection;
use crate::error::ApiError;

/// Writes an export.
pub(super) struct Writer {
    pub(super) app: Data<App>,
    pub(super) export: Export,
    pub(super) format: ExportFormat,
    /// The request's own token: each page is authenticated with it anew.
    pub(super) token: SecretString,
    pub(super) origin: Origin,
    /// It is in use while a page is made, and not while the client takes its time.
    pub(super) connection: Option<Arc<Connection>>,
}

enum Place {
    Beginning,
    Middle,
    End,
}

type Piece = (Bytes, Writer, Place);
type Making = Pin<Box<dyn Future<Output = Result<Option<Piece>, ApiError>>>>;

/// The body of an export. A failure ends it short of its end, which breaks the transfer: the client sees that it is not
/// whole.
pub(super) struct Pages(Option<Making>);

impl Pages {
    /// The body that a writer writes.
    pub(super) fn of(writer: Writer) -> Self {
        Self(Some(Box::pin(writer.piece(Place::Beginning))))
    }
}

impl Writer {
    /// The next piece; none is ever empty, since an empty one would end the body.
    async fn piece(mut self, place: Place) -> Result<Option<Piece>, ApiError> {
        if matches!(place, Place::End) {
            return Ok(None);
        }
        let running = self.connection.as_ref().map(Connection::begin);
        let deps = &self.app.deps;
        let (verifier, reader, clock) = (&*deps.verifier, &*deps.access, &*deps.clock);
        let shown = ShownToken::read(&self.token, verifier, clock.now())?;
        let actor = authenticate_to_read(&shown, self.origin.clone(), reader, clock).await?;
        let events = self.export.next_page(&actor, deps).await?;
        let mut text = String::new();
        let jsonl = self.format == ExportFormat::JsonLines;
        if matches!(place, Place::Beginning) {
            text.push_str(&if jsonl { self.export.opening().line() + "\n" } else { csv::HEADER.to_owned() });
        }
        for event in &events {
            text.push_str(&if jsonl { event_line(event) + "\n" } else { csv::record(event) });
        }
        let next = if events.is_empty() { Place::End } else { Place::Middle };
        if events.is_empty() && jsonl {
            text.push_str(&(self.export.closing().line() + "\n"));
        }
        drop(running);
        Ok((!text.is_empty()).then(|| (text.into(), self, next)))
    }
}

impl MessageBody for Pages {
    type Error = actix_web::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(piece) = self.0.as_mut() else { return Poll::Ready(None) };
        let made = ready!(piece.as_mut().poll(context));
        self.0 = None;
        match made {
            Ok(None) => Poll::Ready(None),
            Ok(Some((bytes, writer, place))) => {
                self.0 = Some(Box::pin(writer.piece(place)));
                Poll::Ready(Some(Ok(bytes)))
            }
            Err(error) => {
                let problem = error.problem();
                tracing::warn!(code = problem.code, cause = problem.cause, "an export of the audit log ended early");
                Poll::Ready(Some(Err(error.into())))
            }
        }
    }
}
