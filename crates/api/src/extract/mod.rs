//! What handlers take from a request. Each refuses what it cannot read with a problem that says where.

mod actor;
mod body;
mod path;
mod query;

pub(crate) use actor::{Acting, Caller, Member, PlatformOperator, Visitor, acting, client, origin};
pub(crate) use body::{Body, unread};
pub(crate) use path::{PathId, PathIds};
pub(crate) use query::{IncludeDeleted, Query};

use serde_path_to_error::{Path, Segment};

/// The RFC 6901 pointer to where reading stopped.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The RFC 6901 pointer to a field that validation refused. Its segments are names of ours and indices: nothing in them
/// needs escaping.
fn validated(path: &garde::Path) -> String {
    let text = path.to_string();
    if text.is_empty() {
        text
    } else {
        format!("/{}", text.replace("].", "/").replace(['.', '['], "/").replace(']', ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_path_becomes_a_pointer() {
        assert_eq!(validated(&garde::Path::new("store_roles").join(0).join("role_id")), "/store_roles/0/role_id");
        assert_eq!(validated(&garde::Path::new("ids").join(12)), "/ids/12");
        assert_eq!(validated(&garde::Path::new("tenant").join("slug")), "/tenant/slug");
        assert_eq!(validated(&garde::Path::empty()), "");
    }
}
