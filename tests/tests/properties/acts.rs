//! What people do, drawn at random, and how it is done through the use cases.

use cotenant_domain::invitations::{self, Accept, AcceptBy, Invite, StoreRole};
use cotenant_domain::members::{self, ChangeMember, Member, MemberError, NewStatus, RoleGrant};
use cotenant_domain::products::{self, ChangeProduct, CreateProduct, ProductId};
use cotenant_domain::roles::{self, ChangeRole, CreateRole, RoleId};
use cotenant_domain::shared::Fault;
use cotenant_domain::stores::{self, ChangeStore, OpenStore, StoreId};
use cotenant_domain::tenancy::{MemberActor, Origin, Permission, PermissionSet};
use cotenant_testkit::world::PASSWORD;
use proptest::prelude::*;
use time::Duration;

use crate::town::{Open, Person, Town};

/// A place in a list that only the case knows: it is counted around.
pub(crate) type Nth = u8;

/// An act. Names, codes and SKUs are few, so that they collide.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    OpenStore { code: Nth },
    ChangeStore { store: Nth, code: Option<Nth>, is_active: Option<bool>, seen: Option<i64> },
    DeleteStore { store: Nth, seen: Option<i64> },
    RestoreStore { store: Nth },
    CreateProduct { store: Nth, sku: Nth, stock: i64 },
    ChangeProduct { product: Nth, sku: Option<Nth>, stock: Option<i64>, seen: Option<i64> },
    DeleteProduct { product: Nth, seen: Option<i64> },
    RestoreProduct { product: Nth },
    ViewStore { store: Nth, deleted: bool },
    ViewProduct { product: Nth, deleted: bool },
    CreateRole { name: Nth, permissions: u64 },
    ChangeRole { role: Nth, permissions: u64, seen: Option<i64> },
    DeleteRole { role: Nth },
    Grant { user: Nth, role: Nth, store: Option<Nth> },
    Revoke { user: Nth, role: Nth, store: Option<Nth> },
    GrantProgram { program: Nth, role: Nth, store: Option<Nth> },
    RevokeProgram { program: Nth, role: Nth, store: Option<Nth> },
    TurnProgram { program: Nth, active: bool },
    Suspend { user: Nth },
    Reactivate { user: Nth },
    Remove { user: Nth },
    Invite { role: Option<Nth>, at_store: Option<(Nth, Nth)> },
    Accept { invitation: Nth },
    Wait { seconds: u16 },
}

/// An act of somebody of one of two tenants.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) whose: usize,
    pub(crate) who: Nth,
    pub(crate) act: Act,
}

/// The version that somebody saw: mostly none.
fn seen() -> impl Strategy<Value = Option<i64>> + Clone {
    prop_oneof![4 => Just(None), 1 => (1_i64..4).prop_map(Some)]
}

pub(crate) fn maybe<S: Strategy + Clone>(of: S) -> impl Strategy<Value = Option<S::Value>> + Clone
where
    S::Value: Clone,
{
    proptest::option::of(of)
}

/// A set of permissions, small ones and large ones alike.
fn permissions() -> impl Strategy<Value = u64> + Clone {
    let bits = 0..1_u64 << Permission::ALL.len();
    prop_oneof![bits.clone(), (bits.clone(), bits).prop_map(|(a, b)| a & b)]
}

/// Acts on stores and products.
pub(crate) fn on_things() -> BoxedStrategy<Act> {
    let few = 0_u8..6;
    let stock = -1_i64..5;
    prop_oneof![
        2 => few.clone().prop_map(|code| Act::OpenStore { code }),
        1 => (any::<Nth>(), maybe(few.clone()), maybe(any::<bool>()), seen())
            .prop_map(|(store, code, is_active, seen)| Act::ChangeStore { store, code, is_active, seen }),
        2 => (any::<Nth>(), seen()).prop_map(|(store, seen)| Act::DeleteStore { store, seen }),
        2 => any::<Nth>().prop_map(|store| Act::RestoreStore { store }),
        4 => (any::<Nth>(), few.clone(), stock.clone())
            .prop_map(|(store, sku, stock)| Act::CreateProduct { store, sku, stock }),
        2 => (any::<Nth>(), maybe(few), maybe(stock), seen())
            .prop_map(|(product, sku, stock, seen)| Act::ChangeProduct { product, sku, stock, seen }),
        2 => (any::<Nth>(), seen()).prop_map(|(product, seen)| Act::DeleteProduct { product, seen }),
        2 => any::<Nth>().prop_map(|product| Act::RestoreProduct { product }),
        1 => (any::<Nth>(), any::<bool>()).prop_map(|(store, deleted)| Act::ViewStore { store, deleted }),
        1 => (any::<Nth>(), any::<bool>()).prop_map(|(product, deleted)| Act::ViewProduct { product, deleted }),
        1 => (1_u16..90).prop_map(|seconds| Act::Wait { seconds }),
    ]
    .boxed()
}

/// Acts on what people may do.
pub(crate) fn on_rights() -> BoxedStrategy<Act> {
    let place = || (any::<Nth>(), any::<Nth>(), maybe(any::<Nth>()));
    prop_oneof![
        2 => (0_u8..6, permissions()).prop_map(|(name, permissions)| Act::CreateRole { name, permissions }),
        3 => (any::<Nth>(), permissions(), seen())
            .prop_map(|(role, permissions, seen)| Act::ChangeRole { role, permissions, seen }),
        1 => any::<Nth>().prop_map(|role| Act::DeleteRole { role }),
        6 => place().prop_map(|(user, role, store)| Act::Grant { user, role, store }),
        4 => place().prop_map(|(user, role, store)| Act::Revoke { user, role, store }),
        1 => any::<Nth>().prop_map(|user| Act::Suspend { user }),
        1 => any::<Nth>().prop_map(|user| Act::Reactivate { user }),
        1 => any::<Nth>().prop_map(|user| Act::Remove { user }),
        2 => (maybe(any::<Nth>()), maybe((any::<Nth>(), any::<Nth>())))
            .prop_map(|(role, at_store)| Act::Invite { role, at_store }),
        2 => any::<Nth>().prop_map(|invitation| Act::Accept { invitation }),
    ]
    .boxed()
}

/// So many acts, by anybody.
pub(crate) fn steps(acts: BoxedStrategy<Act>, most: usize) -> impl Strategy<Value = Vec<Step>> {
    // Who began the tenant may do most, and so acts often.
    let who = prop_oneof![2 => Just(0_u8), 3 => any::<Nth>()];
    let step = (0_usize..2, who, acts).prop_map(|(whose, who, act)| Step { whose, who, act });
    proptest::collection::vec(step, most / 2..=most)
}

/// The permissions whose bits are set.
pub(crate) fn set_of(bits: u64) -> PermissionSet {
    let held = |(place, _): &(usize, &Permission)| bits & (1 << place) != 0;
    Permission::ALL.iter().enumerate().filter(held).map(|(_, permission)| *permission).collect()
}

/// The text of a code or a SKU; two differ only in case.
pub(crate) fn code(nth: Nth) -> &'static str {
    ["A-1", "B-2", "b-2", "Ç-3", "100%", "under_score"][usize::from(nth) % 6]
}

/// An answer in words: the whole of what was answered, or the code of why not.
pub(crate) fn said<T: std::fmt::Debug, E: Fault>(answer: Result<T, E>) -> Result<String, &'static str> {
    answer.map(|value| format!("{value:?}")).map_err(|error| error.code())
}

/// The grants of a member are a set, in no order of their own.
fn in_order(member: Result<Member, MemberError>) -> Result<Member, MemberError> {
    member.map(|mut member| {
        member.grants.sort_by_key(|grant| (grant.role_id, grant.store_id));
        member
    })
}

impl Town {
    /// One of the tenant's own, or, one time in four, one of the other tenant.
    fn pick<T: Copy>(&self, whose: usize, nth: Nth, of: impl Fn(&crate::town::Tenant) -> &[T]) -> Option<T> {
        let (own, foreign) = (of(&self.tenants[whose]), of(&self.tenants[1 - whose]));
        let nth = usize::from(nth);
        let from = if nth % 4 == 3 { foreign } else { own };
        (!from.is_empty()).then(|| from[nth / 4 % from.len()])
    }

    pub(crate) fn store(&self, whose: usize, nth: Nth) -> Option<StoreId> {
        self.pick(whose, nth, |tenant| &tenant.stores)
    }

    pub(crate) fn product(&self, whose: usize, nth: Nth) -> Option<(StoreId, ProductId)> {
        self.pick(whose, nth, |tenant| &tenant.products)
    }

    pub(crate) fn role(&self, whose: usize, nth: Nth) -> Option<RoleId> {
        self.pick(whose, nth, |tenant| &tenant.roles)
    }

    fn user(&self, whose: usize, nth: Nth) -> cotenant_domain::identity::UserId {
        let people = &self.tenants[if nth % 8 == 7 { 1 - whose } else { whose }].people;
        people[usize::from(nth / 8) % people.len()].id
    }

    /// Does it: what was answered, the code of a refusal, or `Err("nothing")` where there is nothing to do it to.
    pub(crate) async fn perform(&mut self, step: &Step) -> Result<String, &'static str> {
        const NOTHING: &str = "nothing";
        let (whose, act) = (step.whose, &step.act);
        if let Act::Wait { seconds } = act {
            self.world.clock.advance(Duration::seconds(i64::from(*seconds)));
            return Ok("waited".to_owned());
        }
        if let Act::Accept { invitation } = act {
            return self.accept(whose, *invitation).await;
        }
        let actor = self.actor(whose, usize::from(step.who)).await?;
        let deps = self.world.deps.clone();
        match act.clone() {
            Act::OpenStore { code: nth } => {
                let cmd = OpenStore {
                    id: None,
                    name: format!("Store {nth}").parse().unwrap(),
                    code: code(nth).parse().unwrap(),
                    timezone: "Africa/Nairobi".parse().unwrap(),
                    currency: "KES".parse().unwrap(),
                    is_active: true,
                };
                let opened = stores::open(&actor, &deps, cmd).await;
                self.tenants[whose].stores.extend(opened.iter().map(|store| store.base.id));
                said(opened)
            }
            Act::ChangeStore { store, code: nth, is_active, seen } => {
                let id = self.store(whose, store).ok_or(NOTHING)?;
                let code = nth.map(|nth| code(nth).parse().unwrap());
                let cmd = ChangeStore { code, is_active, expected: seen, ..ChangeStore::default() };
                said(stores::change(&actor, &deps, id, cmd).await)
            }
            Act::DeleteStore { store, seen } => {
                let id = self.store(whose, store).ok_or(NOTHING)?;
                said(stores::delete(&actor, &deps, id, seen).await)
            }
            Act::RestoreStore { store } => {
                let id = self.store(whose, store).ok_or(NOTHING)?;
                said(stores::restore(&actor, &deps, id).await)
            }
            Act::ViewStore { store, deleted } => {
                let id = self.store(whose, store).ok_or(NOTHING)?;
                said(stores::view(&actor, &deps, id, deleted).await)
            }
            Act::CreateProduct { store, sku, stock } => {
                let id = self.store(whose, store).ok_or(NOTHING)?;
                let cmd = CreateProduct {
                    id: None,
                    sku: code(sku).parse().unwrap(),
                    name: format!("Product {sku}").parse().unwrap(),
                    price_minor: i64::from(sku),
                    currency: "KES".parse().unwrap(),
                    stock,
                };
                let created = products::create(&actor, &deps, id, cmd).await;
                self.tenants[whose].products.extend(created.iter().map(|product| (id, product.base.id)));
                said(created)
            }
            Act::ChangeProduct { product, sku, stock, seen } => {
                let (store, id) = self.product(whose, product).ok_or(NOTHING)?;
                let sku = sku.map(|nth| code(nth).parse().unwrap());
                let cmd = ChangeProduct { sku, stock, expected: seen, ..ChangeProduct::default() };
                said(products::change(&actor, &deps, store, id, cmd).await)
            }
            Act::DeleteProduct { product, seen } => {
                let (store, id) = self.product(whose, product).ok_or(NOTHING)?;
                said(products::delete(&actor, &deps, store, id, seen).await)
            }
            Act::RestoreProduct { product } => {
                let (store, id) = self.product(whose, product).ok_or(NOTHING)?;
                said(products::restore(&actor, &deps, store, id).await)
            }
            Act::ViewProduct { product, deleted } => {
                let (store, id) = self.product(whose, product).ok_or(NOTHING)?;
                said(products::view(&actor, &deps, store, id, deleted).await)
            }
            other => self.perform_on_rights(whose, usize::from(step.who), &actor, other).await,
        }
    }

    async fn perform_on_rights(
        &mut self,
        whose: usize,
        who: usize,
        actor: &MemberActor,
        act: Act,
    ) -> Result<String, &'static str> {
        const NOTHING: &str = "nothing";
        let deps = self.world.deps.clone();
        match act {
            Act::CreateRole { name, permissions } => {
                let name = format!("Role {name}").parse().unwrap();
                let cmd = CreateRole { id: None, name, description: None, permissions: set_of(permissions) };
                let created = roles::create(actor, &deps, cmd).await;
                self.tenants[whose].roles.extend(created.iter().map(|role| role.base.id));
                said(created)
            }
            Act::ChangeRole { role, permissions, seen } => {
                let id = self.role(whose, role).ok_or(NOTHING)?;
                let permissions = Some(set_of(permissions));
                let cmd = ChangeRole { permissions, expected: seen, ..ChangeRole::default() };
                said(roles::change(actor, &deps, id, cmd).await)
            }
            Act::DeleteRole { role } => {
                let id = self.role(whose, role).ok_or(NOTHING)?;
                said(roles::delete(actor, &deps, id, None).await)
            }
            Act::Grant { user, role, store } => {
                let grant = self.place(whose, user, role, store).ok_or(NOTHING)?;
                said(in_order(members::grant(actor, &deps, grant).await))
            }
            Act::Revoke { user, role, store } => {
                let grant = self.place(whose, user, role, store).ok_or(NOTHING)?;
                said(in_order(members::revoke(actor, &deps, grant).await))
            }
            Act::Suspend { user } | Act::Reactivate { user } => {
                let suspends = matches!(act, Act::Suspend { .. });
                let status = Some(if suspends { NewStatus::Suspended } else { NewStatus::Active });
                let cmd = ChangeMember { status, expected: None };
                said(in_order(members::change(actor, &deps, self.user(whose, user), cmd).await))
            }
            Act::Remove { user } => said(members::remove(actor, &deps, self.user(whose, user), None).await),
            Act::Invite { role, at_store } => {
                let role_ids = role.and_then(|nth| self.role(whose, nth)).into_iter().collect();
                let at = at_store.and_then(|(store, role)| {
                    Some(StoreRole { store_id: self.store(whose, store)?, role_id: self.role(whose, role)? })
                });
                let tenant = &mut self.tenants[whose];
                let email = format!("guest-{}@{}.example", tenant.invitations.len(), tenant.slug);
                let store_roles = at.into_iter().collect();
                let cmd = Invite { id: None, email: email.parse().unwrap(), role_ids, store_roles };
                let invited = invitations::invite(actor, &deps, cmd).await;
                if invited.is_ok() {
                    let by = who % tenant.people.len();
                    tenant.invitations.push(Open { email, by });
                    self.world.work().await;
                }
                said(invited)
            }
            other => self.perform_on_programs(whose, actor, other).await,
        }
    }

    fn place(&self, whose: usize, user: Nth, role: Nth, store: Option<Nth>) -> Option<RoleGrant> {
        let user_id = self.user(whose, user);
        let role_id = self.role(whose, role)?;
        let store_id = match store {
            Some(nth) => Some(self.store(whose, nth)?),
            None => None,
        };
        Some(RoleGrant { user_id, role_id, store_id })
    }

    /// The invitation that an acceptance is about.
    pub(crate) fn invitation(&self, whose: usize, nth: Nth) -> Option<&Open> {
        let open = &self.tenants[whose].invitations;
        (!open.is_empty()).then(|| &open[usize::from(nth) % open.len()])
    }

    async fn accept(&mut self, whose: usize, nth: Nth) -> Result<String, &'static str> {
        let email = self.invitation(whose, nth).ok_or("nothing")?.email.clone();
        let known = self.tenants[whose].people.iter().any(|person| person.email == email);
        let by = match known {
            true => AcceptBy::Returning { password: PASSWORD.into() },
            false => AcceptBy::New { display_name: "Guest".parse().unwrap(), password: PASSWORD.into() },
        };
        let cmd = Accept { token: self.world.token_sent_to(&email), by };
        let accepted = invitations::accept(&self.world.deps, Origin::default(), cmd).await;
        if let Ok(accepted) = &accepted
            && !known
        {
            self.tenants[whose].people.push(Person::new(email, accepted.user_id));
        }
        said(accepted)
    }
}
