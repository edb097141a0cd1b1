use std::collections::BTreeMap;

use async_trait::async_trait;

use super::attempt::{Attempt, Done};
use super::error::JobError;
use super::kind::{JobHandler, JobKind, Pauses, PlatformJobHandler};
use super::payload::{Fields, Payload};
use super::schedule::{BadCron, FanOut, Place, Schedule};
use super::scope::JobScope;
use crate::tenancy::PlatformScope;

/// How jobs of a kind are tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) attempts: Option<u32>,
    pub(super) pauses: Pauses,
}

/// A handler, whatever its payload.
#[async_trait]
pub(super) trait Does<S>: Send + Sync {
    fn rules(&self) -> Rules;
    async fn run(&self, attempt: &Attempt<'_, S>, payload: &Fields) -> Result<Done, JobError>;
}

fn rules<K: JobKind>() -> Rules {
    Rules { attempts: K::ATTEMPTS, pauses: K::PAUSES }
}

struct InTenant<H>(H);

#[async_trait]
impl<H: JobHandler> Does<JobScope> for InTenant<H> {
    fn rules(&self) -> Rules {
        rules::<H>()
    }

    async fn run(&self, attempt: &Attempt<'_>, payload: &Fields) -> Result<Done, JobError> {
        self.0.run(attempt, H::Payload::read(payload)?).await
    }
}

struct AtPlatform<H>(H);

#[async_trait]
impl<H: PlatformJobHandler> Does<PlatformScope> for AtPlatform<H> {
    fn rules(&self) -> Rules {
        rules::<H>()
    }

    async fn run(&self, attempt: &Attempt<'_, PlatformScope>, payload: &Fields) -> Result<Done, JobError> {
        self.0.run(attempt, H::Payload::read(payload)?).await
    }
}

type Book<S> = BTreeMap<&'static str, Box<dyn Does<S>>>;

/// Who does which kind of job, and what is queued by the clock.
pub struct Handlers {
    in_tenants: Book<JobScope>,
    at_platform: Book<PlatformScope>,
    schedules: Vec<Schedule>,
}

impl Default for Handlers {
    fn default() -> Self {
        Self::new()
    }
}

impl Handlers {
    /// Nobody does anything but what schedules need.
    pub fn new() -> Self {
        let nobody = Self { in_tenants: Book::new(), at_platform: Book::new(), schedules: Vec::new() };
        nobody.at_platform(FanOut)
    }

    /// The same with who does a kind of job in tenants. Of two for one kind, the later does it.
    #[must_use]
    pub fn in_tenants<H: JobHandler>(mut self, handler: H) -> Self {
        self.in_tenants.insert(H::NAME, Box::new(InTenant(handler)));
        self
    }

    /// The same with who does a kind of job at the platform.
    #[must_use]
    pub fn at_platform<H: PlatformJobHandler>(mut self, handler: H) -> Self {
        self.at_platform.insert(H::NAME, Box::new(AtPlatform(handler)));
        self
    }

    /// The same with a job of this kind in each tenant that is in use, whenever the clock comes to the pattern (five fields
    /// of cron, in UTC). However many servers there are, each time counts once; of several that were missed, the last.
    ///
    /// # Errors
    ///
    /// [`BadCron`] for what is no pattern.
    pub fn each_tenant<K: JobKind<Payload = ()>>(self, cron: &str) -> Result<Self, BadCron> {
        self.schedule::<K>(Place::EachTenant, cron)
    }

    /// The same with one job of this kind at the platform.
    ///
    /// # Errors
    ///
    /// As [`Handlers::each_tenant`].
    pub fn platform_schedule<K: JobKind<Payload = ()>>(self, cron: &str) -> Result<Self, BadCron> {
        self.schedule::<K>(Place::Platform, cron)
    }

    fn schedule<K: JobKind<Payload = ()>>(mut self, place: Place, cron: &str) -> Result<Self, BadCron> {
        self.schedules.push(Schedule { kind: K::NAME, priority: K::PRIORITY, place, cron: cron.parse()? });
        Ok(self)
    }

    pub(super) fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    pub(super) fn of_tenants(&self, kind: &str) -> Option<&dyn Does<JobScope>> {
        self.in_tenants.get(kind).map(|handler| &**handler)
    }

    pub(super) fn of_platform(&self, kind: &str) -> Option<&dyn Does<PlatformScope>> {
        self.at_platform.get(kind).map(|handler| &**handler)
    }
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<_> = self.in_tenants.keys().chain(self.at_platform.keys()).collect();
        f.debug_tuple("Handlers").field(&kinds).finish()
    }
}
