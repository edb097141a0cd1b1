//! A worker for [`Tally`](cotenant_tests::tally::Tally) alone: the program of a team that has a handler of its own.

use std::process::ExitCode;

use cotenant_domain::jobs::Handlers;
use cotenant_server::config::{Config, Sources};
use cotenant_server::run_worker;
use cotenant_tests::tally::Tally;

fn main() -> ExitCode {
    let run = async {
        let sources = Sources::from_process().map_err(|error| error.to_string())?;
        let config = Config::load(&sources).map_err(|error| error.to_string())?;
        run_worker(&config, Handlers::new().in_tenants(Tally)).await.map_err(|failure| failure.to_string())
    };
    match actix_web::rt::System::new().block_on(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
