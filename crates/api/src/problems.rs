//! The problem types (RFC 9457): every code that an answer can carry, with a page that explains it.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};

use crate::error::{Answer, ApiError};

/// A kind of problem. Its `type` is `/problems/<code>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemType {
    /// The stable code in snake_case.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it means and what can be done about it.
    pub explanation: &'static str,
}

macro_rules! problems {
    ($($status:literal $code:ident $title:literal $explanation:literal;)*) => {
        /// All kinds of problem, by status.
        pub const PROBLEMS: &[ProblemType] = &[$(
            ProblemType { code: stringify!($code), status: $status, title: $title, explanation: $explanation },
        )*];
    };
}

problems! {
    400 bad_request "Malformed request" "The request could not be read.";
    400 malformed_json "Malformed JSON" "The body is not a JSON text by RFC 8259. The detail says where reading stopped.";
    400 invalid_query "Invalid query" "A query parameter is unknown, given more than once, or breaks its rule. Each one is named in errors.";
    400 invalid_path "Invalid address" "A part of the address is not an id. Ids are UUIDs with hyphens.";
    400 invalid_header "Invalid header" "A header cannot be read. Each one is named in errors.";
    400 invalid_cursor "Invalid cursor" "The cursor does not belong to this list with these filters and this sort. Begin again without a cursor.";
    401 unauthenticated "Not signed in" "The request carries no bearer token that is valid here. Sign in with POST /api/v1/auth/login, or use a key, or the token of a support grant, that was not ended and has not run out, of a service account that is in use. A tenant's token opens no route of the platform, and the other way round.";
    401 token_revoked "Token revoked" "The token was valid and no longer is: the session ended, the membership or the person's sign-ins were ended, or the token was superseded. Sign in again.";
    401 invalid_credentials "Wrong credentials" "The e-mail address, the password or the tenant is wrong. Which of them is not said.";
    401 refresh_refused "Session not renewed" "The refresh token is not one of ours, or is good no more: it was used, it has run out, or its session has ended. Sign in again.";
    403 forbidden "Not allowed" "The permission that this needs is held nowhere in this tenant.";
    403 tenant_suspended "Tenant suspended" "The tenant is suspended or its time has run out. Its members can see who they are, switch to another tenant and sign out.";
    403 beyond_own_rights "Beyond your own rights" "Nobody gives, takes or changes more than they hold themselves.";
    403 people_only "For people only" "This is done by somebody who is signed in to the tenant. Neither a service account nor an operator with a support grant has a session there or invites anybody, and nothing that they can do makes, changes or gives rights to service accounts and keys.";
    403 bootstrap_refused "Wrong bootstrap secret" "The secret is not the one that the server was started with.";
    403 wrong_password "Wrong password" "The present password is not the one that was sent.";
    404 not_found "Not found" "There is nothing here, or nothing that you may see: the two are never told apart.";
    404 invitation_not_found "No such invitation" "The invitation does not exist, has expired, was accepted or withdrawn, or is meant for somebody else. Ask for a new one.";
    404 address_change_not_found "No such change of an address" "The token is not one of ours, or is good no more: it was used, a later one was sent, it has run out, or the address is somebody else's by now.";
    404 reset_not_found "No such reset" "The token is not one of ours, or is good no more: it was used, a later one was sent, or it has run out. Ask for a new one.";
    405 method_not_allowed "Method not allowed" "This address does not know this method. The Allow header lists those that it knows.";
    408 request_timeout "Too slow" "The request did not arrive, or could not be answered, in time. Look whether it took effect before you repeat it.";
    409 rights_changed "Your own rights were changed" "What you may do was changed while the request was under way, so nothing was done. Look at what you may do now, and try again.";
    409 conflict "Conflict" "The request is at odds with what exists.";
    409 tenant_needed "Tenant needed" "The person belongs to several tenants. Sign in again and name one of those listed in tenants.";
    409 id_taken "Id taken" "Something else of this kind has the id. Choose another, or let the server choose.";
    409 code_taken "Code taken" "Another store of the tenant has this code; case does not tell two codes apart.";
    409 sku_taken "SKU taken" "Another product of the store has this SKU; case does not tell two SKUs apart.";
    409 name_taken "Name taken" "Another role, or another service account, of the tenant has this name; case does not tell two names apart.";
    409 slug_taken "Slug taken" "Another tenant has this slug, or had it and is not yet purged.";
    409 not_deleted "Not deleted" "Only what is deleted can be restored.";
    409 parent_deleted "Parent deleted" "What this belongs to is deleted. Restore that first.";
    409 system_role "Fixed role" "The roles owner, admin and member are the same in every tenant and never change.";
    409 last_owner "Last owner" "A tenant always has an active owner. Make somebody else an owner first.";
    409 owner_role "For people only" "The owner role is not given to service accounts: a tenant is owned by people.";
    409 too_many_support_grants "Too many support grants" "The operator has as many live grants in the tenant as they can have. End one that is not used.";
    409 too_many_keys "Too many keys" "The service account has as many good keys as it can have. Revoke one that is not used.";
    409 quota_exceeded "No room in the plan" "The tenant has as many of something as its plan allows: resource, limit and used say what and how many. Delete one that is not needed, or ask for a larger plan.";
    409 key_rotated "Rotated already" "The key has a successor already. Rotate that one, or make a new key.";
    409 not_pending "No longer open" "The invitation was accepted or withdrawn.";
    409 sign_in_first "Sign in first" "The invited address has an account. Sign in, then accept with the token alone; no password is set here.";
    409 already_member "Already a member" "You are a member of this tenant already.";
    409 membership_suspended "Membership suspended" "The tenant has suspended your membership; an invitation does not end that.";
    409 job_not_dead "Not given up" "Only a job that was given up is queued again.";
    409 job_queued_already "Queued already" "A job of this kind is queued for the same thing already.";
    409 already_suspended "Already suspended" "The tenant is suspended already.";
    409 not_suspended "Not suspended" "Only a suspended tenant can be reactivated. One whose time has run out needs a later end instead.";
    409 idempotency_secret_shown_once "Done before" "The request was done before, under the same Idempotency-Key, and its answer held a secret that is shown once and kept nowhere. The member location names what was made. If its secret was lost, end it and make another, under another key.";
    412 stale "Changed meanwhile" "The version in If-Match is not the current one. Read the resource again and decide anew.";
    413 body_too_large "Body too large" "The body is larger than this server takes.";
    415 unsupported_media_type "Unsupported media type" "Bodies are application/json in UTF-8, without content coding.";
    422 invalid "Invalid" "The body can be read and breaks a rule. Each field at fault is named in errors with a JSON pointer (RFC 6901).";
    422 idempotency_key_reused "Key of another request" "The Idempotency-Key was given to another request to this address within the last day: to another path, or with another body. Give each request its own.";
    422 invalid_password "Password refused" "A password has 12 to 128 characters, none of them a control character, and is not easy to guess.";
    422 past_expiry "End in the past" "The end of a tenant's time, or of a key's, lies in the future.";
    422 too_many_roles "Too many roles" "The invitation gives more roles than one invitation can.";
    422 unknown_plan "Unknown plan" "No plan with this name is offered.";
    422 unknown_role "Unknown role" "There is no such role in the tenant.";
    422 unknown_store "Unknown store" "There is no such store within your reach.";
    429 rate_limited "Too many requests" "More was asked than is served in this time: violated_policies names the limits that are used up, and RateLimit-Policy says what each of them is. Nothing was done. Try again after the time in Retry-After.";
    429 too_many_attempts "Too many attempts" "Too many wrong passwords came before. Try again after the time in Retry-After. Sessions that have begun are not touched, and a forgotten password can be set anew.";
    429 too_many_invitations "Too many invitations" "This address was invited by the tenant too often lately. Nothing was sent. Try again after the time in Retry-After.";
    431 headers_too_large "Headers too large" "The head of the request is larger than this server takes.";
    500 internal "Internal error" "Something went wrong on our side. The request id leads to the cause in the server's log.";
    503 busy "Busy" "Too much is going on at the moment. Try again after the time in Retry-After.";
    503 unavailable "Unavailable" "Something that the server needs is away. Try again after the time in Retry-After.";
}

impl ProblemType {
    /// The kind of problem with this code.
    pub fn find(code: &str) -> Option<&'static Self> {
        PROBLEMS.iter().find(|p| p.code == code)
    }
}

/// The code of an error that nobody gave one: the framework's own.
pub(crate) fn code_for(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::REQUEST_TIMEOUT => "request_timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "headers_too_large",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "bad_request",
    }
}

/// `GET /problems/{code}`: the page that a problem's `type` leads to.
pub(crate) async fn page(code: web::Path<String>) -> Answer {
    let problem = ProblemType::find(&code).ok_or_else(ApiError::not_found)?;
    let ProblemType { code, status, title, explanation } = problem;
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{explanation}</p><p>Status {status}, code <code>{code}</code>.</p></html>"
    );
    Ok(HttpResponse::Ok().content_type(ContentType::html()).body(html))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn codes_are_unique_words_in_the_order_of_their_statuses() {
        let codes = PROBLEMS.iter().map(|p| p.code).collect::<BTreeSet<_>>();
        assert_eq!(codes.len(), PROBLEMS.len());
        assert!(PROBLEMS.is_sorted_by_key(|p| p.status));
        for problem in PROBLEMS {
            assert!(problem.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", problem.code);
            assert!(StatusCode::from_u16(problem.status).is_ok_and(|s| s.is_client_error() || s.is_server_error()));
            assert!(problem.explanation.ends_with('.') && !problem.title.ends_with('.'), "{}", problem.code);
            assert!(![problem.title, problem.explanation].iter().any(|t| t.contains(['<', '&'])), "{}", problem.code);
        }
    }

    #[test]
    fn every_error_of_the_framework_has_a_code() {
        for status in (400..600).filter_map(|s| StatusCode::from_u16(s).ok()) {
            assert!(ProblemType::find(code_for(status)).is_some(), "{status}");
        }
    }

    /// The texts between quotes in the bodies of `fn code`, in all sources beneath `folder`.
    fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes_in(&path, codes);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                for body in source.split("fn code(&self) -> &'static str {").skip(1) {
                    let end = body.find("\n    }").unwrap();
                    codes.extend(body[..end].split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
        }
    }

    /// Acts of the command line alone.
    const NEVER_OVER_HTTP: [&str; 3] = ["already_operator", "last_operator", "not_an_operator"];

    #[test]
    fn every_code_of_the_domain_is_explained() {
        let mut codes = BTreeSet::new();
        codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src"), &mut codes);
        assert!(codes.len() > 20 && codes.contains("code_taken"), "{codes:?}");
        let unexplained = codes.iter().filter(|c| ProblemType::find(c).is_none()).map(String::as_str);
        assert_eq!(unexplained.collect::<Vec<_>>(), NEVER_OVER_HTTP);
    }

    #[actix_web::test]
    async fn a_page_explains_each_code_and_nothing_else() {
        let answer = page("code_taken".to_owned().into()).await.unwrap();
        assert_eq!(answer.headers().get("content-type").unwrap(), "text/html; charset=utf-8");
        assert!(page("<script>".to_owned().into()).await.is_err());
    }
}
