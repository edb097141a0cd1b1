//! The keys with which everybody can verify access tokens.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cotenant_domain::identity::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Answer;
use crate::route::Route;

/// How long a copy may be kept, five minutes: a key is published for longer than that before it signs.
const KEPT: &str = "public, max-age=300";

/// A set of keys (RFC 7517, 5).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
    "kid": "5f0c7a91d2e84b36", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }))]
struct JwkSetView {
    /// The keys; none where tokens are signed with a secret.
    keys: Vec<JwkView>,
}

/// A public key of Ed25519 (RFC 8037, 2).
#[derive(Debug, Serialize, ToSchema)]
struct JwkView {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `EdDSA`: the key verifies nothing else.
    alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    purpose: &'static str,
    /// Its name, as tokens carry it in their header.
    kid: String,
    /// The key in Base64 for URLs.
    x: String,
}

impl From<PublicKey> for JwkView {
    fn from(key: PublicKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.bytes);
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", purpose: "sig", kid: key.id, x }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("keys", "/.well-known/jwks.json", || web::to(list)).says(|doc| {
        doc.tag("Signing in")
            .about(
                "Which keys verify tokens?",
                "The public keys as a JSON Web Key Set. Tokens name the key that signed them in their header (`kid`), and a key \
                 is here before it signs its first.",
            )
            .gives::<JwkSetView>(200)
    })]
}

async fn list(app: Data<App>) -> Answer {
    let keys = app.deps.verifier.published(app.deps.clock.now());
    let view = JwkSetView { keys: keys.into_iter().map(JwkView::from).collect() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, KEPT)).json(view))
}
