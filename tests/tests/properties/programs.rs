//! Programs of a town: service accounts, each with a key.

use cotenant_domain::services::{self, ChangeService, CreateKey, CreateService, Service, ServiceError, ServiceGrant};
use cotenant_domain::services::{ServiceAccountId, ServiceStatus};
use cotenant_domain::tenancy::{AuthenticateError, Bearer, MemberActor};
use proptest::prelude::*;
use secrecy::SecretString;

use crate::acts::{Act, Nth, maybe, said};
use crate::town::Town;

/// A service account, and its key.
pub(crate) struct Program {
    pub(crate) id: ServiceAccountId,
    key: SecretString,
}

/// Acts on what programs may do.
pub(crate) fn on_programs() -> BoxedStrategy<Act> {
    let place = || (any::<Nth>(), any::<Nth>(), maybe(any::<Nth>()));
    prop_oneof![
        6 => place().prop_map(|(program, role, store)| Act::GrantProgram { program, role, store }),
        3 => place().prop_map(|(program, role, store)| Act::RevokeProgram { program, role, store }),
        1 => (any::<Nth>(), any::<bool>()).prop_map(|(program, active)| Act::TurnProgram { program, active }),
    ]
    .boxed()
}

/// The grants of an account are a set, in no order of their own.
fn in_order(service: Result<Service, ServiceError>) -> Result<Service, ServiceError> {
    service.map(|mut service| {
        service.grants.sort();
        service
    })
}

impl Town {
    /// Two programs in each tenant: one holds what the clerk does, the other what the keeper does where they do.
    pub(crate) async fn with_programs(mut self) -> Self {
        for whose in 0..self.tenants.len() {
            let deps = self.world.deps.clone();
            let [.., keeper, clerk] = self.tenants[whose].roles[..] else { panic!("five roles") };
            for (name, role_id, store_id) in
                [("Till", keeper, Some(self.tenants[whose].stores[0])), ("Sync", clerk, None)]
            {
                let owner = self.owner(whose).await;
                let cmd = CreateService { id: None, name: name.parse().unwrap(), description: None };
                let id = services::create(&owner, &deps, cmd).await.unwrap().account.base.id;
                let grant = ServiceGrant { account_id: id, role_id, store_id };
                services::grant(&self.owner(whose).await, &deps, grant).await.unwrap();
                let cmd = CreateKey { name: name.parse().unwrap(), expires_at: None };
                let key = services::create_key(&self.owner(whose).await, &deps, id, cmd).await.unwrap().text;
                self.tenants[whose].programs.push(Program { id, key });
            }
        }
        self
    }

    /// A program, as its next request would find it.
    pub(crate) async fn program(&self, whose: usize, nth: usize) -> Result<Bearer, AuthenticateError> {
        self.world.bearer(&self.tenants[whose].programs[nth].key).await
    }

    pub(crate) async fn perform_on_programs(
        &self,
        whose: usize,
        actor: &MemberActor,
        act: Act,
    ) -> Result<String, &'static str> {
        let deps = &self.world.deps;
        let account = |nth: Nth| {
            let programs = &self.tenants[if nth % 8 == 7 { 1 - whose } else { whose }].programs;
            (!programs.is_empty()).then(|| programs[usize::from(nth / 8) % programs.len()].id)
        };
        let place = |program, role, store: Option<Nth>| {
            let store_id = match store {
                Some(nth) => Some(self.store(whose, nth)?),
                None => None,
            };
            Some(ServiceGrant { account_id: account(program)?, role_id: self.role(whose, role)?, store_id })
        };
        match act {
            Act::GrantProgram { program, role, store } => {
                let grant = place(program, role, store).ok_or("nothing")?;
                said(in_order(services::grant(actor, deps, grant).await))
            }
            Act::RevokeProgram { program, role, store } => {
                let grant = place(program, role, store).ok_or("nothing")?;
                said(in_order(services::revoke(actor, deps, grant).await))
            }
            Act::TurnProgram { program, active } => {
                let status = Some(if active { ServiceStatus::Active } else { ServiceStatus::Disabled });
                let cmd = ChangeService { status, ..ChangeService::default() };
                said(in_order(services::change(actor, deps, account(program).ok_or("nothing")?, cmd).await))
            }
            other => panic!("{other:?} is done elsewhere"),
        }
    }
}
