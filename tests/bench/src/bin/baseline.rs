//! What the product's libraries give at their plainest: actix-web, SeaORM and jsonwebtoken over the product's own table of
//! stores. It checks a token and filters by its tenant in each query; it has no walls, reads no permissions, writes no audit
//! log and no request log. The benchmark compares with it; nothing else uses it.
//!
//! Settings: `BASELINE_PORT`, `BASELINE_DATABASE`, `BASELINE_KEY`.

#![expect(clippy::disallowed_methods, reason = "a plain server has no ports for time and ids")]

use std::error::Error;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::error::{ErrorInternalServerError, ErrorNotFound, ErrorUnauthorized};
use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, Result, get, post};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Statement,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use uuid::Uuid;

mod stores {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "stores")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) name: String,
        pub(crate) name_key: String,
        pub(crate) code: String,
        pub(crate) code_key: String,
        pub(crate) timezone: String,
        pub(crate) currency: String,
        pub(crate) is_active: bool,
        pub(crate) created_at: TimeDateTimeWithTimeZone,
        pub(crate) updated_at: TimeDateTimeWithTimeZone,
        pub(crate) version: i64,
        pub(crate) deleted_at: Option<TimeDateTimeWithTimeZone>,
        pub(crate) deletion_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

struct TokenRules {
    key: DecodingKey,
    rules: Validation,
}

#[derive(Deserialize)]
struct Claims {
    tenant_id: Uuid,
}

struct Tenant(Uuid);

impl Tenant {
    fn stores(&self) -> Select<stores::Entity> {
        stores::Entity::find().filter(stores::Column::TenantId.eq(self.0)).filter(stores::Column::DeletedAt.is_null())
    }
}

impl FromRequest for Tenant {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let bearer =
            req.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let rules = req.app_data::<Data<TokenRules>>();
        let token = bearer.zip(rules).and_then(|(token, with)| decode::<Claims>(token, &with.key, &with.rules).ok());
        ready(token.map(|token| Self(token.claims.tenant_id)).ok_or_else(|| ErrorUnauthorized("no valid token")))
    }
}

#[derive(Serialize)]
struct StoreView {
    id: Uuid,
    name: String,
    code: String,
    timezone: String,
    currency: String,
    is_active: bool,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    updated_at: OffsetDateTime,
    version: i64,
}

impl From<stores::Model> for StoreView {
    fn from(row: stores::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            code: row.code,
            timezone: row.timezone,
            currency: row.currency,
            is_active: row.is_active,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

#[derive(Serialize)]
struct Page {
    data: Vec<StoreView>,
    next_cursor: Option<Uuid>,
}

#[derive(Deserialize)]
struct PageQuery {
    limit: u64,
    session: Option<Uuid>,
}

/// What the product asks about a session at each request, out of the same view.
async fn access(db: &DatabaseConnection, tenant: &Tenant, session: Uuid) -> Result<()> {
    let sql = "SELECT user_id, session_expires_at, session_ended_at, tenant_status, tenant_expires_at, tenant_epoch,
                      access_version
               FROM session_access WHERE tenant_id = $1 AND session_id = $2";
    let ask = Statement::from_sql_and_values(DbBackend::Postgres, sql, [tenant.0.into(), session.into()]);
    let row = db.query_one_raw(ask).await.map_err(ErrorInternalServerError)?;
    row.map(|_| ()).ok_or_else(|| ErrorUnauthorized("no such session"))
}

#[get("/api/v1/stores")]
async fn list(tenant: Tenant, query: Query<PageQuery>, db: Data<DatabaseConnection>) -> Result<Json<Page>> {
    if let Some(session) = query.session {
        access(&db, &tenant, session).await?;
    }
    let select = tenant.stores().order_by_asc(stores::Column::Id).limit(query.limit);
    let rows = select.all(db.get_ref()).await.map_err(ErrorInternalServerError)?;
    let next_cursor = rows.last().filter(|_| rows.len() as u64 == query.limit).map(|row| row.id);
    Ok(Json(Page { data: rows.into_iter().map(StoreView::from).collect(), next_cursor }))
}

#[get("/api/v1/stores/{id}")]
async fn view(tenant: Tenant, id: Path<Uuid>, db: Data<DatabaseConnection>) -> Result<Json<StoreView>> {
    let select = tenant.stores().filter(stores::Column::Id.eq(*id));
    let row = select.one(db.get_ref()).await.map_err(ErrorInternalServerError)?;
    Ok(Json(row.ok_or_else(|| ErrorNotFound("no such store"))?.into()))
}

#[derive(Deserialize)]
struct OpenStore {
    name: String,
    code: String,
    timezone: String,
    currency: String,
}

#[post("/api/v1/stores")]
async fn open(tenant: Tenant, body: Json<OpenStore>, db: Data<DatabaseConnection>) -> Result<HttpResponse> {
    let body = body.into_inner();
    let (id, now) = (Uuid::now_v7(), OffsetDateTime::now_utc());
    let store = stores::ActiveModel {
        tenant_id: Set(tenant.0),
        id: Set(id),
        name_key: Set(body.name.to_lowercase()),
        name: Set(body.name),
        code_key: Set(body.code.to_lowercase()),
        code: Set(body.code),
        timezone: Set(body.timezone),
        currency: Set(body.currency),
        is_active: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
        deleted_at: Set(None),
        deletion_id: Set(None),
    };
    let row = store.insert(db.get_ref()).await.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Created().json(StoreView::from(row)))
}

#[get("/healthz")]
async fn health() -> HttpResponse {
    HttpResponse::Ok().body("ok")
}

#[actix_web::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let port: u16 = std::env::var("BASELINE_PORT")?.parse()?;
    let mut options = ConnectOptions::new(std::env::var("BASELINE_DATABASE")?);
    // As many connections as the product has by default, and no round trip to ask whether one lives.
    options.max_connections(16).test_before_acquire(false).sqlx_logging(false);
    let db = Data::new(Database::connect(options).await?);
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&["cotenant"]);
    let key = DecodingKey::from_secret(std::env::var("BASELINE_KEY")?.as_bytes());
    let rules = Data::new(TokenRules { key, rules });
    let app = move || {
        App::new()
            .app_data(db.clone())
            .app_data(rules.clone())
            .service(health)
            .service(list)
            .service(view)
            .service(open)
    };
    Ok(HttpServer::new(app).bind(("127.0.0.1", port))?.run().await?)
}
