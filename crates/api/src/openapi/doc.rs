use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::openapi::{RefOr, Required};

type Named = (String, RefOr<Schema>);

/// A document that travels: its schema and an example.
#[derive(Clone)]
pub(super) struct Media {
    pub(super) schema: RefOr<Schema>,
    pub(super) example: Option<Value>,
}

/// What a route's entry says about it beyond method, path and audience.
#[derive(Clone)]
pub(crate) struct Doc {
    pub(crate) id: &'static str,
    /// A page for people; it is not part of the API.
    pub(super) is_page: bool,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) query: Vec<Parameter>,
    pub(super) takes: Option<Media>,
    pub(super) status: u16,
    pub(super) gives: Option<Media>,
    /// The file that it gives instead: each media type it can have, with an example.
    pub(super) files: &'static [(&'static str, &'static str)],
    pub(super) tagged: bool,
    /// Its answer holds a secret that is in no other.
    pub(crate) shows_once: bool,
    pub(super) if_match: bool,
    pub(super) codes: Vec<&'static str>,
    pub(super) schemas: Vec<fn(&mut Vec<Named>)>,
}

impl Doc {
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id,
            is_page: false,
            tag: "",
            summary: "",
            description: "",
            query: Vec::new(),
            takes: None,
            status: 204,
            gives: None,
            files: &[],
            tagged: false,
            shows_once: false,
            if_match: false,
            codes: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// A page for people.
    pub(crate) fn page(self) -> Self {
        Self { is_page: true, ..self }
    }

    /// The chapter it stands in.
    pub(crate) fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// What it does: in a few words, and in a sentence or two.
    pub(crate) fn about(self, summary: &'static str, description: &'static str) -> Self {
        Self { summary, description, ..self }
    }

    /// Its query parameters are the fields of `T`.
    pub(crate) fn query<T: ToSchema>(mut self) -> Self {
        self.query = parameters(T::schema());
        self.schemas.push(T::schemas);
        self
    }

    /// Whether it has query parameters.
    pub(crate) fn has_query(&self) -> bool {
        !self.query.is_empty()
    }

    /// Its body is a `T`.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some(media::<T>());
        self.schemas.push(collect::<T>);
        self
    }

    /// It answers with a `T`.
    pub(crate) fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.status = status;
        self.gives = Some(media::<T>());
        self.schemas.push(collect::<T>);
        self
    }

    /// It answers with a `T` and its entity tag.
    pub(crate) fn gives_versioned<T: ToSchema>(self, status: u16) -> Self {
        Self { tagged: true, ..self.gives::<T>(status) }
    }

    /// It answers with pages of `T`s.
    pub(crate) fn gives_pages<T: ToSchema>(mut self) -> Self {
        let item = media::<T>();
        let cursor = ObjectBuilder::new()
            .schema_type([Type::String, Type::Null].into_iter().collect::<utoipa::openapi::schema::SchemaType>())
            .description(Some("Where the next page begins; null on the last page."));
        let schema = ObjectBuilder::new()
            .property("data", ArrayBuilder::new().items(item.schema))
            .required("data")
            .property("next_cursor", cursor)
            .required("next_cursor");
        let example = item.example.map(|item| json!({ "data": [item], "next_cursor": null }));
        self.status = 200;
        self.gives = Some(Media { schema: schema.into(), example });
        self.schemas.push(collect::<T>);
        self
    }

    /// It answers with some JSON object.
    pub(crate) fn gives_any(mut self) -> Self {
        self.status = 200;
        self.gives = Some(Media { schema: ObjectBuilder::new().into(), example: Some(json!({ "openapi": "3.1.0" })) });
        self
    }

    /// It answers with a file of one of these media types, each with an example.
    pub(crate) fn gives_files(self, files: &'static [(&'static str, &'static str)]) -> Self {
        Self { status: 200, files, ..self }
    }

    /// Its answer holds a secret that is in no other.
    pub(crate) fn shows_once(self) -> Self {
        Self { shows_once: true, ..self }
    }

    /// Whether it answers with something that it made.
    pub(crate) fn makes_something(&self) -> bool {
        self.status == 201
    }

    /// It answers 204.
    pub(crate) fn gives_nothing(self) -> Self {
        Self { status: 204, gives: None, ..self }
    }

    /// It answers 202, whatever comes of it.
    pub(crate) fn accepts(self) -> Self {
        Self { status: 202, gives: None, ..self }
    }

    /// It honours `If-Match`.
    pub(crate) fn if_match(self) -> Self {
        Self { if_match: true, ..self }
    }

    /// It can fail with these codes, beyond those that follow from what it is.
    pub(crate) fn fails(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }
}

fn collect<T: ToSchema>(found: &mut Vec<Named>) {
    found.push((T::name().into_owned(), T::schema()));
    T::schemas(found);
}

fn media<T: ToSchema>() -> Media {
    let example = match T::schema() {
        RefOr::T(Schema::Object(object)) => object.example,
        _ => None,
    };
    Media { schema: Ref::from_schema_name(T::name()).into(), example }
}

/// One query parameter for each field.
fn parameters(schema: RefOr<Schema>) -> Vec<Parameter> {
    let RefOr::T(Schema::Object(object)) = schema else { return Vec::new() };
    let parameter = |(name, schema): (String, RefOr<Schema>)| {
        let required = if object.required.contains(&name) { Required::True } else { Required::False };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(required)
            .description(description(&schema))
            .schema(Some(schema))
            .build()
    };
    object.properties.into_iter().map(parameter).collect()
}

fn description(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::Ref(reference) => Some(reference.description.clone()).filter(|d| !d.is_empty()),
        RefOr::T(Schema::Object(object)) => object.description.clone(),
        RefOr::T(_) => None,
    }
}
