//! The OpenAPI document: what the handlers say of themselves, plus what holds for all of them.

use crate::problem::ProblemBody;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

const BEARER: &str = "bearer";

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "issuesync",
    description = "Issues of trackers and their local mirror, kept equal both ways.",
    license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
))]
struct Document;

/// The document without paths.
pub(crate) fn document() -> OpenApi {
    Document::openapi()
}

/// Adds the bearer token and the problems that any operation may answer with.
pub(crate) fn complete(mut api: OpenApi) -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("isy_…").build();
    let components = api.components.get_or_insert_default();
    components.security_schemes.insert(BEARER.to_owned(), RefOr::T(SecurityScheme::Http(bearer)));
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    api.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    let problem = ResponseBuilder::new()
        .description("What went wrong and what to do next")
        .content("application/problem+json", content)
        .build();
    for path in api.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.patch, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
    api
}
