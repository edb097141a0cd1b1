use cotenant_domain::idempotency::IdempotencyKey;
use cotenant_domain::tenancy::Reach;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Required, Response, ResponseBuilder};

use super::doc::Media;
use super::{PLATFORM, TENANT, problems};
use crate::audience::Audience;
use crate::route::Route;

/// The operation of a route.
pub(super) fn of(route: &Route) -> Operation {
    let doc = &route.doc;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(doc.id))
        .tag(doc.tag)
        .summary(Some(doc.summary))
        .description(Some(description(route)))
        .parameters(Some(parameters(route)))
        .securities(security(route.audience))
        .response(doc.status.to_string(), success(route));
    if let Some(body) = &doc.takes {
        let body = RequestBodyBuilder::new().content("application/json", content(body)).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    if let Some(permission) = route.permission {
        operation = operation.extensions(Some(ExtensionsBuilder::new().add("x-permission", permission.code()).build()));
    }
    for (status, response) in problems::responses(route) {
        operation = operation.response(status.to_string(), response);
    }
    operation.build()
}

fn description(route: &Route) -> String {
    let needs = match (route.audience, route.permission) {
        (_, Some(permission)) => {
            let reach = match permission.reach() {
                Reach::Tenant => "in the whole tenant",
                Reach::Store => "in the whole tenant, or at a store for that store",
            };
            format!("Needs the permission `{permission}`, {reach}.")
        }
        (Audience::Public, None) => "Needs no token.".to_owned(),
        (Audience::Visitor, None) => "A member's token is taken and not needed.".to_owned(),
        (Audience::SignedIn, None) => "For every signed-in person.".to_owned(),
        (Audience::Tenant, None) => "For every signed-in member, in a suspended tenant too.".to_owned(),
        (Audience::Platform, None) => "For operators of the platform.".to_owned(),
    };
    format!("{}\n\n{needs}", route.doc.description).trim().to_owned()
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let in_path = route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(|name| {
        let uuid =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(uuid)).build()
    });
    let if_match = route.doc.if_match.then(|| {
        ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "The ETag that was seen, or `*`. The change is refused with 412 when it is not the current one.",
            ))
            .schema(Some(text().build()))
            .build()
    });
    let key = route.is_done_once().then(|| {
        let text = text().min_length(Some(1)).max_length(Some(IdempotencyKey::MAX)).pattern(Some("^[!-~]+$"));
        ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(KEY))
            .schema(Some(text.build()))
            .build()
    });
    in_path.chain(route.doc.query.iter().cloned()).chain(if_match).chain(key).collect()
}

const KEY: &str = "\
    Makes the request one that is done once: sent again with the same key and the same body within a day, it is answered as it \
    was then. A new UUID for each thing to be made is a good key.";

fn security(audience: Audience) -> Option<Vec<SecurityRequirement>> {
    let token = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
    match audience {
        Audience::Public => None,
        Audience::Visitor => Some(vec![SecurityRequirement::default(), token(TENANT)]),
        Audience::SignedIn => Some(vec![token(TENANT), token(PLATFORM)]),
        Audience::Tenant => Some(vec![token(TENANT)]),
        Audience::Platform => Some(vec![token(PLATFORM)]),
    }
}

fn success(route: &Route) -> Response {
    let doc = &route.doc;
    let description = match doc.status {
        201 => "Created.",
        202 => "Taken; what comes of it is not told here.",
        204 => "Done; there is nothing to say.",
        _ => "Done.",
    };
    let mut response = ResponseBuilder::new().description(description);
    if let Some(media) = &doc.gives {
        response = response.content("application/json", content(media));
    }
    for (media_type, example) in doc.files {
        let content = ContentBuilder::new().schema(Some(text())).example(Some((*example).into()));
        response = response.content(*media_type, content.build());
    }
    if doc.tagged {
        response = response.header("ETag", header("The version, as a strong entity tag."));
    }
    if doc.status == 201 {
        response = response.header("Location", header("The address of what was created."));
    }
    if route.is_done_once() && !doc.shows_once {
        response = response
            .header("Idempotency-Replayed", header("`true` where the request was done before and this is its answer."));
    }
    response.build()
}

fn content(media: &Media) -> Content {
    ContentBuilder::new().schema(Some(media.schema.clone())).example(media.example.clone()).build()
}

fn header(description: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(text())).description(Some(description)).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
