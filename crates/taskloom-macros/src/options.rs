use proc_macro_crate::{FoundCrate, crate_name};
use syn::{Ident, LitInt, LitStr, Path, meta::ParseNestedMeta, parse_quote};

/// What is in the parentheses of `#[task(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) id: Option<LitStr>,
    pub(crate) max_retries: Option<LitInt>,
    krate: Option<Path>,
}

impl Options {
    pub(crate) fn parse(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("id") {
            self.id = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("max_retries") {
            self.max_retries = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("crate") {
            self.krate = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("timeout") || meta.path.is_ident("retry_policy") {
            return Err(meta.error("this option is not implemented yet"));
        } else {
            return Err(meta.error("unknown option: there are `id`, `max_retries` and `crate`"));
        }
        Ok(())
    }

    /// The path of the crate `taskloom` where the task is defined.
    pub(crate) fn krate(&self) -> Path {
        if let Some(path) = &self.krate {
            return path.clone();
        }
        match crate_name("taskloom") {
            Ok(FoundCrate::Name(name)) => {
                let name = Ident::new(&name, proc_macro2::Span::call_site());
                parse_quote!(::#name)
            }
            // In the crate's own examples, tests and documentation it goes by its name too.
            Ok(FoundCrate::Itself) | Err(_) => parse_quote!(::taskloom),
        }
    }
}
