use cotenant_domain::identity::{Login, SignedIn, login, login_operator};
use cotenant_domain::invitations::{Accept, AcceptBy, Invitation, Invite, StoreRole, accept, invite};
use cotenant_domain::jobs::{RunReport, WorkerSettings, handlers, run_due};
use cotenant_domain::platform::{self, CreateTenant};
use cotenant_domain::roles::RoleId;
use cotenant_domain::tenancy::{
    AuthenticateError, Bearer, MemberActor, Operator, Origin, ShownToken, authenticate, authenticate_operator,
    authenticate_to_read,
};
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{FIRST_TENANT, OPERATOR, PASSWORD, World};

/// How the worker of a world goes about its jobs.
pub const WORKER: WorkerSettings =
    WorkerSettings { lease: Duration::minutes(5), hands: 100, turn: 100, in_hand: 100, max_attempts: 3 };

impl World {
    /// Signs in to a tenant with everybody's password.
    pub async fn sign_in(&self, email: &str, tenant: &str) -> SignedIn {
        let tenant = Some(tenant.parse().unwrap());
        let cmd = Login { email: email.parse().unwrap(), password: PASSWORD.into(), tenant };
        login(&self.deps, &Origin::default(), cmd).await.unwrap()
    }

    /// Who a token or a key stands for, as a request would find out.
    pub async fn bearer(&self, token: &SecretString) -> Result<Bearer, AuthenticateError> {
        self.bearer_from(token, Origin::default()).await
    }

    /// The same for a request from there.
    pub async fn bearer_from(&self, token: &SecretString, origin: Origin) -> Result<Bearer, AuthenticateError> {
        let deps = &self.deps;
        let shown = ShownToken::read(token, &*deps.verifier, deps.clock.now())?;
        authenticate(&shown, origin, &*deps.access, &*deps.clock).await
    }

    /// The member that a token stands for.
    pub async fn authenticate(&self, token: &SecretString) -> Result<MemberActor, AuthenticateError> {
        self.bearer(token).await?.member()
    }

    /// The member that a token stands for, for a request that reads: its unit goes on in the moment in which this was found
    /// out, and what is kept may be shown to it.
    pub async fn reading(&self, token: &SecretString) -> Result<MemberActor, AuthenticateError> {
        let deps = &self.deps;
        let shown = ShownToken::read(token, &*deps.verifier, deps.clock.now())?;
        authenticate_to_read(&shown, Origin::default(), &*deps.access, &*deps.clock).await?.member()
    }

    /// Somebody who signs in to a tenant.
    pub async fn actor(&self, email: &str, tenant: &str) -> MemberActor {
        self.authenticate(&self.sign_in(email, tenant).await.access_token).await.unwrap()
    }

    /// The owner of the first tenant.
    pub async fn owner(&self) -> MemberActor {
        self.actor(OPERATOR, FIRST_TENANT).await
    }

    /// The first operator.
    pub async fn operator(&self) -> Operator {
        let (deps, origin) = (&self.deps, Origin::default());
        let signed_in = login_operator(deps, &origin, &OPERATOR.parse().unwrap(), PASSWORD.into()).await.unwrap();
        self.operator_by(&signed_in.access_token).await.unwrap()
    }

    /// The operator that a token stands for.
    pub async fn operator_by(&self, token: &SecretString) -> Result<Operator, AuthenticateError> {
        let deps = &self.deps;
        let shown = ShownToken::read(token, &*deps.verifier, deps.clock.now())?;
        authenticate_operator(&shown, Origin::default(), &*deps.access, &*deps.clock).await
    }

    /// Does the jobs that are due.
    pub async fn work(&self) -> RunReport {
        run_due(&self.deps, &handlers(), &WORKER).await.unwrap()
    }

    /// The token of an invitation in the last message to an address.
    pub fn token_sent_to(&self, email: &str) -> SecretString {
        self.token_in_last_message(email, "inv_").unwrap()
    }

    /// The token of this kind that the last message to an address carries.
    pub fn token_in_last_message(&self, email: &str, beginning: &str) -> Option<SecretString> {
        let sent = self.mailer.sent();
        let message = sent.iter().rev().find(|message| message.to.as_str() == email)?;
        message.occasion.token().filter(|token| token.expose_secret().starts_with(beginning)).cloned()
    }

    /// Invites somebody.
    pub async fn invite(
        &self,
        by: &MemberActor,
        email: &str,
        role_ids: &[RoleId],
        store_roles: &[StoreRole],
    ) -> Invitation {
        let email = email.parse().unwrap();
        let cmd = Invite { id: None, email, role_ids: role_ids.to_vec(), store_roles: store_roles.to_vec() };
        invite(by, &self.deps, cmd).await.unwrap()
    }

    /// Accepts the last invitation of an address as somebody who is new.
    pub async fn accept_as_new(&self, email: &str) {
        let name = email.split('@').next().unwrap();
        let by = AcceptBy::New { display_name: name.parse().unwrap(), password: PASSWORD.into() };
        let cmd = Accept { token: self.token_sent_to(email), by };
        accept(&self.deps, Origin::default(), cmd).await.unwrap();
    }

    /// Accepts the last invitation of an address as somebody who is signed in elsewhere.
    pub async fn accept_as(&self, actor: &MemberActor, email: &str) {
        let cmd = Accept { token: self.token_sent_to(email), by: AcceptBy::Known(actor) };
        accept(&self.deps, Origin::default(), cmd).await.unwrap();
    }

    /// Somebody new who was invited with these roles, accepted and signed in.
    pub async fn join(
        &self,
        by: &MemberActor,
        email: &str,
        role_ids: &[RoleId],
        store_roles: &[StoreRole],
    ) -> MemberActor {
        self.invite(by, email, role_ids, store_roles).await;
        self.work().await;
        self.accept_as_new(email).await;
        let slug = self.slug_of(by).await;
        self.actor(email, slug.as_str()).await
    }

    /// A further tenant with an owner of its own, who is new: the owner, signed in.
    pub async fn tenant(&self, slug: &str, owner_email: &str) -> MemberActor {
        let (name, slug_value) = (slug.parse().unwrap(), slug.parse().unwrap());
        let owner = owner_email.parse().unwrap();
        let cmd = CreateTenant { name, slug: slug_value, locale: None, owner_email: owner, expires_at: None };
        platform::create(&self.operator().await, &self.deps, cmd).await.unwrap();
        self.work().await;
        self.accept_as_new(owner_email).await;
        self.actor(owner_email, slug).await
    }
}
