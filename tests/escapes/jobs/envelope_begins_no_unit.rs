// An envelope is no scope, whatever tenant it names.
use cotenant_domain::Deps;
use cotenant_domain::jobs::JobEnvelope;

async fn write(deps: &Deps, envelope: &JobEnvelope) {
    let _ = deps.db.write(envelope).await;
}

fn main() {}
