use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::dev::ServiceResponse;
use cotenant_domain::tenancy::{MemberActor, Operator, ServiceActor, SupportActor};

use super::request_id::RequestId;

/// Writes the one line of a request. Only the route's pattern is in it: addresses, queries, headers and bodies can hold
/// what must not be in a log (ASVS 16.2.5).
pub(super) fn line<B>(response: &ServiceResponse<B>, id: &RequestId, took: Duration) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let request = response.request();
    let extensions = request.extensions();
    let member = extensions.get::<Rc<MemberActor>>();
    let service = extensions.get::<Rc<ServiceActor>>();
    let support = extensions.get::<Rc<SupportActor>>();
    let operator = extensions.get::<Rc<Operator>>();
    let tenant = member.map(|m| m.tenant_id()).or_else(|| service.map(|s| s.tenant_id()));
    let tenant = tenant.or_else(|| support.map(|s| s.tenant_id()));
    let user = member.map(|m| m.user_id()).or_else(|| operator.map(|o| o.user_id()));
    let user = user.or_else(|| support.map(|s| s.operator_id()));
    tracing::info!(
        request_id = &*id.0,
        method = request.method().as_str(),
        route = request.match_pattern().as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        latency_ms = milliseconds(took),
        tenant_id = tenant.map(tracing::field::display),
        user_id = user.map(tracing::field::display),
        service_account_id = service.map(|s| tracing::field::display(s.account_id())),
        support_grant_id = support.map(|s| tracing::field::display(s.grant_id())),
        "request"
    );
}

/// To the microsecond: more digits would be noise.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_has_three_digits_after_the_point() {
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567)).to_string(), "1.235");
        assert_eq!(milliseconds(Duration::from_secs(30)).to_string(), "30000");
    }
}
