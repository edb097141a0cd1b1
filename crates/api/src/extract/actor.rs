//! Who asks. The middleware of a route's audience has proved it before any handler.

use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use cotenant_domain::identity::SignedInPerson;
use cotenant_domain::tenancy::{Actor, MemberActor, Operator, Origin, ServiceActor, SupportActor};

use crate::app::App;
use crate::error::ApiError;
use crate::middleware::RequestId;

/// Who acts in a tenant: a signed-in member, a service account, or support.
pub(crate) enum Acting {
    /// A member.
    Member(Member),
    /// A service account.
    Service(Rc<ServiceActor>),
    /// An operator under a support grant.
    Support(Rc<SupportActor>),
}

/// The signed-in member. A service account is refused, and so is support.
pub(crate) struct Member(Rc<MemberActor>);

/// The signed-in operator of the platform.
pub(crate) struct PlatformOperator(Rc<Operator>);

/// A signed-in member or nobody. A service account is refused, and so is support.
pub(crate) struct Visitor(pub(crate) Option<Member>);

/// A signed-in member or operator. A service account is refused, and so is support.
pub(crate) enum Caller {
    /// A member.
    Member(Member),
    /// An operator.
    Operator(PlatformOperator),
}

impl Caller {
    /// The person, wherever they are signed in.
    pub(crate) fn person(&self) -> SignedInPerson<'_> {
        match self {
            Self::Member(actor) => SignedInPerson::Member(actor),
            Self::Operator(operator) => SignedInPerson::Operator(operator),
        }
    }
}

impl Deref for Acting {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        match self {
            Self::Member(member) => member,
            Self::Service(service) => service,
            Self::Support(support) => support,
        }
    }
}

impl Deref for Member {
    type Target = MemberActor;

    fn deref(&self) -> &MemberActor {
        &self.0
    }
}

impl Deref for PlatformOperator {
    type Target = Operator;

    fn deref(&self) -> &Operator {
        &self.0
    }
}

/// Who acts without being signed in to the tenant: a service account, or support.
fn visiting(req: &HttpRequest) -> Option<Acting> {
    let extensions = req.extensions();
    let service = extensions.get().cloned().map(Acting::Service);
    service.or_else(|| extensions.get().cloned().map(Acting::Support))
}

/// The member, or nobody. What asks for people asks here, and no service account and no support gets past.
fn member(req: &HttpRequest) -> Result<Option<Member>, ApiError> {
    if visiting(req).is_some() {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "people_only"));
    }
    Ok(req.extensions().get().cloned().map(Member))
}

pub(crate) fn acting(req: &HttpRequest) -> Result<Option<Acting>, ApiError> {
    match visiting(req) {
        Some(visiting) => Ok(Some(visiting)),
        None => Ok(member(req)?.map(Acting::Member)),
    }
}

fn operator(req: &HttpRequest) -> Option<PlatformOperator> {
    req.extensions().get().cloned().map(PlatformOperator)
}

fn caller(req: &HttpRequest) -> Result<Option<Caller>, ApiError> {
    let member = member(req)?.map(Caller::Member);
    Ok(member.or_else(|| operator(req).map(Caller::Operator)))
}

fn unproved() -> ApiError {
    ApiError::internal("a handler asks for somebody whom its route's audience does not prove")
}

macro_rules! proved {
    ($($kind:ty: $find:expr;)*) => {$(
        impl FromRequest for $kind {
            type Error = ApiError;
            type Future = Ready<Result<Self, ApiError>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                let find: fn(&HttpRequest) -> Result<Option<$kind>, ApiError> = $find;
                ready(find(req).and_then(|found| found.ok_or_else(unproved)))
            }
        }
    )*};
}

proved! {
    Acting: acting;
    Member: member;
    PlatformOperator: |req| Ok(operator(req));
    Visitor: |req| Ok(Some(Visitor(member(req)?)));
    Caller: caller;
}

const LONGEST_AGENT: usize = 256;

/// The header in which each proxy writes, at its end, who came to it.
const FORWARDED: &str = "x-forwarded-for";

/// Who sent a request: the peer or, where that is a proxy of ours, whoever came to it. What stands before the last address
/// that is none of ours was written by strangers, and proves nothing.
pub(crate) fn client(req: &HttpRequest) -> Option<IpAddr> {
    let ours: &[IpAddr] = req.app_data::<Data<App>>().map_or(&[], |app| &app.settings.trusted_proxies);
    let mut client = req.peer_addr()?.ip().to_canonical();
    let lines: Vec<_> = req.headers().get_all(FORWARDED).map(HeaderValue::as_bytes).collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        if !ours.contains(&client) {
            break;
        }
        let Some(address) = address(entry) else {
            break;
        };
        client = address.to_canonical();
    }
    Some(client)
}

/// What one proxy wrote; some write the port as well. What somebody else wrote before it may be no text at all.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = str::from_utf8(entry).ok()?.trim();
    entry.parse().or_else(|_| entry.parse::<SocketAddr>().map(|with| with.ip())).ok()
}

/// Where a request came from.
pub(crate) fn origin(req: &HttpRequest) -> Origin {
    let agent = req.headers().get(header::USER_AGENT).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect()
    });
    Origin {
        request_id: req.extensions().get::<RequestId>().map(|id| id.0.to_string()),
        address: client(req).map(|client| client.to_string()),
        agent,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::ApiSettings;
    use crate::limits::Limits;
    use actix_web::test::TestRequest;
    use cotenant_testkit::World;

    // Attacks: 28.
    #[test]
    fn the_origin_is_the_peer_and_not_what_a_header_claims() {
        let request = TestRequest::default()
            .peer_addr("192.0.2.7:4711".parse().unwrap())
            .insert_header(("X-Forwarded-For", "198.51.100.1"))
            .insert_header(("User-Agent", "x".repeat(400)))
            .to_http_request();
        let origin = origin(&request);
        assert_eq!(origin.address.as_deref(), Some("192.0.2.7"));
        assert_eq!(origin.agent.map(|a| a.len()), Some(256));
    }

    // Attacks: 28.
    #[actix_web::test]
    async fn behind_proxies_of_ours_the_last_address_that_is_none_of_theirs_counts() {
        let world = World::bootstrap().await;
        let proxies = ["10.0.0.1", "10.0.0.2"].map(|proxy| proxy.parse().unwrap()).into();
        let settings = ApiSettings {
            body_limit: 1,
            request_timeout: Duration::MAX,
            allowed_origins: Vec::new(),
            trusted_proxies: proxies,
            bootstrap_secret: None,
            public_url: None,
            limits: Limits::default(),
        };
        let app = Data::new(App::new(world.deps.clone(), settings));
        for (peer, lines, expected) in [
            ("10.0.0.1", &["198.51.100.1"][..], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1:4711, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["\u{ff}, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, \u{ff}"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("192.0.2.7", &["198.51.100.1, 10.0.0.1"], "192.0.2.7"),
        ] {
            let mut request = TestRequest::default().app_data(app.clone());
            request = request.peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
            for line in lines {
                // Each character as one byte, as no text in UTF-8 has it.
                let bytes: Vec<u8> = line.chars().map(|c| u8::try_from(c).unwrap()).collect();
                request = request.append_header((FORWARDED, HeaderValue::from_bytes(&bytes).unwrap()));
            }
            assert_eq!(origin(&request.to_http_request()).address.as_deref(), Some(expected), "{peer} {lines:?}");
        }
    }

    #[actix_web::test]
    async fn nobody_is_never_taken_for_somebody() {
        let request = TestRequest::default().to_http_request();
        assert!(Acting::extract(&request).await.is_err());
        assert!(Member::extract(&request).await.is_err());
        assert!(PlatformOperator::extract(&request).await.is_err());
        assert!(Caller::extract(&request).await.is_err());
        assert!(Visitor::extract(&request).await.unwrap().0.is_none());
    }
}
