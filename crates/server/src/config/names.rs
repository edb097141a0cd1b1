//! Names of settings and variables: which are known, and which known one a stranger resembles.

use super::settings::KEYS;

/// Chooses the [`Environment`](super::Environment).
pub(super) const ENV: &str = "COTENANT_ENV";
/// Chooses the directory of the configuration files.
pub(super) const CONFIG_DIR: &str = "COTENANT_CONFIG_DIR";
/// What tests read for themselves, such as the address of a PostgreSQL.
const TEST_PREFIX: &str = "COTENANT_TEST_";
const PREFIX: &str = "COTENANT_";

/// Whether a variable claims to be for this program.
pub(super) fn is_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// The variable that sets a key: `server.bind` is `COTENANT__SERVER__BIND`.
pub(super) fn variable(key: &str) -> String {
    format!("COTENANT__{}", key.replace('.', "__").to_uppercase())
}

/// Whether something reads this variable.
pub(super) fn is_known_variable(name: &str, value: &str) -> bool {
    name == ENV
        || name == CONFIG_DIR
        || name.starts_with(TEST_PREFIX)
        || KEYS.iter().any(|key| variable(key.path) == name)
        || is_service_link(name, value)
}

/// Kubernetes describes every service of a namespace to every container (`COTENANT_SERVICE_HOST`, `COTENANT_PORT`,
/// `COTENANT_PORT_8080_TCP_ADDR`): a service called `cotenant` must not keep the server from starting.
fn is_service_link(name: &str, value: &str) -> bool {
    let port_detail = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        let number =
            parts.next().is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        number && parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"))
    });
    let port_address = name.ends_with("_PORT") && ["tcp://", "udp://", "sctp://"].iter().any(|p| value.starts_with(p));
    !name.starts_with("COTENANT__")
        && (name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || port_detail || port_address)
}

/// Whether a key is a section of settings.
pub(super) fn is_section(key: &str) -> bool {
    KEYS.iter().any(|known| known.path.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

/// The known setting that looks most like an unknown one.
pub(super) fn nearest_key(key: &str) -> String {
    best(key, KEYS.iter().map(|known| known.path.to_owned()))
}

/// The known variable that looks most like an unknown one.
pub(super) fn nearest_variable(name: &str) -> String {
    let known = KEYS.iter().map(|known| variable(known.path));
    best(name, [ENV.to_owned(), CONFIG_DIR.to_owned()].into_iter().chain(known))
}

fn best(name: &str, candidates: impl Iterator<Item = String>) -> String {
    let name = words(name);
    candidates
        .map(|candidate| (likeness(&name, &words(&candidate)), candidate))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
        .unwrap_or_default()
}

/// How alike two names are. A setting is often remembered by its last part alone (`COTENANT_BIND`), which counts almost
/// as much as the whole.
fn likeness(name: &str, candidate: &str) -> f64 {
    let whole = strsim::jaro_winkler(name, candidate);
    let last = candidate.split_once(' ').map_or(0.0, |(_, last)| strsim::jaro_winkler(name, last));
    whole.max(last * 0.97)
}

/// Lower case, one space for whatever separates words, no prefix: spelling a separator differently costs nothing.
fn words(name: &str) -> String {
    let lower = name.to_lowercase();
    let parts: Vec<&str> = lower.split(['.', '_', '-']).filter(|part| !part.is_empty()).collect();
    parts.strip_prefix(&["cotenant"]).unwrap_or(&parts).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_are_the_ones_a_person_would_guess() {
        for (wrong, right) in [
            ("server.bnd", "server.bind"),
            ("servr.bind", "server.bind"),
            ("server.Bind", "server.bind"),
            ("database.max_connection", "database.max_connections"),
            ("auth.signingkey", "auth.signing_key"),
            ("dat_dir", "data_dir"),
        ] {
            assert_eq!(nearest_key(wrong), right);
        }
        for (wrong, right) in [
            ("COTENANT__SERVER__BND", "COTENANT__SERVER__BIND"),
            ("COTENANT_SERVER_BIND", "COTENANT__SERVER__BIND"),
            ("cotenant__server__bind", "COTENANT__SERVER__BIND"),
            ("COTENANT_BIND", "COTENANT__SERVER__BIND"),
            ("COTENANT_DATABASE_URL", "COTENANT__DATABASE__URL"),
            ("COTENANT__DATABSE__URL", "COTENANT__DATABASE__URL"),
            ("COTENANT_SIGNING_KEY", "COTENANT__AUTH__SIGNING_KEY"),
            ("COTENANT_ENVIRONMENT", "COTENANT_ENV"),
            ("COTENANT__ENV", "COTENANT_ENV"),
            ("COTENANT_CONFIG", "COTENANT_CONFIG_DIR"),
        ] {
            assert_eq!(nearest_variable(wrong), right, "{wrong}");
        }
    }

    #[test]
    fn a_kubernetes_service_of_our_name_is_no_mistake() {
        for (name, value) in [
            ("COTENANT_SERVICE_HOST", "10.0.0.1"),
            ("COTENANT_SERVICE_PORT_HTTP", "8080"),
            ("COTENANT_PORT", "tcp://10.0.0.1:8080"),
            ("COTENANT_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("COTENANT_POSTGRES_PORT_5432_TCP_ADDR", "10.0.0.2"),
        ] {
            assert!(is_known_variable(name, value), "{name}");
        }
        for (name, value) in [("COTENANT_PORT", "8080"), ("COTENANT__SERVER__PORT", "tcp://10.0.0.1:8080")] {
            assert!(!is_known_variable(name, value), "{name}");
        }
    }
}
