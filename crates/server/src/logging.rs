//! The log: what is written, how, and what never is.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{Log, LogFormat};
use crate::failure::Failure;

/// Starts the log on standard error, panics included. A second call changes nothing, so that several servers can run in one
/// process.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let dispatch = dispatch(log, std::io::stderr, std::io::stderr().is_terminal())?;
    if tracing::dispatcher::set_global_default(dispatch).is_ok() {
        std::panic::set_hook(Box::new(record_panic));
    }
    Ok(())
}

/// A log into `writer`: for people in development, one JSON object a line in production.
///
/// # Errors
///
/// [`Failure::Logging`] for a filter that cannot be read.
pub fn dispatch<W>(log: &Log, writer: W, colours: bool) -> Result<Dispatch, Failure>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.filter).map_err(|e| Failure::Logging(e.into()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        LogFormat::Human => builder.with_target(false).with_ansi(colours).finish().into(),
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().into()
        }
    })
}

/// Logs where a panic happened and not what it says: messages of panics quote values, and those may be secrets.
pub fn record_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic");
}
