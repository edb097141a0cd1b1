//! Two tenants, and everybody who comes to a route.

use std::cell::Cell;
use std::time::Duration;

use cotenant_tests::server::{OPERATOR, SIGNING_KEY};
use cotenant_tests::sign::{decode, signed};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::case::{Case, Ids, Request};
use crate::house::{House, all_permissions, user_id};
use crate::keys::Keys;
use crate::ledger::{Ledger, WHOEVER_MAY};
use crate::support::Support;

/// Two tenants with one server, and people of many kinds.
pub(crate) struct World {
    /// The server.
    pub(crate) server: TestServer,
    /// The tenant that is attacked.
    pub(crate) a: House,
    /// The tenant of the attackers.
    pub(crate) b: House,
    /// The address of the owner of the second tenant.
    pub(crate) b_owner_email: String,
    /// The operator of the platform, who is the owner of the first tenant as well.
    pub(crate) operator: Client,
    /// An owner of both tenants, signed in to the second.
    pub(crate) double: Client,
    /// A member whose one role, [`World::set_clerk`], holds whatever it is told to.
    pub(crate) clerk: Client,
    /// A member who holds everything that can be held at a store, but only at `there`.
    pub(crate) elsewhere: Client,
    /// A former owner whose role was taken; still a member.
    pub(crate) demoted: Client,
    /// A former owner who was removed.
    pub(crate) removed: Client,
    /// An owner who is suspended.
    pub(crate) suspended: Client,
    /// The first tenant's owner, in a session that was ended.
    pub(crate) signed_out: Client,
    /// Programs.
    pub(crate) keys: Keys,
    /// Operators under support grants.
    pub(crate) support: Support,
    /// The ids of the people whom both tenants know: the operator, who owns the first and made the second, and the double.
    pub(crate) in_both: Vec<String>,
    /// Who was tried at which route.
    pub(crate) ledger: Ledger,
    clerk_role: String,
    probes: Cell<u32>,
    unknown: Cell<u32>,
}

/// Headers and parameters by which somebody might try to choose a tenant.
pub(crate) const TENANT_HEADERS: [&str; 4] = ["X-Tenant-Id", "X-Tenant", "Tenant-Id", "X-Forwarded-Tenant"];

/// The version that every object of a case has, and one that none has.
const SEEN: (&str, &str) = ("If-Match", "\"1\"");
const STALE: (&str, &str) = ("If-Match", "\"7\"");

impl World {
    /// Two tenants and their people over a database.
    pub(crate) async fn new(database: FreshDatabase) -> Self {
        let server = TestServer::start(database).await;
        let a = House::of(server.bootstrap("acme").await).await;
        let b_owner_email = "owner@globex.example".to_owned();
        let b = House::of(server.tenant("globex", &b_owner_email).await).await;
        let operator = server.operator().await;
        let owner_role = a.system_role("owner").await;
        let clerk_role = a.role("Clerk", &all_permissions()).await;
        let (clerk, _) = a.member(&server, "clerk", &[&clerk_role]).await;
        let (elsewhere, user) = a.member(&server, "elsewhere", &[]).await;
        a.grant(&user, &owner_role, Some(&a.there)).await;
        let (demoted, user) = a.member(&server, "demoted", &[&owner_role]).await;
        assert_eq!(demoted.get("/api/v1/tenant").await.status, 200);
        a.delete(&format!("/api/v1/members/{user}/roles/{owner_role}")).await;
        let (removed, user) = a.member(&server, "removed", &[&owner_role]).await;
        assert_eq!(removed.get("/api/v1/tenant").await.status, 200);
        a.delete(&format!("/api/v1/members/{user}")).await;
        let (suspended, user) = a.member(&server, "suspended", &[&owner_role]).await;
        assert_eq!(suspended.get("/api/v1/tenant").await.status, 200);
        let answer = a.owner.patch(&format!("/api/v1/members/{user}"), json!({ "status": "suspended" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let signed_out = server.sign_in(OPERATOR, &a.slug).await;
        assert_eq!(signed_out.act("/api/v1/auth/logout").await.status, 204);
        let double = owner_of_both(&server, &a, &b).await;
        let in_both = vec![user_id(&a.owner).await, user_id(&double).await];
        let keys = Keys::new(&server, &a, &b, &clerk_role).await;
        let support = Support::new(&server, &operator, &a, &b).await;
        let (probes, unknown) = (Cell::new(0), Cell::new(0));
        Self {
            server,
            a,
            b,
            b_owner_email,
            operator,
            double,
            clerk,
            elsewhere,
            demoted,
            removed,
            suspended,
            signed_out,
            keys,
            support,
            in_both,
            ledger: Ledger::default(),
            clerk_role,
            probes,
            unknown,
        }
    }

    /// Gives the clerk's one role these permissions and no others.
    pub(crate) async fn set_clerk(&self, permissions: &[&str]) {
        let path = format!("/api/v1/roles/{}", self.clerk_role);
        let answer = self.a.owner.patch(&path, json!({ "permissions": permissions })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// A tenant that an operator made, with these acts upon it.
    pub(crate) async fn tenant(&self, name: &str, house: &House, acts: &[&str]) -> String {
        let slug = format!("{name}-by-{}", house.slug);
        let body = json!({ "name": slug, "slug": slug, "owner_email": format!("{slug}@guests.example") });
        let id = self.operator.post("/api/v1/platform/tenants", body).await.id();
        let path = format!("/api/v1/platform/tenants/{id}");
        // A tenant that is suspended or deleted keeps its jobs.
        self.settle().await;
        for act in acts {
            let answer = match *act {
                "delete" => self.operator.delete(&path).await,
                act => self.operator.post(&format!("{path}/{act}"), json!({ "reason": "unpaid" })).await,
            };
            assert!(answer.status.is_success(), "{act}: {answer:?}");
        }
        id
    }

    /// Access of the operator to a tenant: its id.
    pub(crate) async fn grant(&self, tenant: &str) -> String {
        let path = format!("/api/v1/platform/tenants/{tenant}/support-grants");
        let made = self.operator.post(&path, json!({ "reason": "Ticket 4711" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.id()
    }

    /// Those who hold no valid token for a member's route, and the code that each is refused with.
    pub(crate) fn strangers(&self) -> Vec<(&'static str, Client, &'static str)> {
        let now = self.server.deps.clock.now().unix_timestamp();
        let (late, elsewhere) = (json!({ "iat": now - 3_601, "exp": now - 1 }), json!({ "aud": "another-service" }));
        let (owner, operator) = (&self.a.owner, &self.operator);
        let keys = self.keys.ended.iter().map(|(who, client)| (*who, client.clone(), "unauthenticated"));
        let people = [
            ("nobody", with_token(owner, None), "unauthenticated"),
            ("garbage", with_token(owner, Some("garbage".to_owned())), "unauthenticated"),
            ("a forger", with_token(owner, Some(self.forged())), "unauthenticated"),
            ("an owner, too late", claiming(owner, &late), "unauthenticated"),
            ("an operator, too late", claiming(operator, &late), "unauthenticated"),
            ("an owner, for another audience", claiming(owner, &elsewhere), "unauthenticated"),
            ("an operator, for another audience", claiming(operator, &elsewhere), "unauthenticated"),
            ("an owner who signed out", self.signed_out.clone(), "token_revoked"),
            ("an operator", self.operator.clone(), "unauthenticated"),
            ("a removed member", self.removed.clone(), "token_revoked"),
            ("a suspended member", self.suspended.clone(), "token_revoked"),
        ];
        people.into_iter().chain(keys).collect()
    }

    /// The first tenant's members who hold little, or hold it elsewhere.
    pub(crate) fn members(&self) -> [(&'static str, &Client); 3] {
        [
            ("a member without the permission", &self.clerk),
            ("a member whose role was taken", &self.demoted),
            ("a member of another store", &self.elsewhere),
        ]
    }

    /// Everybody who can sign in, in sessions of their own.
    pub(crate) async fn signed_in_anew(&self) -> Vec<(&'static str, Client)> {
        let mut all = vec![
            ("an operator", self.server.operator().await),
            ("the other tenant's owner", self.server.sign_in(&self.b_owner_email, &self.b.slug).await),
        ];
        for ((who, _), name) in self.members().into_iter().zip(["clerk", "demoted", "elsewhere"]) {
            all.push((who, self.server.sign_in(&format!("{name}@acme.example"), &self.a.slug).await));
        }
        all
    }

    /// The claims of the first tenant's owner under the signature of the second's.
    fn forged(&self) -> String {
        let (claims, _) = self.a.owner.token.as_ref().unwrap().rsplit_once('.').unwrap();
        let (_, signature) = self.b.owner.token.as_ref().unwrap().rsplit_once('.').unwrap();
        format!("{claims}.{signature}")
    }

    /// Sends a request as somebody, and notes who came.
    pub(crate) async fn ask(&self, who: &str, client: &Client, request: &Request, headers: &[(&str, &str)]) -> Answer {
        self.ledger.note(request.route, who);
        client.send(request.method.clone(), &request.path, headers, request.body.clone()).await
    }

    /// Sends a request, and requires that it is answered like this: whoever sent it may.
    pub(crate) async fn admitted(&self, who: &str, client: &Client, request: &Request, status: u16) -> Answer {
        let answer = self.ask(who, client, request, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{who}: {request:?}: {answer:?}");
        self.ledger.note(request.route, WHOEVER_MAY);
        answer
    }

    /// Sends a request that shall be refused, and counts it.
    pub(crate) async fn probe(
        &self,
        who: &str,
        client: &Client,
        request: &Request,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.probes.set(self.probes.get() + 1);
        let answer = self.ask(who, client, request, headers).await;
        assert!(!answer.status.is_server_error(), "{request:?}: {answer:?}");
        answer
    }

    /// Sends a request, and requires that it is refused with this status and code.
    pub(crate) async fn refused(&self, who: &str, client: &Client, request: &Request, status: u16, code: &str) {
        let answer = self.probe(who, client, request, &[]).await;
        let refused = (answer.status.as_u16(), answer.body["type"].as_str());
        assert_eq!(refused, (status, Some(format!("/problems/{code}").as_str())), "{who}: {request:?}: {answer:?}");
    }

    /// Sends a case with ids that are not the client's, and the same with ids of nothing at all, and requires that the two
    /// are refused with this status and told apart by nothing. The headers try to help.
    pub(crate) async fn as_if_unknown(
        &self,
        who: &str,
        client: &Client,
        case: &Case,
        ids: &Ids,
        names: &[&str],
        status: u16,
    ) {
        let unknown =
            ids.iter().map(|(name, id)| (*name, if names.contains(name) { self.nothing(name) } else { id.clone() }));
        let (real, unknown) = (case.request(ids), case.request(&unknown.collect()));
        let tenant = TENANT_HEADERS.map(|name| (name, self.a.tenant.as_str())).to_vec();
        let ways = if case.is_mutation() {
            let method = &real.method;
            vec![(method, vec![]), (method, [tenant, vec![SEEN]].concat()), (method, vec![STALE])]
        } else {
            vec![(&Method::GET, vec![]), (&Method::GET, tenant), (&Method::HEAD, vec![])]
        };
        for (method, mut headers) in ways {
            headers.push(("X-Request-Id", "probe"));
            let ask = async |path, body| {
                let request = Request { route: real.route, method: method.clone(), path, body };
                self.probe(who, client, &request, &headers).await
            };
            let answer = ask(real.path.clone(), real.body.clone()).await;
            let of_nothing = ask(unknown.path.clone(), unknown.body.clone()).await;
            let message = format!("{who}, {names:?} being foreign, {method} {headers:?} {real:?}: {answer:?}");
            assert_eq!(answer.status.as_u16(), status, "{message}");
            assert_eq!(told(&answer), told(&of_nothing), "{message} but {of_nothing:?}");
        }
    }

    /// Something of which there is none, in the form of an id of this name.
    fn nothing(&self, name: &str) -> String {
        let number = self.unknown.replace(self.unknown.get() + 1);
        match name {
            "slug" => format!("nobody-{number}"),
            "token" => format!("inv_{}_{number:064x}", self.a.tenant),
            _ => uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)).to_string(),
        }
    }

    /// Waits until no job is left: from then on nothing but a request changes a row.
    pub(crate) async fn settle(&self) {
        self.server.settle().await;
    }

    /// What the platform knows of its tenants and of the access to them, and which of its jobs were given up.
    pub(crate) async fn platform_state(&self) -> Value {
        let mut state = Vec::new();
        for path in ["tenants?limit=100&include_deleted=true", "support-grants?limit=100", "jobs?limit=100&status=dead"]
        {
            let answer = self.operator.get(&format!("/api/v1/platform/{path}")).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body["next_cursor"].is_null());
            state.push(answer.body);
        }
        Value::Array(state)
    }

    /// How many requests were sent to be refused.
    pub(crate) fn probes(&self) -> u32 {
        self.probes.get()
    }
}

/// Somebody with another token, or none.
fn with_token(client: &Client, token: Option<String>) -> Client {
    let mut client = client.clone();
    client.token = token;
    client
}

/// Somebody with other claims in their token, signed anew by the server's own key.
pub(crate) fn claiming(client: &Client, changes: &Value) -> Client {
    let token = client.token.as_ref().unwrap();
    let [header, claims, _] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let mut claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let token = signed(&decode(header), claims.to_string().as_bytes(), SIGNING_KEY.as_bytes());
    with_token(client, Some(token))
}

/// Everything by which one answer can be told from another.
fn told(answer: &Answer) -> (u16, &str, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let mut headers: Vec<_> = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status.as_u16(), &answer.raw, headers)
}

async fn owner_of_both(server: &TestServer, a: &House, b: &House) -> Client {
    let email = "double@acme.example";
    let (in_a, _) = a.member(server, "double", &[&a.system_role("owner").await]).await;
    let first = server.invitation_token(email).await;
    b.make("/api/v1/invitations", json!({ "email": email, "role_ids": [b.system_role("owner").await] })).await;
    for _ in 0..400 {
        let token = server.invitation_token(email).await;
        if token != first {
            let answer = in_a.post("/api/v1/invitations/accept", json!({ "token": token })).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let double = server.sign_in(email, &b.slug).await;
            assert_eq!(user_id(&double).await, user_id(&in_a).await);
            return double;
        }
        actix_web::rt::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no second message within ten seconds");
}
