use cotenant_domain::limits::{Policy, Rate};

/// What kind of route is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteClass {
    /// It reads.
    Read,
    /// It writes.
    Write,
    /// It takes or gives a password, a key, a one-time token or a session.
    Secret,
    /// It answers with a file of any length.
    Export,
}

/// The rates of one kind of caller, by kind of route; `None` is without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// For reading.
    pub read: Option<Rate>,
    /// For writing.
    pub write: Option<Rate>,
    /// For passwords, keys, one-time tokens and sessions.
    pub secret: Option<Rate>,
    /// For files of any length.
    pub export: Option<Rate>,
}

/// How much is served to whom. The default is without any limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// All members and keys of a tenant together.
    pub tenant: Rates,
    /// Each person, each support grant and each operator.
    pub person: Rates,
    /// Each key.
    pub key: Rates,
    /// Each client address that is not signed in.
    pub client: Rates,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Tenant,
    Person,
    Operator,
    Support,
    Key,
    Client,
}

impl Party {
    /// Whether a tenant's plan has a say in its rates. A person is one in all their tenants.
    pub(super) const fn has_plan(self) -> bool {
        matches!(self, Self::Tenant | Self::Key)
    }
}

macro_rules! policies {
    ($($party:ident $name:literal;)*) => {
        /// What callers read: who is counted, and for what.
        pub(super) const fn policy(party: Party, class: RouteClass) -> Policy {
            match (party, class) {
                $(
                    (Party::$party, RouteClass::Read) => concat!($name, "-read"),
                    (Party::$party, RouteClass::Write) => concat!($name, "-write"),
                    (Party::$party, RouteClass::Secret) => concat!($name, "-secret"),
                    (Party::$party, RouteClass::Export) => concat!($name, "-export"),
                )*
            }
        }
    };
}

policies! {
    Tenant "tenant";
    Person "person";
    Operator "operator";
    Support "support";
    Key "key";
    Client "client";
}

impl Rates {
    fn of(&self, class: RouteClass) -> Option<Rate> {
        match class {
            RouteClass::Read => self.read,
            RouteClass::Write => self.write,
            RouteClass::Secret => self.secret,
            RouteClass::Export => self.export,
        }
    }
}

impl Limits {
    pub(super) fn rate(&self, party: Party, class: RouteClass) -> Option<Rate> {
        let rates = match party {
            Party::Tenant => &self.tenant,
            Party::Person | Party::Operator | Party::Support => &self.person,
            Party::Key => &self.key,
            Party::Client => &self.client,
        };
        rates.of(class)
    }
}
