//! Units of work: what one use case reads and writes together.
//!
//! A unit begins with a scope and knows its tenant from then on; its ports take no tenant id. It takes effect with
//! `commit` and not before; dropped, nothing happened. After an error it may only be dropped.
//!
//! # Doors
//!
//! Work inside a tenant is the rule. Two doors lead past it, each narrow: [`PersonUnit`] reaches people and their
//! credentials and, for a person who proved who they are, their own memberships and the end of their own sessions;
//! [`PlatformUnit`] reaches the platform's records. Neither sees another row that a tenant owns. Where one act spans a door
//! and a tenant (a new tenant and its roles, a new person and their membership), the unit steps over with `enter` and stays
//! one transaction.

use async_trait::async_trait;

use crate::addresses::AddressChangeRepository;
use crate::audit::{AuditLog, AuditReader};
use crate::bootstrap::BootstrapRepository;
use crate::identity::{PersonRepository, SessionReader, SessionRepository};
use crate::invitations::{InvitationReader, InvitationRepository};
use crate::jobs::{JobDispatcher, JobQueue, JobReader, ScheduleRepository};
use crate::members::{MemberReader, MemberRepository};
use crate::password_resets::PasswordResetRepository;
use crate::platform::{OperatorRepository, PlatformAuditLog, TenantRepository};
use crate::products::{ProductReader, ProductRepository};
use crate::roles::{RoleReader, RoleRepository};
use crate::services::{KeyReader, KeyRepository, ServiceReader, ServiceRepository};
use crate::shared::RepositoryError;
use crate::stores::{StoreReader, StoreRepository};
use crate::support::{OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrantRepository};
use crate::tenancy::{PlatformScope, Read, TenantScope, Write};
use crate::tenants::{OwnTenantReader, OwnTenantRepository};

/// The one way to stored data.
#[async_trait]
pub trait Database: Send + Sync {
    /// Begins a unit that reads in the scope's tenant.
    async fn read(&self, scope: &TenantScope<Read>) -> Result<Box<dyn ReadUnit>, RepositoryError>;
    /// Begins a unit that reads and writes in the scope's tenant.
    async fn write(&self, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError>;
    /// Begins a unit at the person door.
    async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError>;
    /// Begins a unit on the platform's records.
    async fn platform(&self, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError>;
    /// The dispatcher door: which jobs are due, in any tenant; no payload.
    fn dispatcher(&self) -> &dyn JobDispatcher;
    /// Whether the database answers.
    async fn ping(&self) -> Result<(), RepositoryError>;
}

/// Reads in one tenant. It has no write methods at all.
pub trait ReadUnit: Send + Sync {
    /// Stores.
    fn stores(&self) -> &dyn StoreReader;
    /// Products.
    fn products(&self) -> &dyn ProductReader;
    /// Roles.
    fn roles(&self) -> &dyn RoleReader;
    /// Members and their grants.
    fn members(&self) -> &dyn MemberReader;
    /// Service accounts and their grants.
    fn services(&self) -> &dyn ServiceReader;
    /// Keys of service accounts.
    fn api_keys(&self) -> &dyn KeyReader;
    /// Invitations.
    fn invitations(&self) -> &dyn InvitationReader;
    /// Sessions of members in this tenant.
    fn sessions(&self) -> &dyn SessionReader;
    /// Operators' access to the tenant.
    fn support_grants(&self) -> &dyn OwnSupportGrantReader;
    /// The tenant's audit log.
    fn audit(&self) -> &dyn AuditReader;
    /// The tenant's jobs.
    fn jobs(&self) -> &dyn JobReader;
    /// The tenant's own record.
    fn tenant(&self) -> &dyn OwnTenantReader;
}

/// Reads and writes in one tenant.
#[async_trait]
pub trait WriteUnit: Send + Sync {
    /// Stores.
    fn stores(&self) -> &dyn StoreRepository;
    /// Products.
    fn products(&self) -> &dyn ProductRepository;
    /// Roles.
    fn roles(&self) -> &dyn RoleRepository;
    /// Members and their grants.
    fn members(&self) -> &dyn MemberRepository;
    /// Service accounts and their grants.
    fn services(&self) -> &dyn ServiceRepository;
    /// Keys of service accounts.
    fn api_keys(&self) -> &dyn KeyRepository;
    /// Invitations.
    fn invitations(&self) -> &dyn InvitationRepository;
    /// Sessions of members in this tenant.
    fn sessions(&self) -> &dyn SessionRepository;
    /// Operators' access to the tenant.
    fn support_grants(&self) -> &dyn OwnSupportGrantRepository;
    /// The tenant's audit log.
    fn audit(&self) -> &dyn AuditLog;
    /// The tenant's jobs.
    fn jobs(&self) -> &dyn JobQueue;
    /// The tenant's own record.
    fn tenant(&self) -> &dyn OwnTenantRepository;
    /// Steps to the platform's records, in the same transaction: back, for an act of the platform upon several tenants, or with
    /// what a tenant did that the platform's log tells of too. It takes a scope of the platform, as beginning there does.
    async fn platform(self: Box<Self>, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError>;
    /// Makes everything take effect.
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError>;
}

/// Reads and writes people; reads their own memberships, and ends their own sessions.
#[async_trait]
pub trait PersonUnit: Send + Sync {
    /// People and credentials.
    fn people(&self) -> &dyn PersonRepository;
    /// Changes of their addresses that are under way.
    fn address_changes(&self) -> &dyn AddressChangeRepository;
    /// Passwords that were forgotten.
    fn password_resets(&self) -> &dyn PasswordResetRepository;
    /// Steps into a tenant, in the same transaction.
    async fn enter(self: Box<Self>, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError>;
    /// Steps to the platform's records, in the same transaction.
    async fn platform(self: Box<Self>, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError>;
    /// Makes everything take effect.
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError>;
}

/// Reads and writes the platform's records.
#[async_trait]
pub trait PlatformUnit: Send + Sync {
    /// Tenants.
    fn tenants(&self) -> &dyn TenantRepository;
    /// Operators and their sessions.
    fn operators(&self) -> &dyn OperatorRepository;
    /// The one-time bootstrap.
    fn bootstrap(&self) -> &dyn BootstrapRepository;
    /// Operators' access to tenants.
    fn support_grants(&self) -> &dyn SupportGrantRepository;
    /// The platform's audit log.
    fn audit(&self) -> &dyn PlatformAuditLog;
    /// The platform's jobs.
    fn jobs(&self) -> &dyn JobQueue;
    /// When each schedule of jobs last came up.
    fn schedules(&self) -> &dyn ScheduleRepository;
    /// Steps to the person door, in the same transaction.
    async fn person(self: Box<Self>) -> Result<Box<dyn PersonUnit>, RepositoryError>;
    /// Steps into a tenant, in the same transaction.
    async fn enter(self: Box<Self>, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError>;
    /// Makes everything take effect.
    async fn commit(self: Box<Self>) -> Result<(), RepositoryError>;
}
