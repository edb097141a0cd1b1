use std::net::IpAddr;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use cotenant_domain::limits::{Charge, Counted, LimitKey, RateLimited};
use cotenant_domain::plans::Plan;
use cotenant_domain::tenancy::{Claimed, ShownToken};
use cotenant_domain::tenants::TenantId;
use serde_json::json;

use super::fields;
use super::known::is_known;
use super::rates::{Limits, Party, RouteClass, policy};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::client;

/// What a request was counted against, for its answer.
struct Told {
    charges: Vec<Charge>,
    counted: Counted,
}

/// Counts a request, of whoever shows a token or of nobody.
///
/// # Errors
///
/// 429 where a limit is used up. The request counts for nothing then.
pub(crate) async fn count(
    app: &App,
    req: &ServiceRequest,
    class: RouteClass,
    shown: Option<&ShownToken>,
) -> Result<(), ApiError> {
    let known = shown.filter(|shown| is_known(app, shown));
    let plan = app.plans.plan(known.and_then(tenant), &app.deps.plans);
    let charges = charges(&app.settings.limits, plan, class, &parties(req, known));
    if charges.is_empty() {
        return Ok(());
    }
    let counted = app.deps.limiter.take(&charges).await;
    let refusal = counted.refusal(&charges);
    req.extensions_mut().insert(Told { charges, counted });
    refusal.map_or(Ok(()), |limited| Err(refused(limited)))
}

/// Writes into an answer where its caller stands.
pub(crate) fn tell(answer: &mut ServiceResponse<BoxBody>) {
    let told = answer.request().extensions_mut().remove::<Told>();
    if let Some(Told { charges, counted }) = told {
        fields::write(answer.headers_mut(), &charges, &counted.levels);
    }
}

fn refused(limited: RateLimited) -> ApiError {
    let policies = json!(limited.policies);
    ApiError::from(limited).member("violated_policies", policies)
}

/// Who is counted: whom a known token names, or whoever is at the address. Support is counted for itself alone: an operator's
/// work takes nothing from the tenant.
fn parties(req: &ServiceRequest, known: Option<&ShownToken>) -> Vec<(Party, u128)> {
    match known.map(ShownToken::claimed) {
        Some(Claimed::Member { tenant, user }) => {
            vec![(Party::Tenant, tenant.as_uuid().as_u128()), (Party::Person, user.as_uuid().as_u128())]
        }
        Some(Claimed::Operator(user)) => vec![(Party::Operator, user.as_uuid().as_u128())],
        Some(Claimed::Key(key)) => {
            vec![(Party::Tenant, key.tenant_id.as_uuid().as_u128()), (Party::Key, key.id.as_uuid().as_u128())]
        }
        Some(Claimed::Support(grant)) => vec![(Party::Support, grant.id.as_uuid().as_u128())],
        None => client(req.request()).map(|address| (Party::Client, network(address))).into_iter().collect(),
    }
}

/// Whose plan counts, as far as a token tells.
fn tenant(shown: &ShownToken) -> Option<TenantId> {
    match shown.claimed() {
        Claimed::Member { tenant, .. } => Some(tenant),
        Claimed::Key(key) => Some(key.tenant_id),
        Claimed::Operator(_) | Claimed::Support(_) => None,
    }
}

fn charges(limits: &Limits, plan: &Plan, class: RouteClass, parties: &[(Party, u128)]) -> Vec<Charge> {
    let charge = |(party, of): &(Party, u128)| {
        let key = LimitKey { policy: policy(*party, class), of: *of };
        limits
            .rate(*party, class)
            .map(|rate| Charge { key, rate: if party.has_plan() { plan.rate(rate) } else { rate } })
    };
    parties.iter().filter_map(charge).collect()
}

/// What of a client's address counts: of IPv6 the network, since one client has all of it.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::Rates;
    use super::*;
    use cotenant_domain::limits::Rate;

    #[test]
    fn of_an_ipv6_address_the_network_counts_and_of_an_ipv4_address_all() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    }

    #[test]
    fn each_party_is_held_against_its_own_rate_and_whoever_has_none_is_not_counted() {
        let rate = |n| Rate::new(n, 60);
        let limits = Limits {
            tenant: Rates { read: rate(1), write: rate(2), secret: rate(3), export: rate(4) },
            person: Rates { read: rate(5), ..Rates::default() },
            key: Rates { write: rate(6), ..Rates::default() },
            client: Rates { secret: rate(7), ..Rates::default() },
        };
        let all = [Party::Tenant, Party::Person, Party::Operator, Party::Support, Party::Key, Party::Client];
        let open = Plan::open("standard".parse().unwrap());
        let counted = |plan: &Plan, class| {
            let charges = charges(&limits, plan, class, &all.map(|party| (party, 9)));
            charges.iter().map(|c| (c.key.policy, c.rate.requests())).collect::<Vec<_>>()
        };
        let reads = [("tenant-read", 1), ("person-read", 5), ("operator-read", 5), ("support-read", 5)];
        assert_eq!(counted(&open, RouteClass::Read), reads);
        assert_eq!(counted(&open, RouteClass::Write), [("tenant-write", 2), ("key-write", 6)]);
        assert_eq!(counted(&open, RouteClass::Secret), [("tenant-secret", 3), ("client-secret", 7)]);
        assert_eq!(counted(&open, RouteClass::Export), [("tenant-export", 4)]);
        let triple = Plan { rate_percent: 300, ..open };
        let reads = [("tenant-read", 3), ("person-read", 5), ("operator-read", 5), ("support-read", 5)];
        assert_eq!(counted(&triple, RouteClass::Read), reads, "of the tenant and nobody else");
        assert_eq!(counted(&triple, RouteClass::Write), [("tenant-write", 6), ("key-write", 18)], "and of its keys");
    }
}
