use clap::Subcommand;
use cotenant_domain::Deps;
use cotenant_domain::platform::{LocalTrust, add_operator, list_operators, remove_operator};

use super::argument;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Operator {
    /// Make a person an operator; they have an account already, as a member of some tenant
    Add {
        /// The person's e-mail address
        email: String,
    },
    /// Take the rank away; the operator's sessions end at once
    Remove {
        /// The person's e-mail address
        email: String,
        /// Also where nobody would be left; `operator add` makes a new one
        #[arg(long)]
        even_the_last: bool,
    },
    /// Show the operators
    List,
}

pub(super) async fn execute(deps: &Deps, command: Operator) -> Result<(), Failure> {
    let trust = LocalTrust::of_the_command_line();
    match command {
        Operator::Add { email } => {
            add_operator(trust, deps, &argument("EMAIL", &email)?).await?;
            println!("{email} is an operator now.");
        }
        Operator::Remove { email, even_the_last } => {
            remove_operator(trust, deps, &argument("EMAIL", &email)?, even_the_last).await?;
            println!("{email} is no operator any more.");
        }
        Operator::List => {
            for operator in list_operators(trust, deps).await? {
                let since = operator.since.date();
                println!("{}  {}  since {since}", operator.user.email, operator.user.display_name);
            }
        }
    }
    Ok(())
}
