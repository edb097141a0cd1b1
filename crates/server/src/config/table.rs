//! The macro behind the table of settings.
//!
//! # Why a macro
//!
//! A struct, the list of known keys, the reading of each value and the listing of all values have to agree. Written
//! apart they drift and a test has to notice; generated from one line they cannot.

/// A setting that exists.
#[derive(Debug)]
pub(super) struct Key {
    /// `section.name`, or the bare name of a setting outside all sections.
    pub(super) path: &'static str,
    /// The first paragraph of its documentation, for `.env.example`.
    #[cfg(test)]
    pub(super) doc: &'static [&'static str],
}

macro_rules! settings {
    (@rule) => { Any };
    (@rule $rule:expr) => { $rule };
    (
        $(#[doc = $config_doc:literal])+
        Config { $($(#[doc = $root_doc:literal])+ $root:ident: $root_ty:ty $(=> $root_rule:expr)?,)+ }
        $(
            $(#[doc = $section_doc:literal])+
            [$section:ident] $Section:ident {
                $($(#[doc = $doc:literal])+ $field:ident: $ty:ty $(=> $rule:expr)?,)+
            }
        )+
    ) => {
        /// Every setting there is, in the order of the table.
        pub(super) const KEYS: &[Key] = &[
            $(Key { path: stringify!($root), #[cfg(test)] doc: &[$($root_doc),+] },)+
            $($(Key {
                path: concat!(stringify!($section), ".", stringify!($field)),
                #[cfg(test)]
                doc: &[$($doc),+],
            },)+)+
        ];

        $(#[doc = $config_doc])+
        #[derive(Clone, Debug)]
        pub struct Config {
            /// The environment that the settings were read for.
            pub environment: Environment,
            $($(#[doc = $root_doc])+ pub $root: $root_ty,)+
            $($(#[doc = $section_doc])+ pub $section: $Section,)+
            pub(super) origins: Origins,
        }

        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug)]
            pub struct $Section {
                $($(#[doc = $doc])+ pub $field: $ty,)+
            }
        )+

        impl Config {
            /// Every setting is read before the first missing one ends the reading, so that all problems are seen.
            pub(super) fn read(environment: Environment, reader: &mut Reader<'_>) -> Option<Self> {
                $(let $root = reader.setting::<$root_ty>(stringify!($root), &settings!(@rule $($root_rule)?));)+
                $(let $section = $Section::read(reader);)+
                Some(Self {
                    environment,
                    $($root: $root?,)+
                    $($section: $section?,)+
                    origins: Origins::new(),
                })
            }

            /// Every setting and what may be shown of its value.
            pub(super) fn shown(&self) -> Vec<(&'static str, Option<String>)> {
                vec![
                    $((stringify!($root), self.$root.show()),)+
                    $($((
                        concat!(stringify!($section), ".", stringify!($field)),
                        self.$section.$field.show(),
                    ),)+)+
                ]
            }
        }

        $(impl $Section {
            fn read(reader: &mut Reader<'_>) -> Option<Self> {
                $(let $field = reader.setting::<$ty>(
                    concat!(stringify!($section), ".", stringify!($field)),
                    &settings!(@rule $($rule)?),
                );)+
                Some(Self { $($field: $field?,)+ })
            }
        })+
    };
}

pub(super) use settings;
