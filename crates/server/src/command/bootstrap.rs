use std::io::{BufRead, IsTerminal, stdin};

use clap::Args;
use cotenant_domain::Deps;
use cotenant_domain::bootstrap::{Bootstrap, bootstrap_locally};
use cotenant_domain::platform::LocalTrust;
use secrecy::SecretString;

use super::argument;
use crate::failure::Failure;

/// Who and what comes first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The person's e-mail address
    #[arg(long)]
    email: String,
    /// The person's name
    #[arg(long)]
    display_name: String,
    /// The first tenant's name
    #[arg(long)]
    tenant_name: String,
    /// The first tenant's slug: its name at sign-in, in lower-case letters, digits and hyphens
    #[arg(long)]
    tenant_slug: String,
}

pub(super) async fn execute(deps: &Deps, arguments: Arguments) -> Result<(), Failure> {
    let cmd = Bootstrap {
        email: argument("--email", &arguments.email)?,
        display_name: argument("--display-name", &arguments.display_name)?,
        tenant_name: argument("--tenant-name", &arguments.tenant_name)?,
        tenant_slug: argument("--tenant-slug", &arguments.tenant_slug)?,
        password: password()?,
    };
    let made = bootstrap_locally(LocalTrust::of_the_command_line(), deps, cmd).await?;
    println!("{} operates the platform and owns the tenant {}.", made.user.email, made.tenant.slug);
    Ok(())
}

fn password() -> Result<SecretString, Failure> {
    let cannot = |source| Failure::Io { what: "cannot read the password".into(), source };
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map(Into::into).map_err(cannot);
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(cannot)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}
